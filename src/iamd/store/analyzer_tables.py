"""The tables of IAM Access Analyzer."""

from __future__ import annotations

from iamd.store.columns import optional, optional_time, records, text, time

analyzers = records(
    "analyzers",
    "key",
    *map(text, ("key", "region", "name", "type")),
    time("created"),
    text("rules"),
    optional("analyzed"),
    optional_time("analyzed_at"),
    *map(text, ("tags", "configuration")),
)
access_findings = records(
    "access_findings",
    "id",
    *map(text, ("id", "analyzer", "resource", "policy_grant", "status")),
    *map(time, ("created", "updated", "analyzed")),
    *map(text, ("type", "resource_type")),
    optional_time("recommended"),
)
access_previews = records(
    "access_previews",
    "id",
    *map(text, ("id", "analyzer")),
    time("created"),
    *map(text, ("configurations", "findings", "status")),
)
policy_generations = records(
    "policy_generations",
    "id",
    *map(text, ("id", "principal_arn")),
    *map(time, ("started", "completed")),
    *map(text, ("properties", "done")),
    optional("failure"),
)

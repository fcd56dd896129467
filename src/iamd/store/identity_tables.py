"""The tables of IAM Identity Center and its identity store."""

from __future__ import annotations

from iamd.store.columns import flag, number, optional, records, text, time

identity_centers = records(
    "identity_centers",
    "account_id",
    *map(text, ("id", "store_id", "region")),
    time("created"),
    text("name"),
    flag("permission_sets"),
    optional("attributes"),
    *map(text, ("more_regions", "tags")),
)
permission_sets = records(
    "permission_sets",
    "id",
    *map(text, ("id", "instance_id", "name", "name_key")),
    time("created"),
    optional("description"),
    text("session"),
    optional("relay_state"),
    *map(text, ("managed", "customer_managed")),
    *map(optional, ("inline", "boundary")),
    number("revision"),
    text("tags"),
)
provisioned_sets = records(
    "provisioned_sets",
    "key",
    *map(text, ("key", "set_id", "target_id", "role_name")),
    number("revision"),
    time("provisioned"),
)
account_assignments = records(
    "account_assignments",
    "key",
    *map(text, ("key", "set_id", "target_id", "principal_type", "principal_id")),
    time("created"),
)
provisioning_requests = records(
    "provisioning_requests",
    "id",
    *map(text, ("id", "kind", "set_id")),
    time("created"),
    text("status"),
    *map(optional, ("failure", "target_id", "principal_type", "principal_id")),
)
store_users = records(
    "store_users",
    "id",
    *map(text, ("id", "name", "name_key")),
    *map(time, ("created", "updated")),
    *map(text, ("created_by", "updated_by")),
    optional("email"),
    *map(text, ("attributes", "external_ids")),
    flag("enabled"),
    number("revision"),
)
store_groups = records(
    "store_groups",
    "id",
    *map(text, ("id", "name", "name_key")),
    *map(time, ("created", "updated")),
    *map(text, ("created_by", "updated_by")),
    optional("description"),
    text("external_ids"),
    number("revision"),
)
store_memberships = records(
    "store_memberships",
    "id",
    *map(text, ("id", "group_id", "user_id")),
    time("created"),
    text("created_by"),
)
applications = records(
    "applications",
    "id",
    *map(text, ("id", "instance_id", "owner_id", "provider_arn", "name")),
    time("created"),
    text("region"),
    optional("description"),
    flag("enabled"),
    text("portal"),
    *map(flag, ("assignment_required", "background_sessions")),
    *map(text, ("grants", "scopes")),
    *map(optional, ("actor_policy", "client_token")),
    text("tags"),
)
application_assignments = records(
    "application_assignments", "key", *map(text, ("key", "application_id", "principal_type", "principal_id"))
)
trusted_token_issuers = records(
    "trusted_token_issuers",
    "id",
    *map(text, ("id", "instance_id", "owner_id", "name", "name_key", "issuer_url", "claim_path", "attribute_path")),
    optional("client_token"),
    text("tags"),
)

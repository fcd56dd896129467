"""Analyzers: what is looked at, for access from outside, access from inside, or access that nobody uses."""

from __future__ import annotations

import json
from typing import Any

from iamd.guard.target import Target, found, missing, new
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.filters import checked
from iamd.services.accessanalyzer.pages import page
from iamd.services.accessanalyzer.unused_access import DEFAULT_DAYS
from iamd.services.accessanalyzer.zones import why_disabled, zone
from iamd.services.call import Call, Reply
from iamd.store.kinds.access_analyzer import Analyzer
from iamd.store.records import PARTITION, Tags
from iamd.wire.errors import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)

MAX_RULES = 100
_CONFIGURED = {"UNUSED_ACCESS": "unusedAccess", "INTERNAL_ACCESS": "internalAccess"}  # member of the configuration
MAX_DAYS = 365
# Analyzers of a type that there can be in a region.
QUOTAS = {
    "ACCOUNT": 1,
    "ORGANIZATION": 5,
    "ACCOUNT_UNUSED_ACCESS": 1,
    "ORGANIZATION_UNUSED_ACCESS": 5,
    "ACCOUNT_INTERNAL_ACCESS": 1,
    "ORGANIZATION_INTERNAL_ACCESS": 5,
}


def arn_of(call: Call, name: str) -> str:
    return f"arn:{PARTITION}:access-analyzer:{call.region}:{call.account_id}:analyzer/{name}"


def absent(arn: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Analyzer {arn.rpartition('/')[2]} was not found")


def existing_analyzer(call: Call, *, analyzer_name: str) -> Target[Analyzer]:
    analyzer = call.records.analyzers.get(f"{call.region}/{analyzer_name}")
    arn = arn_of(call, analyzer_name)
    return missing(arn, absent(arn)) if analyzer is None else found(analyzer)


def analyzer_by_arn(call: Call, *, analyzer_arn: str) -> Target[Analyzer]:
    analyzer = call.records.analyzers.get(f"{call.region}/{analyzer_arn.rpartition('/')[2]}")
    return (
        missing(analyzer_arn, absent(analyzer_arn))
        if analyzer is None or analyzer.arn != analyzer_arn
        else found(analyzer)
    )


def new_analyzer(call: Call, *, analyzer_name: str) -> Target[str]:
    return new(arn_of(call, analyzer_name))


def any_analyzer(call: Call) -> Target[None]:
    return Target(arn_of(call, "*"), None)


def detail(call: Call, analyzer: Analyzer) -> dict[str, Any]:
    """An analyzer as it is shown everywhere."""
    works = zone(call, analyzer.type) is not None
    return {
        "arn": analyzer.arn,
        "name": analyzer.name,
        "type": analyzer.type,
        "createdAt": analyzer.created,
        "lastResourceAnalyzed": analyzer.analyzed,
        "lastResourceAnalyzedAt": analyzer.analyzed_at,
        "tags": dict(analyzer.tags),
        "status": "ACTIVE" if works else "DISABLED",
        "statusReason": None if works else {"code": why_disabled(call)},
        "configuration": json.loads(analyzer.configuration) if analyzer.configuration else None,
    }


@accessanalyzer.operation(on=new_analyzer)
def create_analyzer(
    call: Call,
    arn: str,
    *,
    analyzer_name: str,
    type: str,
    archive_rules: list[dict[str, Any]] | None = None,
    tags: dict[str, str] | None = None,
    client_token: str | None = None,
    configuration: dict[str, Any] | None = None,
) -> Reply:
    """Look from now on for access from outside, for access from inside, or for access that nobody uses.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAnalyzer.html
    """
    if type not in QUOTAS:
        raise ValidationException(f"This version of iamd has analyzers of the types {', '.join(QUOTAS)}")
    if zone(call, type) is None:
        raise ValidationException("The account neither manages an organization nor administers Access Analyzer for one")
    here = [each for each in call.records.analyzers if each.region == call.region]
    if any(each.name == analyzer_name for each in here):
        raise ConflictException(f"Analyzer {analyzer_name} exists")
    if sum(each.type == type for each in here) >= QUOTAS[type]:
        raise ServiceQuotaExceededException(
            f"There are as many analyzers of the type {type} as can be in {call.region}"
        )
    moment = call.now.isoformat()
    rules = {
        rule["ruleName"]: {"filter": checked(rule["filter"]), "createdAt": moment, "updatedAt": moment}
        for rule in archive_rules or ()
    }
    analyzer = call.records.analyzers.add(
        Analyzer(
            account_id=call.account_id,
            region=call.region,
            name=analyzer_name,
            type=type,
            created=call.now,
            rules=json.dumps(rules),
            tags=merged((), tags or {}),
            configuration=_configuration(type, configuration),
        )
    )
    return {"arn": analyzer.arn}


def _configuration(type_: str, given: dict[str, Any] | None) -> str:
    """The configuration as it is kept; analyzers of external access have none. Raises ValidationException."""
    name = _CONFIGURED.get(type_.partition("_")[2])
    if name is None:
        if given is not None:
            raise ValidationException(f"Analyzers of the type {type_} have no configuration")
        return ""
    if given is not None and set(given) - {name}:
        raise ValidationException(f"Analyzers of the type {type_} have a configuration of {name}")
    told = {} if given is None else given.get(name, {})
    if name == "internalAccess":
        rules = told.get("analysisRule", {}).get("inclusions", ())
        if not type_.startswith("ORGANIZATION") and any("accountIds" in rule for rule in rules):
            raise ValidationException("accountIds are for analyzers of an organization")
        return json.dumps({name: told})
    days = told.get("unusedAccessAge", DEFAULT_DAYS)
    if not 1 <= days <= MAX_DAYS:
        raise ValidationException(f"The unusedAccessAge must be between 1 and {MAX_DAYS} days")
    return json.dumps({name: {**told, "unusedAccessAge": days}})


@accessanalyzer.operation(on=existing_analyzer)
def update_analyzer(call: Call, analyzer: Analyzer, *, configuration: dict[str, Any] | None = None) -> Reply:
    """Change what an analyzer leaves out or looks at, and the age from which access counts as unused.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UpdateAnalyzer.html
    """
    if not analyzer.configuration or configuration is None:
        raise ValidationException(f"Analyzers of the type {analyzer.type} have no configuration to change")
    now: dict[str, Any] = json.loads(analyzer.configuration)
    changed = {**configuration, **{name: {**told, **configuration.get(name, {})} for name, told in now.items()}}
    kept = call.records.analyzers.replace(analyzer, configuration=_configuration(analyzer.type, changed))
    return {"configuration": json.loads(kept.configuration)}


@accessanalyzer.operation(on=existing_analyzer)
def get_analyzer(call: Call, analyzer: Analyzer) -> Reply:
    """The analyzer of that name."""
    return {"analyzer": detail(call, analyzer)}


@accessanalyzer.operation(on=any_analyzer)
def list_analyzers(
    call: Call, _: None, *, type: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """The region's analyzers."""
    here = [
        each for each in call.records.analyzers.sorted() if each.region == call.region and type in (None, each.type)
    ]
    return page("analyzers", here, lambda each: detail(call, each), next_token, max_results)


@accessanalyzer.operation(on=existing_analyzer)
def delete_analyzer(call: Call, analyzer: Analyzer, *, client_token: str | None = None) -> Reply:
    """Remove the analyzer with its findings and previews."""
    for preview in call.records.access_previews.where("analyzer", analyzer.key):
        call.records.access_previews.remove(preview)
    for finding in call.records.access_findings.where("analyzer", analyzer.key):
        call.records.access_findings.remove(finding)
    call.records.analyzers.remove(analyzer)
    return {}


def merged(present: Tags, given: dict[str, str]) -> Tags:
    """Tags after adding `given`. Raises ValidationException."""
    if any(key.lower().startswith("aws:") for key in given):
        raise ValidationException("Tag keys that begin with aws: are reserved for use by AWS")
    result = tuple({**dict(present), **given}.items())
    if len(result) > 50:
        raise ValidationException("A resource has at most 50 tags")
    return result


def tagged_analyzer(call: Call, *, resource_arn: str) -> Target[Analyzer]:
    return analyzer_by_arn(call, analyzer_arn=resource_arn)


@accessanalyzer.operation(on=tagged_analyzer)
def tag_resource(call: Call, analyzer: Analyzer, *, tags: dict[str, str]) -> Reply:
    """Add tags, or change their values."""
    call.records.analyzers.replace(analyzer, tags=merged(analyzer.tags, tags))
    return {}


@accessanalyzer.operation(on=tagged_analyzer)
def untag_resource(call: Call, analyzer: Analyzer, *, tag_keys: list[str]) -> Reply:
    """Remove tags; those that are not there do not matter."""
    call.records.analyzers.replace(analyzer, tags=tuple(tag for tag in analyzer.tags if tag[0] not in tag_keys))
    return {}


@accessanalyzer.operation(on=tagged_analyzer)
def list_tags_for_resource(call: Call, analyzer: Analyzer) -> Reply:
    """All tags."""
    return {"tags": dict(analyzer.tags)}

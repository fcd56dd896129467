"""Tags of trails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iamd.guard.target import Target, found, missing, nothing
from iamd.services.call import Call, Reply
from iamd.services.cloudtrail.api import cloudtrail
from iamd.services.cloudtrail.naming import find_trail
from iamd.store.kinds.trails import Trail
from iamd.store.records import Tags
from iamd.wire.cloudtrail_errors import (
    CloudTrailARNInvalidException,
    InvalidTagParameterException,
    ResourceNotFoundException,
    ResourceTypeNotSupportedException,
    TagsLimitExceededException,
)

MAX_TAGS = 50


def merged(present: Tags, given: Iterable[Mapping[str, str]] | None) -> Tags:
    """Tags after adding `given`, which replace those of the same key. Raises InvalidTagParameterException and
    TagsLimitExceededException."""
    pairs = [(tag["Key"], tag.get("Value", "")) for tag in given or ()]
    keys = {key for key, _ in pairs}
    if len(keys) < len(pairs):
        raise InvalidTagParameterException("Duplicate tag keys were specified.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise InvalidTagParameterException("Tag keys must not begin with aws:, which is reserved.")
    result = (*((key, value) for key, value in present if key not in keys), *pairs)
    if len(result) > MAX_TAGS:
        raise TagsLimitExceededException(f"A trail has at most {MAX_TAGS} tags.")
    return result


def tagged_trail(call: Call, *, resource_id: str) -> Target[Trail]:
    """The trail of that ARN."""
    trail = _trail(call, resource_id)
    return missing(resource_id, _unknown(resource_id)) if trail is None else found(trail)


def _trail(call: Call, arn: str) -> Trail | None:
    if not arn.startswith("arn:"):
        raise CloudTrailARNInvalidException(f"{arn} is not a valid ARN.")
    if ":trail/" not in arn:
        raise ResourceTypeNotSupportedException(f"Tags are those of trails, and {arn} is none.")
    return find_trail(call, arn)


def _unknown(arn: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Resource {arn} is not found.")


@cloudtrail.operation(on=tagged_trail)
def add_tags(call: Call, trail: Trail, *, tags_list: list[dict[str, str]]) -> Reply:
    """Add tags or replace their values."""
    call.records.trails.replace(trail, tags=merged(trail.tags, tags_list))
    return {}


@cloudtrail.operation(on=tagged_trail)
def remove_tags(call: Call, trail: Trail, *, tags_list: list[dict[str, str]]) -> Reply:
    """Remove tags; with a value only those that have it."""
    gone = [(tag["Key"], tag.get("Value")) for tag in tags_list]
    kept = tuple(pair for pair in trail.tags if pair not in gone and (pair[0], None) not in gone)
    call.records.trails.replace(trail, tags=kept)
    return {}


def several_trails(call: Call) -> Target[None]:
    return nothing()


@cloudtrail.operation(
    on=several_trails, refuses={"next_token": "All tags are on the first page: there is no NextToken."}
)
def list_tags(call: Call, _: None, *, resource_id_list: list[str]) -> Reply:
    """List the tags of trails."""
    listed = []
    for arn in resource_id_list:
        trail = _trail(call, arn)
        if trail is None:
            raise _unknown(arn)
        listed.append({"ResourceId": trail.arn, "TagsList": [{"Key": k, "Value": v} for k, v in trail.tags]})
    return {"ResourceTagList": listed}

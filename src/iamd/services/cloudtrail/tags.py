"""Tags of trails and event data stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iamd.guard.target import Target, found, missing, nothing
from iamd.services.call import Call, Reply
from iamd.services.cloudtrail.api import cloudtrail
from iamd.services.cloudtrail.naming import find_trail
from iamd.store.kinds.event_data_stores import EventDataStore
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
Tagged = Trail | EventDataStore


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
        raise TagsLimitExceededException(f"A resource has at most {MAX_TAGS} tags.")
    return result


def tagged_resource(call: Call, *, resource_id: str) -> Target[Tagged]:
    """The trail or event data store of that ARN."""
    resource = _resource(call, resource_id)
    return missing(resource_id, _unknown(resource_id)) if resource is None else found(resource)


def _resource(call: Call, arn: str) -> Tagged | None:
    if not arn.startswith("arn:"):
        raise CloudTrailARNInvalidException(f"{arn} is not a valid ARN.")
    if ":trail/" in arn:
        return find_trail(call, arn)
    if ":eventdatastore/" not in arn:
        raise ResourceTypeNotSupportedException(
            f"Tags are those of trails and event data stores, and {arn} is neither."
        )
    store: EventDataStore | None = call.records.event_data_stores.get(arn.rpartition("/")[2])
    return store if store is not None and store.arn == arn else None


def _unknown(arn: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Resource {arn} is not found.")


def _tag(call: Call, resource: Tagged, tags: Tags) -> None:
    if isinstance(resource, Trail):
        call.records.trails.replace(resource, tags=tags)
    else:
        call.records.event_data_stores.replace(resource, tags=tags)


@cloudtrail.operation(on=tagged_resource)
def add_tags(call: Call, resource: Tagged, *, tags_list: list[dict[str, str]]) -> Reply:
    """Add tags or replace their values."""
    _tag(call, resource, merged(resource.tags, tags_list))
    return {}


@cloudtrail.operation(on=tagged_resource)
def remove_tags(call: Call, resource: Tagged, *, tags_list: list[dict[str, str]]) -> Reply:
    """Remove tags; with a value only those that have it."""
    gone = [(tag["Key"], tag.get("Value")) for tag in tags_list]
    kept = tuple(pair for pair in resource.tags if pair not in gone and (pair[0], None) not in gone)
    _tag(call, resource, kept)
    return {}


def several_resources(call: Call) -> Target[None]:
    return nothing()


@cloudtrail.operation(
    on=several_resources, refuses={"next_token": "All tags are on the first page: there is no NextToken."}
)
def list_tags(call: Call, _: None, *, resource_id_list: list[str]) -> Reply:
    """List the tags of trails and event data stores."""
    listed = []
    for arn in resource_id_list:
        resource = _resource(call, arn)
        if resource is None:
            raise _unknown(arn)
        listed.append({"ResourceId": resource.arn, "TagsList": [{"Key": k, "Value": v} for k, v in resource.tags]})
    return {"ResourceTagList": listed}

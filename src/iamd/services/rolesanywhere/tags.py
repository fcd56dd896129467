"""Tags of trust anchors, profiles, revocation lists and subjects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.rolesanywhere.api import rolesanywhere
from iamd.services.rolesanywhere.resources import existing
from iamd.store.collection import Collection
from iamd.store.records import Tags
from iamd.wire.errors import ResourceNotFoundException, TooManyTagsException, ValidationException

MAX_TAGS = 50


def merged(present: Tags, given: Iterable[Mapping[str, str]]) -> Tags:
    """Tags after adding `given`, which replace those of the same key."""
    pairs = [(tag["key"], tag["value"]) for tag in given]
    keys = {key for key, _ in pairs}
    if len(keys) < len(pairs):
        raise ValidationException("Duplicate tag keys found")
    if any(key.lower().startswith("aws:") for key in keys):
        raise ValidationException("Tag keys that begin with aws: are reserved for use by AWS")
    result = (*((key, value) for key, value in present if key not in keys), *pairs)
    if len(result) > MAX_TAGS:
        raise TooManyTagsException(f"A resource has at most {MAX_TAGS} tags")
    return result


def _collections(call: Call) -> Mapping[str, Collection[Any]]:
    records = call.records
    return {
        "trust-anchor": records.trust_anchors,
        "profile": records.anywhere_profiles,
        "crl": records.revocation_lists,
        "subject": records.certificate_subjects,
    }


def tagged(call: Call, *, resource_arn: str) -> Target[Any]:
    kind = resource_arn.rpartition(":")[2].partition("/")[0]
    collection = _collections(call).get(kind)
    if collection is None or not resource_arn.startswith("arn:"):
        return missing(resource_arn, ResourceNotFoundException(f"Resource {resource_arn} was not found"))
    return existing(call, collection, kind, resource_arn)


def _retag(call: Call, resource: Any, tags: Tags) -> None:
    _collections(call)[resource.arn.rpartition(":")[2].partition("/")[0]].replace(resource, tags=tags)


@rolesanywhere.operation(on=tagged)
def tag_resource(call: Call, resource: Any, *, tags: list[dict[str, str]]) -> Reply:
    """Add tags, or change their values."""
    _retag(call, resource, merged(resource.tags, tags))
    return {}


@rolesanywhere.operation(on=tagged)
def untag_resource(call: Call, resource: Any, *, tag_keys: list[str]) -> Reply:
    """Remove tags; those that are not there do not matter."""
    _retag(call, resource, tuple(tag for tag in resource.tags if tag[0] not in tag_keys))
    return {}


@rolesanywhere.operation(on=tagged)
def list_tags_for_resource(call: Call, resource: Any) -> Reply:
    """All tags, in the order in which they were added."""
    return {"tags": [{"key": key, "value": value} for key, value in resource.tags]}

"""Tags of trust anchors, profiles, revocation lists and subjects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.rolesanywhere.api import rolesanywhere
from iamd.services.rolesanywhere.crls import CRLS
from iamd.services.rolesanywhere.profiles import PROFILES
from iamd.services.rolesanywhere.resources import Family
from iamd.services.rolesanywhere.subjects import SUBJECTS
from iamd.services.rolesanywhere.tag_rules import merged
from iamd.services.rolesanywhere.trust_anchors import ANCHORS
from iamd.store.records import Tags
from iamd.wire.errors import ResourceNotFoundException

_ALL: tuple[Family[Any], ...] = (ANCHORS, PROFILES, CRLS, SUBJECTS)
_FAMILIES: Mapping[str, Family[Any]] = {family.kind: family for family in _ALL}


def _kind(arn: str) -> str:
    return arn.rpartition(":")[2].partition("/")[0]


def tagged(call: Call, *, resource_arn: str) -> Target[Any]:
    family = _FAMILIES.get(_kind(resource_arn))
    if family is None or not resource_arn.startswith("arn:"):
        return missing(resource_arn, ResourceNotFoundException(f"Resource {resource_arn} was not found"))
    return family.existing(call, resource_arn)


def _retag(call: Call, resource: Any, tags: Tags) -> None:
    _FAMILIES[_kind(resource.arn)].collection(call.records).replace(resource, tags=tags)


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

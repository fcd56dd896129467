"""Filters of findings, which archive rules are made of.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-filter-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.wire.errors import ValidationException

Filter = Mapping[str, Mapping[str, Any]]
Attributes = Mapping[str, str]

_KNOWN = frozenset(
    {
        *("id", "resource", "resourceType", "resourceOwnerAccount", "isPublic", "status", "error", "findingType"),
        *("principal.AWS", "principal.Federated", "principal.CanonicalUser", "createdAt", "updatedAt", "analyzedAt"),
        *("accessType", "principalType", "principalOwnerAccount"),
    }
)


def checked(given: Filter, more: frozenset[str] = frozenset()) -> Filter:
    """A filter whose keys are known, or among `more`. Raises ValidationException."""
    for name in given:
        if name not in _KNOWN and name not in more and not name.startswith("condition."):
            raise ValidationException(f"{name} is no filter key of such findings")
    return given


def matches(given: Filter, attributes: Attributes) -> bool:
    """Whether a finding meets every criterion; attributes that it lacks are not there."""
    return all(_meets(criterion, attributes.get(name)) for name, criterion in given.items())


def _meets(criterion: Mapping[str, Any], value: str | None) -> bool:
    exists = criterion.get("exists")
    if exists is not None and exists is not (value is not None):
        return False
    if "eq" in criterion and value not in criterion["eq"]:
        return False
    if "neq" in criterion and value in criterion["neq"]:
        return False
    return "contains" not in criterion or any(part in (value or "") for part in criterion["contains"])

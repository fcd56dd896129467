"""What analyzers see: of each finding its type, its resource and what is told about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from iamd.analysis.external import Zone, grants
from iamd.policy import Kind
from iamd.policy.document import LATEST_VERSION
from iamd.policy.parse import read_document
from iamd.services.known_resources import Configured
from iamd.store.image import Records
from iamd.store.interface import Access
from iamd.store.records import Role

_LINKED = "/aws-service-role/"
_KEPT = 20_000  # policies that have been looked at


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing seen of a resource. `seed` tells it from others of the resource; `told` is JSON."""

    type: str
    resource: str
    resource_type: str
    seed: str
    told: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is looked at besides records, by account: who accessed what, and resources of other services. Of the types and
    resources `unread` nothing can be told now."""

    accesses: Mapping[str, Sequence[Access]]
    resources: Mapping[str, Sequence[Configured]]
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class External:
    """Access from outside; `type` and `principal` as `Grant` has them."""

    type: str
    principal: str
    actions: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...] = ()
    is_public: bool = False

    def told(self) -> dict[str, Any]:
        """The same by the names that findings have for it."""
        return {
            "principal": {self.type: self.principal},
            "action": list(self.actions),
            "condition": dict(self.conditions),
            "isPublic": self.is_public,
        }


def roles(records: Records) -> list[Role]:
    """The roles that are looked at: service-linked ones trust their service alone."""
    return [role for role in records.roles.sorted() if not role.path.startswith(_LINKED)]


@lru_cache(_KEPT)
def granted(text: str, kind: Kind, resource: str, zone: Zone, denials: tuple[str, ...] = ()) -> tuple[External, ...]:
    """What a resource's policy gives to principals outside a zone of trust, where `denials` are the resource control
    policies above it. Raises MalformedPolicy."""
    document = read_document(text, kind)
    above = [each for rcp in denials for each in read_document(rcp, Kind.RCP).statements if not each.allow]
    if not are_counted(text):
        above = []
    return tuple(
        External(each.type, each.principal, each.actions, each.conditions, each.is_public)
        for each in grants(document, resource, zone, above)
    )


def are_counted(text: str) -> bool:
    """Whether resource control policies can be taken together with a policy: it knows the same variables."""
    return "${" not in text or LATEST_VERSION in text


def written(told: Mapping[str, Any]) -> str:
    """What a finding tells, as it is kept."""
    return json.dumps(told, sort_keys=True)

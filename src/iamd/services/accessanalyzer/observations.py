"""What analyzers see: of each finding its type, its resource and what is told about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iamd.analysis.external import Grant, Zone, grants
from iamd.policy import Document, Kind, MalformedPolicy
from iamd.policy.parse import read_document
from iamd.services.call import Realm
from iamd.services.iam.trust import rendered
from iamd.store.image import Records
from iamd.store.interface import Access
from iamd.store.records import Role

ROLE, USER = "AWS::IAM::Role", "AWS::IAM::User"
_LINKED = "/aws-service-role/"


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
    """What is looked at besides records: who accessed what, by account."""

    accesses: Mapping[str, Sequence[Access]]


def roles(records: Records) -> list[Role]:
    """The roles that are looked at: service-linked ones trust their service alone."""
    return [role for role in records.roles.sorted() if not role.path.startswith(_LINKED)]


def external(records: Records, zone: Zone, realm: Realm) -> Iterator[Observation]:
    """Access that roles of an account give to principals outside a zone of trust."""
    for role in roles(records):
        try:
            document = read_document(rendered(role, realm), Kind.TRUST)
        except MalformedPolicy:  # stored policies are read; what is not can let nobody in
            continue
        for told in granted(document, role.arn, zone):
            yield Observation("ExternalAccess", role.arn, ROLE, f"{role.id} {told}", told)


def granted(document: Document, resource: str, zone: Zone) -> Iterator[str]:
    """What a resource's policy gives to principals outside a zone of trust, each as JSON."""
    return map(written, grants(document, resource, zone))


def written(grant: Grant) -> str:
    """A grant as findings tell it."""
    return told(grant.type, grant.principal, list(grant.actions), dict(grant.conditions), grant.is_public)


def told(type_: str, principal: str, actions: list[str], conditions: dict[str, str], is_public: bool) -> str:
    """External access as findings tell it, JSON."""
    members: dict[str, Any] = {
        "principal": {type_: principal},
        "action": actions,
        "condition": conditions,
        "isPublic": is_public,
    }
    return json.dumps(members, sort_keys=True)

"""Access from inside: which users and roles of the zone may do what with the resources that matter.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from iamd.analysis.access import Holder
from iamd.analysis.external import Zone
from iamd.analysis.internal import Conditions, Guarded, given
from iamd.guard.organizations import Standing, under_rcps
from iamd.policy import Attached, Kind, MalformedPolicy, load
from iamd.policy.arns import split
from iamd.services.accessanalyzer.observations import Observation, roles, written
from iamd.services.accessanalyzer.resource_kinds import KINDS
from iamd.services.aside import aside
from iamd.services.call import Call, Realm
from iamd.services.iam.callers import caller_of
from iamd.services.known_resources import Configured
from iamd.store.image import Records
from iamd.store.records import Role, User

INTERNAL = "INTERNAL_ACCESS"
_KEPT = 100_000  # principals and resources that have been looked at together
# What is looked at unless a rule names something else.
_TYPES = frozenset(
    {
        *("AWS::S3::Bucket", "AWS::S3Express::DirectoryBucket", "AWS::DynamoDB::Table", "AWS::DynamoDB::Stream"),
        *("AWS::RDS::DBSnapshot", "AWS::RDS::DBClusterSnapshot"),
    }
)


@dataclass(frozen=True, slots=True)
class _Case:
    """A principal and a resource, as they stand: what is equal is answered alike. `account_id` is the resource's, `owner`
    the standing of that account, `policy` the text of the resource's own policy."""

    principal_id: str
    generation: int
    standing: Standing | None
    account_id: str
    owner: Standing | None
    resource: str
    policy: str | None
    holder: Holder = field(compare=False)
    guarded: Guarded = field(compare=False)


@lru_cache(_KEPT)
def _given(case: _Case) -> Mapping[Conditions, tuple[str, ...]]:
    return given(case.holder, case.guarded)


def internal(
    inside: Sequence[Records], resources: Mapping[str, Sequence[Configured]], configuration: str, realm: Realm
) -> Iterator[Observation]:
    """What the users and roles of some accounts may do with resources, by the account of these. Raises Cold."""
    for account_id, entity, case, kind in _cases(inside, resources, configuration, realm):
        for conditions, actions in _given(case).items():
            told = {
                "action": list(actions),
                "condition": dict(conditions),
                "principal": {"AWS": entity.arn},
                "principalOwnerAccount": entity.account_id,
                "accessType": "INTRA_ACCOUNT" if entity.account_id == account_id else "INTRA_ORG",
                "principalType": "IAM_ROLE" if isinstance(entity, Role) else "IAM_USER",
            }
            restricted = {
                "sources": [{"type": "POLICY"}],
                "resourceControlPolicyRestriction": _applied(_is_bound(case.resource, case.owner)),
                "serviceControlPolicyRestriction": _applied(case.standing is not None and bool(case.standing.scps)),
                "resourceOwnerAccount": account_id,
            }
            seed = f"{case.resource} {entity.id} {written(dict(conditions))}"
            yield Observation("InternalAccess", case.resource, KINDS[kind].type, seed, written(told | restricted))


def _applied(is_bound: bool) -> str:
    return "APPLIED" if is_bound else "NOT_APPLICABLE"


def _cases(
    inside: Sequence[Records], resources: Mapping[str, Sequence[Configured]], configuration: str, realm: Realm
) -> Iterator[tuple[str, User | Role, _Case, str]]:
    rules = json.loads(configuration or "{}").get("internalAccess", {}).get("analysisRule", {}).get("inclusions", [])
    for account_id, listed in resources.items():
        owner = realm.standing(account_id)
        for resource in listed:
            if not _is_included(account_id, resource, rules):
                continue
            guarded = _guarded(account_id, resource)
            if guarded is None:
                continue
            for records in inside:
                for entity in (*records.users.sorted(), *roles(records)):
                    yield account_id, entity, _case(entity, records, guarded, owner, realm), resource.kind


def _case(entity: User | Role, records: Records, guarded: Guarded, owner: Standing | None, realm: Realm) -> _Case:
    standing = realm.standing(records.account_id)
    snapshot = realm.snapshots.of(caller_of(entity), records, standing)
    layers = snapshot.layers
    if owner is not None and _is_bound(guarded.arn, owner):
        layers = snapshot.towards(owner)
    keys = {} if owner is None else owner.resource_keys
    context = {key: value for key, value in {**snapshot.context, **keys}.items() if value}
    holder = Holder(snapshot.principal, layers, context)
    text = None if guarded.policy is None else guarded.policy.policy.document.text
    return _Case(entity.id, records.generation, standing, guarded.account_id, owner, guarded.arn, text, holder, guarded)


def _is_bound(resource: str, owner: Standing | None) -> bool:
    """Whether resource control policies above its owner count for a resource."""
    service = (split(resource) or ["", "", ""])[2]
    return owner is not None and bool(owner.rcps) and under_rcps(f"{service}:any")


def _guarded(account_id: str, resource: Configured) -> Guarded | None:
    """The resource with its policy; None where that makes no sense: nobody would get in by it."""
    policy = resource.configuration.get(KINDS[resource.kind].policy)
    if resource.kind == "kmsKey":
        policy = next(iter(resource.configuration.get("keyPolicies", {}).values()), None)
    try:
        attached = None if policy is None else Attached(resource.arn, load(policy, Kind.RESOURCE))
    except MalformedPolicy:
        return None
    return Guarded(resource.arn, account_id, attached)


def _is_included(account_id: str, resource: Configured, rules: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a rule names the resource by all that it tells; without rules, those of AWS's types."""
    type_ = KINDS[resource.kind].type
    if not rules:
        return type_ in _TYPES
    return any(
        ("accountIds" not in rule or account_id in rule["accountIds"])
        and ("resourceTypes" not in rule or type_ in rule["resourceTypes"])
        and ("resourceArns" not in rule or resource.arn in rule["resourceArns"])
        for rule in rules
    )


async def learn_internal(
    call: Call, inside: Sequence[Records], resources: Mapping[str, Sequence[Configured]], configuration: str
) -> None:
    """Find out what `internal` will tell, which is kept: off the event loop. Raises Cold."""
    cases = [case for _, _, case, _ in _cases(inside, resources, configuration, call.realm)]

    def learned() -> None:
        for case in cases:
            _given(case)

    await aside(call.account_id, learned)


def zone_records(zone: Zone, own: Records, realm: Realm) -> list[Records]:
    """The records of the zone's accounts that are of this server. Raises Cold."""
    every = (own if account_id == own.account_id else realm.records(account_id) for account_id in sorted(zone.accounts))
    return [each for each in every if each is not None]

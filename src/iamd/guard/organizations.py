"""What binds an account because of the organization that it is in: control policies level by level, and condition keys.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from iamd.guard.context import Context
from iamd.policy import Attached, Kind, load
from iamd.reference import organization_policies as aws_owned
from iamd.reference import services
from iamd.store.image import Records
from iamd.store.kinds.organizations import ALL_FEATURES, Member, Organization
from iamd.wire.errors import ServiceUnavailable

Levels = tuple[tuple[Attached, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """An account's place in its organization. `scps` and `rcps` hold one tuple a level, from the root to the account;
    none for the management account, which control policies do not bind. Compared by identity."""

    account_id: str
    scps: Levels
    rcps: Levels
    principal_keys: Context
    resource_keys: Context
    source_keys: Context


class Standings:
    """Standings by account, kept until the structure of the organization changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, dict[str, Standing]]] = {}  # by management account, of one structure

    def of(self, account_id: str, management: Records) -> Standing:
        """The present standing of an account in the organization of that management account."""
        kept = self._kept.get(management.account_id)
        if kept is None or kept[0] != management.structure:
            kept = self._kept[management.account_id] = management.structure, {}
        found = kept[1].get(account_id)
        if found is None:
            found = kept[1][account_id] = take(account_id, management)
        return found

    def clear(self) -> None:
        self._kept.clear()


def take(account_id: str, management: Records) -> Standing:
    """Find out an account's standing.

    INVARIANT: an account that says it is in an organization, and is not found there, is refused everything.
    """
    organization: Organization | None = management.organizations.get(management.account_id)
    member: Member | None = management.members.get(account_id)
    if organization is None or member is None:
        raise ServiceUnavailable()
    way = ancestry(management, organization, member.parent_id)
    path = f"{organization.id}/{'/'.join(way)}/"
    bound = account_id != management.account_id and organization.feature_set == ALL_FEATURES
    targets = [*way, account_id]
    return Standing(
        account_id,
        _levels(management, organization, targets, Kind.SCP) if bound else (),
        _levels(management, organization, targets, Kind.RCP) if bound else (),
        {"aws:principalorgid": organization.id, "aws:principalorgpaths": (path,)},
        {"aws:resourceorgid": organization.id, "aws:resourceorgpaths": (path,)},
        {"aws:sourceorgid": organization.id, "aws:sourceorgpaths": (path,)},
    )


def ancestry(management: Records, organization: Organization, parent_id: str) -> list[str]:
    """The ids of the root and the units down to that parent, itself included."""
    way = [parent_id]
    while way[-1] != organization.root_id:
        unit = management.units.get(way[-1])
        if unit is None:
            raise ServiceUnavailable()
        way.append(unit.parent_id)
    return way[::-1]


_TYPES = {Kind.SCP: "SERVICE_CONTROL_POLICY", Kind.RCP: "RESOURCE_CONTROL_POLICY"}


def _levels(management: Records, organization: Organization, targets: list[str], kind: Kind) -> Levels:
    if _TYPES[kind] not in organization.policy_types:
        return ()
    return tuple(tuple(_attached(management, target, kind)) for target in targets)


def _attached(management: Records, target_id: str, kind: Kind) -> Iterator[Attached]:
    if kind is Kind.RCP:  # always attached, and no record
        yield Attached(aws_owned.RCP_FULL_ACCESS.arn, load(aws_owned.RCP_FULL_ACCESS.content, kind))
    for attachment in management.policy_attachments.where("target", target_id):
        policy = management.organization_policies.get(attachment.policy_id) or aws_owned.get(attachment.policy_id)
        if policy is not None and policy.type == _TYPES[kind]:
            yield Attached(policy.arn, load(policy.content, kind))


@lru_cache(maxsize=1024)
def under_rcps(action: str) -> bool:
    """Whether resource control policies act on an action (`sts:AssumeRole`): those of certain services, on resources.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    prefix, _, name = action.partition(":")
    service = services.get(prefix)
    if service is None or not service.resource_control:
        return False
    known = service.actions.get(name.lower())
    return known is None or bool(known.resource_types)

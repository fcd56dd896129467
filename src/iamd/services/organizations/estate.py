"""The organization of a call, and who may call what: resolvers say for whom they are.

Most operations are the management account's. Accounts that administer a service for the organization may read, too, and
those that its resource policy names may do what that allows (`delegation`).
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_permissions_overview.html
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from iamd.guard.organizations import ancestry
from iamd.guard.target import Target, missing
from iamd.services.call import Call
from iamd.services.organizations import delegation
from iamd.store.image import Records
from iamd.store.kinds.organizations import Member, Organization, Unit
from iamd.store.records import Tags
from iamd.wire.errors import InternalFailure
from iamd.wire.organizations_errors import AccessDeniedException, AWSOrganizationsNotInUseException


@dataclass(frozen=True, slots=True)
class Root:
    """The root of an organization."""

    organization: Organization
    name: str = "Root"

    @property
    def id(self) -> str:
        return self.organization.root_id

    @property
    def arn(self) -> str:
        return self.organization.root_arn

    @property
    def tags(self) -> Tags:
        return self.organization.root_tags


Parent = Root | Unit
Node = Root | Unit | Member


@dataclass(frozen=True, slots=True)
class Estate:
    """An organization, and the records of its management account, which hold it."""

    organization: Organization
    records: Records

    @property
    def root(self) -> Root:
        return Root(self.organization)

    @property
    def has_all_features(self) -> bool:
        return self.organization.feature_set == "ALL"

    def parent(self, id: str) -> Parent | None:
        """The root or unit with that id."""
        return self.root if id == self.organization.root_id else self.records.units.get(id)

    def node(self, id: str) -> Node | None:
        """The root, unit or account with that id."""
        return self.parent(id) or self.records.members.get(id)

    def path(self, node: Unit | Member) -> str:
        """Its path from the organization down, as condition keys and answers have it."""
        way = ancestry(self.records, self.organization, node.parent_id)
        return "/".join([self.organization.id, *way, node.id, ""])

    def depth(self, parent: Parent) -> int:
        """How many units are on the way from the root to that parent, itself included."""
        return 0 if isinstance(parent, Root) else len(ancestry(self.records, self.organization, parent.id)) - 1


def find_estate(call: Call) -> Estate | None:
    """The organization that the caller's account belongs to; its records may be changed where the operation may."""
    management_id = call.records.account.organization
    if management_id is None:
        return None
    if management_id == call.account_id:
        records: Records | None = call.records
    else:
        records = call.realm.records(management_id) if call.change is None else call.others(management_id)
    organization = None if records is None else records.organizations.get(management_id)
    if records is None or organization is None:
        raise InternalFailure()
    return Estate(organization, records)


def the_estate(call: Call) -> Estate:
    """The same for operations whose resolver has found it."""
    estate = find_estate(call)
    if estate is None:
        raise InternalFailure()
    return estate


def _manages(call: Call, estate: Estate) -> bool:
    return call.account_id == estate.organization.account_id


def reads(call: Call, estate: Estate) -> bool:
    """Whether the caller's account may read of the whole organization without further leave."""
    return _manages(call, estate) or estate.records.delegated_administrators.count("delegate", call.account_id) > 0


def _belongs(call: Call, estate: Estate) -> bool:
    return True


Resolve = Callable[..., Target[Any]]


def _for(may_call: Callable[[Call, Estate], bool]) -> Callable[[Resolve], Resolve]:
    def decorate(resolve: Resolve) -> Resolve:
        @functools.wraps(resolve)
        def resolver(call: Call, **given: Any) -> Target[Any]:
            estate = find_estate(call)
            if estate is None:
                return missing("*", AWSOrganizationsNotInUseException())
            if may_call(call, estate):
                return resolve(call, estate, **given)
            policy = delegation.policy_for(call.operation, estate.records)
            if policy is None:
                return missing("*", AccessDeniedException())
            return delegation.delegated(resolve(call, estate, **given), policy)

        return resolver

    return decorate


# A resolver so decorated gets the Estate after the call; for other accounts it is refused.
for_management = _for(_manages)
for_readers = _for(reads)
for_members = _for(_belongs)


def at(node: Any, **context: str) -> Target[Any]:
    """A thing of the organization as a target. Whoever may call at all needs no policy of the management account."""
    return Target(node.arn, node, tags=node.tags, context=context)


@for_management
def the_managed_organization(call: Call, estate: Estate) -> Target[Estate]:
    """The target of what only the management account may do, and that has no resource."""
    return Target("*", estate)


@for_readers
def the_organization(call: Call, estate: Estate) -> Target[Estate]:
    return Target("*", estate)


@for_members
def our_organization(call: Call, estate: Estate) -> Target[Estate]:
    return Target("*", estate)

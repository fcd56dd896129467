"""Who is in which group of an identity store. Groups have users alone as members.

https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroupMembership.html and its
neighbours
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.identitystore import quotas
from iamd.services.identitystore.api import identitystore
from iamd.services.identitystore.held import GROUPS, MEMBERSHIPS, USERS, Held, also, existing_group
from iamd.services.identitystore.stores import new_id, taken
from iamd.services.sso_admin.center import Center
from iamd.services.sso_admin.paging import page
from iamd.store.kinds.identity_store import StoreGroup, StoreMembership, StoreUser
from iamd.wire.errors import ValidationException

Member = Mapping[str, str]


def _user_id(member_id: Member) -> str:
    if "UserId" not in member_id:
        raise ValidationException("MemberId must have exactly one member.")
    return member_id["UserId"]


def existing_membership(call: Call, *, identity_store_id: str, membership_id: str) -> Target[Held[StoreMembership]]:
    return MEMBERSHIPS.existing(call, identity_store_id, membership_id)


def membership_of(
    call: Call, *, identity_store_id: str, group_id: str, member_id: Member
) -> Target[Held[StoreMembership]]:
    """The membership of a user in a group, both of which exist."""

    def find(center: Center) -> StoreMembership | None:
        group, user = GROUPS.find(center, group_id), USERS.find(center, _user_id(member_id))
        if group is None or user is None:
            return None
        return next(iter(center.records.store_memberships.where("pair", f"{group.id}/{user.id}")), None)

    return MEMBERSHIPS.named(call, identity_store_id, find)


def member(call: Call, *, identity_store_id: str, member_id: Member) -> Target[Held[StoreUser]]:
    """The user that is asked about."""
    return USERS.existing(call, identity_store_id, _user_id(member_id))


def also_ends(call: Call, held: Held[StoreMembership]) -> Iterator[Ask]:
    """The same action on the store, the group and the user of a membership."""
    yield from also(call, held.center, GROUPS.arn(held.record.group_id), USERS.arn(held.record.user_id))


def also_new_member(call: Call, held: Held[StoreGroup]) -> Iterator[Ask]:
    """The same action on the store and on the user that is to be a member."""
    user_id = _user_id(call.params["member_id"]).rpartition("/")[2]
    yield from also(call, held.center, USERS.arn(user_id))


def also_memberships(call: Call, held: Held[Any]) -> Iterator[Ask]:
    """The same action on the store and on all memberships."""
    yield from also(call, held.center, MEMBERSHIPS.arn("*"))


def also_asked_groups(call: Call, held: Held[StoreUser]) -> Iterator[Ask]:
    """The same action on the store, on all memberships and on each of the groups that are asked about."""
    groups = [GROUPS.arn(id.rpartition("/")[2]) for id in call.params["group_ids"]]
    yield from also(call, held.center, MEMBERSHIPS.arn("*"), *groups)


def view(membership: StoreMembership, store_id: str) -> dict[str, Any]:
    """A membership as it is shown everywhere; it never changes."""
    return {
        "IdentityStoreId": store_id,
        "MembershipId": membership.id,
        "MembershipArn": membership.arn,
        "GroupId": membership.group_id,
        "MemberId": {"UserId": membership.user_id},
        "CreatedAt": membership.created,
        "UpdatedAt": membership.created,
        "CreatedBy": membership.created_by,
        "UpdatedBy": membership.created_by,
    }


def _page(
    center: Center, found: Iterable[StoreMembership], next_token: str | None, max_results: int | None
) -> dict[str, Any]:
    store_id = center.instance.store_id
    return page(
        "GroupMemberships", found, lambda each: each.id, lambda each: view(each, store_id), next_token, max_results
    )


@identitystore.operation(on=existing_group, also=also_new_member)
def create_group_membership(call: Call, held: Held[StoreGroup], *, member_id: Member) -> Reply:
    """Add a user to a group."""
    center, group = held.center, held.record
    user = USERS.require(call, center, _user_id(member_id))
    memberships = center.records.store_memberships
    if memberships.count("pair", f"{group.id}/{user.id}"):
        raise taken(call, "Member and Group relationship already exists.")
    quotas.check(call, memberships.count("user", user.id), quotas.GROUPS_OF_A_USER, "groups of a user")
    return MEMBERSHIPS.ids(center, join(center, group, user.id, call.caller.arn, call.now))


def join(center: Center, group: StoreGroup, user_id: str, by: str, now: datetime) -> StoreMembership:
    """Make a user a member, by whomever."""
    membership = StoreMembership(center.instance.account_id, new_id(center), group.id, user_id, now, by)
    added: StoreMembership = center.records.store_memberships.add(membership)
    return added


@identitystore.operation(on=existing_membership, also=also_ends)
def describe_group_membership(call: Call, held: Held[StoreMembership]) -> Reply:
    """The membership of that id."""
    return view(held.record, held.center.instance.store_id)


@identitystore.operation(on=membership_of, also=also_ends)
def get_group_membership_id(call: Call, held: Held[StoreMembership]) -> Reply:
    """The id of the membership of a user in a group."""
    return MEMBERSHIPS.ids(held.center, held.record)


@identitystore.operation(on=existing_membership, also=also_ends)
def delete_group_membership(call: Call, held: Held[StoreMembership]) -> Reply:
    """Take a user out of a group."""
    held.center.records.store_memberships.remove(held.record)
    return {}


@identitystore.operation(on=member, also=also_asked_groups, reads=True)
def is_member_in_groups(call: Call, held: Held[StoreUser], *, group_ids: list[str]) -> Reply:
    """Tell of each group whether the user is in it."""
    center, user = held.center, held.record
    pairs = center.records.store_memberships
    groups = [GROUPS.require(call, center, id) for id in group_ids]
    return {
        "Results": [
            {
                "GroupId": group.id,
                "MemberId": {"UserId": user.id},
                "MembershipExists": pairs.count("pair", f"{group.id}/{user.id}") > 0,
            }
            for group in groups
        ]
    }


@identitystore.operation(on=existing_group, also=also_memberships)
def list_group_memberships(
    call: Call, held: Held[StoreGroup], *, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List who is in a group."""
    found = held.center.records.store_memberships.where("group", held.record.id)
    return _page(held.center, found, next_token, max_results)


@identitystore.operation(on=member, also=also_memberships)
def list_group_memberships_for_member(
    call: Call, held: Held[StoreUser], *, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List the groups that a user is in."""
    found = held.center.records.store_memberships.where("user", held.record.id)
    return _page(held.center, found, next_token, max_results)

"""IAM groups and their members."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target, found, missing, new
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas, users
from iamd.services.iam.api import iam
from iamd.services.paging import page, page_of
from iamd.store.image import Records
from iamd.store.kind import Taken
from iamd.store.records import Group, Membership, User, fold, iam_arn
from iamd.wire.errors import DeleteConflict, EntityAlreadyExists, NoSuchEntity
from iamd.wire.table import row


def new_group(call: Call, *, group_name: str, path: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"group{path}{group_name}"))


def existing_group(call: Call, *, group_name: str) -> Target[Group]:
    group = call.records.groups.named(group_name)
    label = f"group {group_name}"
    if group is None:
        error = NoSuchEntity(f"The group with name {group_name} cannot be found.")
        return missing(iam_arn(call.account_id, f"group/{group_name}"), error, label)
    return found(group, label)


def groups_under(call: Call, *, path_prefix: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"group{path_prefix}"))


SUMMARY = {
    "Path": attrgetter("path"),
    "GroupName": attrgetter("name"),
    "GroupId": attrgetter("id"),
    "Arn": attrgetter("arn"),
    "CreateDate": attrgetter("created"),
}


def summary(group: Group) -> dict[str, Any]:
    """A group as every answer shows it."""
    return row(SUMMARY, group)


def groups_of(records: Records, user: User) -> list[Group]:
    """The groups that a user is in."""
    found = [records.groups.get(membership.group_id) for membership in records.memberships.where("user", user.id)]
    return [group for group in found if group is not None]


def members_of(records: Records, group: Group) -> list[User]:
    """The users that are in a group."""
    ids = (membership.user_id for membership in records.memberships.where("group", group.id))
    return [user for user in map(records.users.get, ids) if user is not None]


@iam.operation(on=new_group)
def create_group(call: Call, arn: str, *, group_name: str, path: str = "/") -> Reply:
    """Create a group; names are unique in the account, whatever their case."""
    records = call.records
    if records.groups.named(group_name) is not None:
        raise EntityAlreadyExists(f"Group with name {group_name} already exists.")
    quotas.check(len(records.groups), call.realm.quotas.groups, "GroupsPerAccount")
    group = Group(call.account_id, call.new_id("AGPA"), group_name, path, call.now)
    return {"Group": summary(records.groups.add(group))}


@iam.operation(on=existing_group)
def get_group(call: Call, group: Group, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """Describe a group and list its members, by name."""
    members = members_of(call.records, group)
    listed = page_of("Users", members, lambda user: fold(user.name), users.summary, marker, max_items)
    return {"Group": summary(group), **listed}


@iam.operation(on=groups_under)
def list_groups(
    call: Call, arn: str, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the groups whose path begins with the prefix, by name."""
    groups = call.records.groups
    return page("Groups", groups, summary, marker, max_items, lambda group: group.path.startswith(path_prefix))


def renamed_group(call: Call, group: Group) -> Iterator[Ask]:
    """Who moves or renames a group must be allowed to update the group that it becomes, too."""
    path, name = call.params.get("new_path", group.path), call.params.get("new_group_name", group.name)
    arn = iam_arn(call.account_id, f"group{path}{name}")
    if arn != group.arn:
        yield Ask(call.operation.action, arn, call.account_id)


@iam.operation(on=existing_group, also=renamed_group)
def update_group(call: Call, group: Group, *, new_path: str | None = None, new_group_name: str | None = None) -> None:
    """Rename or move a group; its ARN changes, its id, members and policies do not."""
    try:
        call.records.groups.replace(group, path=new_path or group.path, name=new_group_name or group.name)
    except Taken:
        raise EntityAlreadyExists(f"Group with name {new_group_name} already exists.") from None


@iam.operation(on=existing_group)
def delete_group(call: Call, group: Group) -> None:
    """Delete a group that has neither members nor policies left."""
    records = call.records
    if records.memberships.count("group", group.id):
        raise DeleteConflict("Cannot delete entity, must remove users from group first.")
    if records.inline.count("owner", group.id):
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    if records.attachments.count("owner", group.id):
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    records.groups.remove(group)


@iam.operation(on=existing_group)
def add_user_to_group(call: Call, group: Group, *, user_name: str) -> None:
    """Add a user to a group; adding a member again succeeds (seen of live AWS)."""
    user, memberships = users.user_named(call, user_name), call.records.memberships
    if memberships.get(f"{group.id}/{user.id}") is None:
        quotas.check(memberships.count("user", user.id), quotas.GROUPS_PER_USER, "GroupsPerUser")
        memberships.add(Membership(call.account_id, group.id, user.id, call.now))


@iam.operation(on=existing_group)
def remove_user_from_group(call: Call, group: Group, *, user_name: str) -> None:
    """Remove a user from a group; removing one who is no member succeeds (seen of live AWS)."""
    user = users.user_named(call, user_name)
    membership = call.records.memberships.get(f"{group.id}/{user.id}")
    if membership is not None:
        call.records.memberships.remove(membership)


@iam.operation(on=users.existing_user)
def list_groups_for_user(call: Call, user: User, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """List the groups that a user is in, by name."""
    return page_of("Groups", groups_of(call.records, user), lambda group: fold(group.name), summary, marker, max_items)

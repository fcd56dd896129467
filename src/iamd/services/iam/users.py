"""IAM users."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from iamd.caller.caller import CallerKind
from iamd.guard.ask import Ask
from iamd.guard.target import Target, found, missing, new
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.boundaries import boundary_policy, boundary_view
from iamd.services.iam.tags import merged, new_tags, tag_page, tag_views, untagged
from iamd.services.paging import page_at_once
from iamd.services.passkeys import has_device
from iamd.store.kind import Taken
from iamd.store.records import User, iam_arn
from iamd.wire.errors import DeleteConflict, EntityAlreadyExists, NoSuchEntity, ValidationError
from iamd.wire.shared import once_a_record
from iamd.wire.table import Table, columns, row


def new_user(call: Call, *, user_name: str, path: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"user{path}{user_name}"))


def existing_user(call: Call, *, user_name: str) -> Target[User]:
    user = call.records.users.named(user_name)
    label = f"user {user_name}"
    if user is None:
        return missing(iam_arn(call.account_id, f"user/{user_name}"), no_such_user(user_name), label)
    return found(user, label)


def user_named(call: Call, user_name: str) -> User:
    """The user of that name, whatever its case; raises NoSuchEntity. For a second user besides the target."""
    user: User | None = call.records.users.named(user_name)
    if user is None:
        raise no_such_user(user_name)
    return user


def no_such_user(user_name: str) -> NoSuchEntity:
    return NoSuchEntity(f"The user with name {user_name} cannot be found.")


def named_user_or_caller(call: Call, *, user_name: str | None = None) -> Target[User]:
    """The user of that name, or the user who calls when there is none."""
    if user_name is not None:
        return existing_user(call, user_name=user_name)
    if call.caller.kind is not CallerKind.USER:
        raise ValidationError("Must specify userName when calling with non-User credentials")
    # By id: by now another user may have the name that this one had when the request was signed.
    caller = call.caller
    user: User | None = call.records.users.get(caller.id)
    label = f"user {caller.name}"
    return missing(caller.principal_arn, no_such_user(caller.name), label) if user is None else found(user, label)


def user_or_root(call: Call, *, user_name: str | None = None) -> Target[Any]:
    """As `named_user_or_caller`, but the root user calling without a name means itself."""
    if user_name is None and call.caller.kind is CallerKind.ROOT:
        return found(call.records.account)
    return named_user_or_caller(call, user_name=user_name)


def users_under(call: Call, *, path_prefix: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"user{path_prefix}"))


OUTLINE = {
    "Path": attrgetter("path"),
    "UserName": attrgetter("name"),
    "UserId": attrgetter("id"),
    "Arn": attrgetter("arn"),
    "CreateDate": attrgetter("created"),
}


def outline(user: User) -> dict[str, Any]:
    """The five members that a user shows everywhere."""
    return row(OUTLINE, user)


def summary(user: User) -> dict[str, Any]:
    """A user as lists show it: without tags and boundary."""
    shown, used = outline(user), user.password_last_used
    return shown if used is None else {**shown, "PasswordLastUsed": used}


def summaries(users: Sequence[User]) -> Table:
    """The same of many users."""
    used = [user.password_last_used for user in users]
    return Table(len(users), {**columns(OUTLINE, users), "PasswordLastUsed": used})


@once_a_record
def detail(user: User) -> dict[str, Any]:
    """A user as it is shown alone."""
    return {**summary(user), **boundary_view(user.boundary), **tag_views(user.tags)}


def tagging(call: Call, arn: str) -> Iterator[Ask]:
    """Creating with tags takes the permission to tag as well."""
    if call.params.get("tags"):
        yield Ask("iam:TagUser", arn, call.account_id)


@iam.operation(on=new_user, also=tagging)
def create_user(
    call: Call,
    arn: str,
    *,
    user_name: str,
    path: str = "/",
    permissions_boundary: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Create a user; names are unique in the account, whatever their case."""
    given = new_tags(tags, ignore_case=True)
    boundary = boundary_policy(call, permissions_boundary)
    if call.records.users.named(user_name) is not None:
        raise EntityAlreadyExists(f"User with name {user_name} already exists.")
    quotas.check(len(call.records.users), quotas.USERS, "UsersPerAccount")
    user = User(call.account_id, call.new_id("AIDA"), user_name, path, call.now, boundary, given)
    return {"User": detail(call.records.users.add(user))}


@iam.operation(on=user_or_root)
def get_user(call: Call, user: Any) -> Reply:
    """Describe a user, or the caller itself when no name is given."""
    if isinstance(user, User):
        return {"User": detail(user)}
    # The root user has no path, and no name but the account's alias; its id is the account's.
    return {"User": {"UserName": user.alias, "UserId": user.account_id, "Arn": user.arn, "CreateDate": user.created}}


@iam.operation(on=users_under)
def list_users(
    call: Call, arn: str, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the users whose path begins with the prefix, by name."""
    users = call.records.users
    return page_at_once("Users", users, summaries, marker, max_items, lambda user: user.path.startswith(path_prefix))


def renamed_user(call: Call, user: User) -> Iterator[Ask]:
    """Who moves or renames a user must be allowed to update the user that it becomes, too (the page "Rename users")."""
    path, name = call.params.get("new_path", user.path), call.params.get("new_user_name", user.name)
    arn = iam_arn(call.account_id, f"user{path}{name}")
    if arn != user.arn:
        yield Ask(call.operation.action, arn, call.account_id)


@iam.operation(on=existing_user, also=renamed_user)
def update_user(call: Call, user: User, *, new_path: str | None = None, new_user_name: str | None = None) -> None:
    """Rename or move a user; its ARN changes, its id, groups, policies and keys do not."""
    try:
        call.records.users.replace(user, path=new_path or user.path, name=new_user_name or user.name)
    except Taken:
        raise EntityAlreadyExists(f"User with name {new_user_name} already exists.") from None


@iam.operation(on=existing_user)
def delete_user(call: Call, user: User) -> None:
    """Delete a user that has nothing left: AWS refuses in this order."""
    records = call.records
    if records.memberships.count("user", user.id):
        raise DeleteConflict("Cannot delete entity, must remove users from group first.")
    if records.inline.count("owner", user.id):
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    if records.attachments.count("owner", user.id):
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if records.access_keys.count("owner", user.id):
        raise DeleteConflict("Cannot delete entity, must delete access keys first.")
    if records.signing_certificates.count("owner", user.id):
        raise DeleteConflict("Cannot delete entity, must delete certificates first.")
    if has_device(records, user.id):
        raise DeleteConflict("Cannot delete entity, must remove tokens from principal first.")
    if records.login_profiles.get(user.id) is not None:
        raise DeleteConflict("Cannot delete entity, must delete login profile first.")
    if records.ssh_public_keys.count("owner", user.id) or records.service_credentials.count("owner", user.id):
        raise DeleteConflict("Cannot delete entity, must remove referenced objects first.")
    records.users.remove(user)


@iam.operation(on=existing_user)
def tag_user(call: Call, user: User, *, tags: list[dict[str, str]]) -> None:
    """Add tags or replace their values; a key in another case replaces the old spelling."""
    call.records.users.replace(user, tags=merged(user.tags, tags, ignore_case=True))


@iam.operation(on=existing_user)
def untag_user(call: Call, user: User, *, tag_keys: list[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    call.records.users.replace(user, tags=untagged(user.tags, tag_keys, ignore_case=True))


@iam.operation(on=existing_user)
def list_user_tags(call: Call, user: User, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """List the tags of a user."""
    return tag_page(user.tags, marker, max_items)

"""IAM roles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from msgspec import structs

from iamd.guard.ask import Ask
from iamd.guard.target import Target, found, missing, new
from iamd.services.call import Call, Realm, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.boundaries import boundary_policy, boundary_view
from iamd.services.iam.documents import encoded
from iamd.services.iam.reserved import is_reserved, require_free_path, unmodifiable
from iamd.services.iam.tags import merged, new_tags, tag_page, tag_views, untagged
from iamd.services.iam.trust import rendered, trust_policy
from iamd.services.paging import page_at_once
from iamd.store.records import Role, iam_arn
from iamd.wire.errors import DeleteConflict, EntityAlreadyExists, InvalidInput, NoSuchEntity, UnmodifiableEntity
from iamd.wire.table import Columns, Table, columns, row

# Roles below this path are beyond the reach of service control policies, so nobody makes them but AWS.
SERVICE_LINKED_PATH = "/aws-service-role/"


def new_role(call: Call, *, role_name: str, path: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"role{path}{role_name}"))


def existing_role(call: Call, *, role_name: str) -> Target[Role]:
    role = call.records.roles.named(role_name)
    label = f"role {role_name}"
    if role is None:
        return missing(iam_arn(call.account_id, f"role/{role_name}"), no_such_role(role_name), label)
    return found(role, label)


def modifiable_role(call: Call, *, role_name: str) -> Target[Role]:
    """The role of that name, unless it is linked to a service, which alone may change what it can do."""
    target = existing_role(call, role_name=role_name)
    refusal = None if target.value is None else protected(target.value)
    return target if refusal is None else structs.replace(target, missing=refusal)


def describable_role(call: Call, *, role_name: str) -> Target[Role]:
    """The role of that name, of which everything may be told and retold, unless Identity Center has made it."""
    target = existing_role(call, role_name=role_name)
    if target.value is None or not is_reserved(target.value):
        return target
    return structs.replace(target, missing=unmodifiable(target.value))


def protected(role: Role) -> UnmodifiableEntity | None:
    """Why nobody but AWS may change what the role can do, or None for a role that is not of a service."""
    is_of_service = role.path.startswith(SERVICE_LINKED_PATH) or is_reserved(role)
    return unmodifiable(role) if is_of_service else None


def no_such_role(role_name: str) -> NoSuchEntity:
    return NoSuchEntity(f"The role with name {role_name} cannot be found.")


def roles_under(call: Call, *, path_prefix: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"role{path_prefix}"))


OUTLINE = {
    "Path": attrgetter("path"),
    "RoleName": attrgetter("name"),
    "RoleId": attrgetter("id"),
    "Arn": attrgetter("arn"),
    "CreateDate": attrgetter("created"),
}


def outline(role: Role, trust: str) -> dict[str, Any]:
    """The six members that a role shows everywhere, with a trust policy as text."""
    return {**row(OUTLINE, role), "AssumeRolePolicyDocument": encoded(trust)}


def summary(role: Role, realm: Realm) -> dict[str, Any]:
    """A role as lists show it: without tags, boundary and last use."""
    return {
        **outline(role, rendered(role, realm)),
        "Description": role.description,
        "MaxSessionDuration": role.max_session,
    }


def summaries(roles: Sequence[Role], realm: Realm) -> Table:
    """The same of many roles."""
    members: Columns = {
        **columns(OUTLINE, roles),
        "AssumeRolePolicyDocument": [encoded(rendered(role, realm)) for role in roles],
        "Description": [role.description for role in roles],
        "MaxSessionDuration": [role.max_session for role in roles],
    }
    return Table(len(roles), members)


def detail(role: Role, realm: Realm) -> dict[str, Any]:
    """A role as it is shown alone; `RoleLastUsed` is there, empty, for a role that was never used."""
    return {
        **summary(role, realm),
        **boundary_view(role.boundary),
        **tag_views(role.tags),
        "RoleLastUsed": last_used(role, realm),
    }


def last_used(role: Role, realm: Realm) -> dict[str, Any]:
    """The `RoleLastUsed` structure."""
    usage = realm.store.last_used(role.account_id, role.id)
    return {} if usage is None else {"LastUsedDate": usage.time, "Region": usage.region}


def tagging_role(call: Call, arn: str) -> Iterator[Ask]:
    """Who creates a role with tags must be allowed to tag it (the page "Tag IAM roles")."""
    if call.params.get("tags"):
        yield Ask("iam:TagRole", arn, call.account_id)


@iam.operation(on=new_role, also=tagging_role)
def create_role(
    call: Call,
    arn: str,
    *,
    role_name: str,
    assume_role_policy_document: str,
    path: str = "/",
    description: str | None = None,
    max_session_duration: int = 3600,
    permissions_boundary: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Create a role. The answer echoes the trust policy as sent and hides description and duration (AWS_OBSERVED)."""
    if path.startswith(SERVICE_LINKED_PATH):
        raise InvalidInput(f"Path prefix '{SERVICE_LINKED_PATH}' can only be used for AWS Service linked Roles")
    require_free_path(path)
    given = new_tags(tags, ignore_case=True)
    trust, trusted = trust_policy(call, assume_role_policy_document)
    boundary = boundary_policy(call, permissions_boundary)
    roles = call.records.roles
    if roles.named(role_name) is not None:
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.")
    quotas.check(len(roles), call.realm.quotas.roles, "RolesPerAccount")
    role = Role(
        account_id=call.account_id,
        id=call.new_id("AROA"),
        name=role_name,
        path=path,
        created=call.now,
        trust=trust,
        trusted=trusted,
        description=description,
        max_session=max_session_duration,
        boundary=boundary,
        tags=given,
    )
    roles.add(role)
    return {
        "Role": {**outline(role, assume_role_policy_document), **boundary_view(role.boundary), **tag_views(role.tags)}
    }


@iam.operation(on=existing_role)
def get_role(call: Call, role: Role) -> Reply:
    """Describe a role."""
    return {"Role": {**detail(role, call.realm), **_source(call, role)}}


def _source(call: Call, role: Role) -> dict[str, Any]:
    """The template that a role was made from: absent when there is none, and in lists."""
    source = call.records.role_sources.get(role.id)
    if source is None:
        return {}
    template = {"TemplateArn": source.template_arn, "TemplateMinorVersion": source.minor_version}
    return {"SourceRoleTemplate": template}


@iam.operation(on=roles_under)
def list_roles(
    call: Call, arn: str, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the roles whose path begins with the prefix, by name."""
    return page_at_once(
        "Roles",
        call.records.roles,
        lambda roles: summaries(roles, call.realm),
        marker,
        max_items,
        lambda role: role.path.startswith(path_prefix),
    )


@iam.operation(on=describable_role)
def update_role(
    call: Call, role: Role, *, description: str | None = None, max_session_duration: int | None = None
) -> Reply:
    """Change description and longest session; what is left out stays, whatever the documentation says of the
    duration (seen of live AWS)."""
    if max_session_duration is not None and role.path.startswith(SERVICE_LINKED_PATH):
        said = f"{role.name} is an AWS service linked role, max session duration cannot be changed."
        raise UnmodifiableEntity(said)
    call.records.roles.replace(
        role,
        description=role.description if description is None else description,
        max_session=max_session_duration or role.max_session,
    )
    return {}


@iam.operation(on=describable_role)
def update_role_description(call: Call, role: Role, *, description: str) -> Reply:
    """Change the description; the answer has neither duration nor tags nor boundary (seen of live AWS)."""
    role = call.records.roles.replace(role, description=description)
    return {"Role": {**outline(role, rendered(role, call.realm)), "Description": role.description}}


@iam.operation(on=modifiable_role)
def update_assume_role_policy(call: Call, role: Role, *, policy_document: str) -> None:
    """Replace the trust policy; sessions that exist are not affected."""
    trust, trusted = trust_policy(call, policy_document)
    call.records.roles.replace(role, trust=trust, trusted=trusted)


@iam.operation(on=modifiable_role)
def delete_role(call: Call, role: Role) -> None:
    """Delete a role that has nothing left: AWS refuses in this order."""
    records = call.records
    if records.profiles.count("role", role.id):
        raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    if records.inline.count("owner", role.id):
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    if records.attachments.count("owner", role.id):
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    source = records.role_sources.get(role.id)
    if source is not None:
        records.role_sources.remove(source)
    records.roles.remove(role)


@iam.operation(on=describable_role)
def tag_role(call: Call, role: Role, *, tags: list[dict[str, str]]) -> None:
    """Add tags or replace their values; a key in another case replaces the old spelling."""
    call.records.roles.replace(role, tags=merged(role.tags, tags, ignore_case=True))


@iam.operation(on=describable_role)
def untag_role(call: Call, role: Role, *, tag_keys: list[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    call.records.roles.replace(role, tags=untagged(role.tags, tag_keys, ignore_case=True))


@iam.operation(on=existing_role)
def list_role_tags(call: Call, role: Role, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """List the tags of a role."""
    return tag_page(role.tags, marker, max_items)

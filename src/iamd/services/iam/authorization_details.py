"""GetAccountAuthorizationDetails: everything about an account's permissions, in pages that run across all kinds.

Seen of live AWS in September 2026: users come first, then roles, groups and policies; no policy shows its description;
a user without inline policies has no `UserPolicyList`, while other empty lists are there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from iamd.reference import managed
from iamd.services.call import Call, Reply
from iamd.services.iam import groups, instance_profiles, managed_policies, policy_versions, roles, users
from iamd.services.iam.account import policies_in_use, the_account
from iamd.services.iam.api import iam
from iamd.services.iam.boundaries import boundary_member
from iamd.services.iam.documents import encoded
from iamd.services.iam.policies import Policy, name_of
from iamd.services.iam.trust import rendered
from iamd.services.paging import DEFAULT_PAGE, marker_of, text_of
from iamd.store.collection import Collection
from iamd.store.records import Attachment, Group, InlinePolicy, Role, User, fold
from iamd.wire.errors import ValidationError
from iamd.wire.table import Columns, Table, columns, nested


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of entity: its name in `Filter`, where the answer lists it, and the account's entities by name."""

    kind: str
    member: str
    entities: Callable[[Call], Sequence[Any]]


def user_details(call: Call, shown: Sequence[User]) -> Table:
    """A list of `UserDetail`."""
    records = call.records
    members: Columns = {
        **columns(users.OUTLINE, shown),
        "UserPolicyList": nested(_owned(records.inline, shown), _inline, absent_if_empty=True),
        "GroupList": [[group.name for group in groups.groups_of(records, user)] for user in shown],
        "AttachedManagedPolicies": nested(_owned(records.attachments, shown), _attached),
        "PermissionsBoundary": [boundary_member(user.boundary) for user in shown],
        "Tags": nested([user.tags for user in shown], _tags),
    }
    return Table(len(shown), members)


def group_details(call: Call, shown: Sequence[Group]) -> Table:
    """A list of `GroupDetail`."""
    members: Columns = {
        **columns(groups.SUMMARY, shown),
        "GroupPolicyList": nested(_owned(call.records.inline, shown), _inline),
        "AttachedManagedPolicies": nested(_owned(call.records.attachments, shown), _attached),
    }
    return Table(len(shown), members)


def role_details(call: Call, shown: Sequence[Role]) -> Table:
    """A list of `RoleDetail`."""
    records, realm = call.records, call.realm
    profiles = [records.profiles.where("role", role.id) for role in shown]
    members: Columns = {
        **columns(roles.OUTLINE, shown),
        "AssumeRolePolicyDocument": [encoded(rendered(role, realm)) for role in shown],
        "InstanceProfileList": [[instance_profiles.summary(call, profile) for profile in each] for each in profiles],
        "RolePolicyList": nested(_owned(records.inline, shown), _inline),
        "AttachedManagedPolicies": nested(_owned(records.attachments, shown), _attached),
        "PermissionsBoundary": [boundary_member(role.boundary) for role in shown],
        "Tags": nested([role.tags for role in shown], _tags),
        "RoleLastUsed": [roles.last_used(role, realm) for role in shown],
    }
    return Table(len(shown), members)


def policy_details(call: Call, shown: Sequence[Policy]) -> Table:
    """A list of `ManagedPolicyDetail`, the versions of each newest first."""
    versions = [
        [(policy, version) for version in policy_versions.newest_first(call.records, policy)] for policy in shown
    ]
    members: Columns = {
        **managed_policies.outlines(call.records, shown),
        "PolicyVersionList": nested(versions, policy_versions.details),
    }
    return Table(len(shown), members)


def _owned(collection: Collection[Any], owners: Sequence[User | Role | Group]) -> list[Sequence[Any]]:
    return [collection.where("owner", owner.id) for owner in owners]


def _inline(policies: Sequence[InlinePolicy]) -> Table:
    names, documents = [policy.name for policy in policies], [encoded(policy.document) for policy in policies]
    return Table(len(policies), {"PolicyName": names, "PolicyDocument": documents})


def _attached(attachments: Sequence[Attachment]) -> Table:
    arns = [attachment.policy_arn for attachment in attachments]
    return Table(len(arns), {"PolicyName": list(map(name_of, arns)), "PolicyArn": arns})


def _tags(tags: Sequence[tuple[str, str]]) -> Table:
    return Table(len(tags), {"Key": [key for key, _ in tags], "Value": [value for _, value in tags]})


def _aws_policies_in_use(call: Call) -> list[managed.ManagedPolicy]:
    found = (managed.get(arn) for arn in policies_in_use(call.records))
    return sorted((policy for policy in found if policy is not None), key=_name)


SECTIONS = (
    Section("User", "UserDetailList", lambda call: call.records.users.sorted()),
    Section("Role", "RoleDetailList", lambda call: call.records.roles.sorted()),
    Section("Group", "GroupDetailList", lambda call: call.records.groups.sorted()),
    Section("LocalManagedPolicy", "Policies", lambda call: call.records.policies.sorted()),
    Section("AWSManagedPolicy", "Policies", _aws_policies_in_use),
)
VIEWS: dict[str, Callable[[Call, Sequence[Any]], Table]] = {
    "UserDetailList": user_details,
    "GroupDetailList": group_details,
    "RoleDetailList": role_details,
    "Policies": policy_details,
}


def _name(entity: Any) -> str:
    return fold(entity.name)


@iam.operation(on=the_account)
def get_account_authorization_details(
    call: Call, _: None, *, filter: list[str] | None = None, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List users, roles, groups, the account's policies, and those of AWS that are in use, each with its policies.

    A marker holds good for the filter that it was made with only.
    """
    wanted = [section for section in SECTIONS if not filter or section.kind in filter]
    kinds = ",".join(section.kind for section in wanted)
    started, last = _resume(marker, kinds)
    shown: dict[str, list[Any]] = {member: [] for member in VIEWS}
    room, position, truncated = max_items or DEFAULT_PAGE, "", False
    for section in wanted[started:]:
        entities = section.entities(call)
        start = bisect_right(entities, last, key=_name)
        page = entities[start : start + room]
        shown[section.member] += page
        room -= len(page)
        if page:
            position = f"{kinds}/{wanted.index(section)}/{_name(page[-1])}"
        truncated = start + len(page) < len(entities)
        if truncated:
            break
        last = ""
    answer = {member: view(call, shown[member]) for member, view in VIEWS.items()}
    return {**answer, "IsTruncated": truncated, "Marker": marker_of(position) if truncated else None}


def _resume(marker: str | None, kinds: str) -> tuple[int, str]:
    """Where the page begins: the section, and the name of the entity that was shown last."""
    if marker is None:
        return 0, ""
    try:
        made_for, section, last = text_of(marker).split("/")
        if made_for == kinds:
            return int(section), last
    except (ValidationError, ValueError):
        pass
    raise ValidationError("Marker and Filter do not match")

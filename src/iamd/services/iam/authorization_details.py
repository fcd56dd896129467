"""GetAccountAuthorizationDetails: everything about an account's permissions, in pages that run across all kinds.

Seen of live AWS in September 2026: users come first, then roles, groups and policies; no policy shows its description;
a user without inline policies has no `UserPolicyList`, while other empty lists are there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from iamd.reference import managed
from iamd.services.call import Call, Reply
from iamd.services.iam import groups, instance_profiles, managed_policies, policy_versions, roles, users
from iamd.services.iam.account import policies_in_use, the_account
from iamd.services.iam.api import iam
from iamd.services.iam.attachments import attached_view
from iamd.services.iam.boundaries import boundary_view
from iamd.services.iam.documents import encoded
from iamd.services.iam.policies import Policy, usage
from iamd.services.iam.tags import views
from iamd.services.iam.trust import rendered
from iamd.services.paging import DEFAULT_PAGE, marker_of, text_of
from iamd.store.records import Attachment, Group, InlinePolicy, PolicyVersion, Role, User, fold
from iamd.wire.errors import ValidationError
from iamd.wire.shared import Shared, once_a_record

MEMBERS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of entity: its name in `Filter`, where the answer lists it, and the account's entities by name."""

    kind: str
    member: str
    entities: Callable[[Call], Sequence[Any]]
    view: Callable[[Call, Any], dict[str, Any] | Shared]


def user_detail(call: Call, user: User) -> Shared:
    """A `UserDetail`."""
    records = call.records
    inline, attached = records.inline.where("owner", user.id), records.attachments.where("owner", user.id)
    return _user_detail(user, inline, groups.groups_of(records, user), attached)


@once_a_record
def _user_detail(
    user: User, inline: Sequence[InlinePolicy], groups: Sequence[Group], attached: Sequence[Attachment]
) -> dict[str, Any]:
    return {
        **users.outline(user),
        "UserPolicyList": _inline(inline) or None,
        "GroupList": [group.name for group in groups],
        "AttachedManagedPolicies": _attached(attached),
        **boundary_view(user.boundary),
        "Tags": views(user.tags),
    }


def group_detail(call: Call, group: Group) -> dict[str, Any]:
    """A `GroupDetail`."""
    return {
        **groups.summary(group),
        "GroupPolicyList": _inline(call.records.inline.where("owner", group.id)),
        "AttachedManagedPolicies": _attached(call.records.attachments.where("owner", group.id)),
    }


def role_detail(call: Call, role: Role) -> dict[str, Any]:
    """A `RoleDetail`."""
    profiles = call.records.profiles.where("role", role.id)
    return {
        **roles.outline(role, rendered(role, call.realm)),
        "InstanceProfileList": [instance_profiles.summary(call, profile) for profile in profiles],
        "RolePolicyList": _inline(call.records.inline.where("owner", role.id)),
        "AttachedManagedPolicies": _attached(call.records.attachments.where("owner", role.id)),
        **boundary_view(role.boundary),
        "Tags": views(role.tags),
        "RoleLastUsed": roles.last_used(role, call.realm),
    }


def policy_detail(call: Call, policy: Policy) -> Shared:
    """A `ManagedPolicyDetail`, its versions newest first."""
    return _policy_detail(policy, usage(call.records, policy.arn), policy_versions.versions(call.records, policy))


@once_a_record
def _policy_detail(policy: Policy, used: tuple[int, int], versions: Sequence[PolicyVersion]) -> dict[str, Any]:
    return {
        **managed_policies.outline(policy, used),
        "PolicyVersionList": [
            policy_versions.detail(version, policy) for version in sorted(versions, key=_number, reverse=True)
        ],
    }


_number = attrgetter("number")


def _inline(policies: Sequence[InlinePolicy]) -> list[dict[str, str]]:
    return [{"PolicyName": policy.name, "PolicyDocument": encoded(policy.document)} for policy in policies]


def _attached(attachments: Sequence[Attachment]) -> list[dict[str, str]]:
    return [attached_view(attachment.policy_arn) for attachment in attachments]


def _aws_policies_in_use(call: Call) -> list[managed.ManagedPolicy]:
    found = (managed.get(arn) for arn in policies_in_use(call.records))
    return sorted((policy for policy in found if policy is not None), key=_name)


SECTIONS = (
    Section("User", "UserDetailList", lambda call: call.records.users.sorted(), user_detail),
    Section("Role", "RoleDetailList", lambda call: call.records.roles.sorted(), role_detail),
    Section("Group", "GroupDetailList", lambda call: call.records.groups.sorted(), group_detail),
    Section("LocalManagedPolicy", "Policies", lambda call: call.records.policies.sorted(), policy_detail),
    Section("AWSManagedPolicy", "Policies", _aws_policies_in_use, policy_detail),
)


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
    answer: dict[str, Any] = {**{member: [] for member in MEMBERS}, "IsTruncated": False}
    room, position = max_items or DEFAULT_PAGE, ""
    for section in wanted[started:]:
        entities = section.entities(call)
        start = bisect_right(entities, last, key=_name)
        shown = entities[start : start + room]
        answer[section.member] += [section.view(call, entity) for entity in shown]
        room -= len(shown)
        if shown:
            position = f"{kinds}/{wanted.index(section)}/{_name(shown[-1])}"
        if start + len(shown) < len(entities):
            return {**answer, "IsTruncated": True, "Marker": marker_of(position)}
        last = ""
    return answer


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

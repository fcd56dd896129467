"""What the policies of one type, from the root down to an account, come to for it.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_effective.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.guard.organizations import ancestry
from iamd.services.organizations import inheritance
from iamd.services.organizations.effective_errors import problems
from iamd.services.organizations.syntax import grammar, types
from iamd.store.image import Records
from iamd.store.kinds.organizations import Member, Organization, OrganizationPolicy


@dataclass(frozen=True, slots=True)
class Effective:
    """An effective policy: its document, when something in it last changed, and the documents of the policies that it is
    made of, by their ids."""

    type: str
    content: dict[str, Any]
    updated: datetime
    sources: Mapping[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.content, separators=(",", ":"), ensure_ascii=False)


def effective(management: Records, organization: Organization, member: Member, type_: str) -> Effective | None:
    """The effective policy of a type for an account; None where no such policy is attached, or the type not enabled."""
    if type_ not in organization.policy_types:
        return None
    targets = [*ancestry(management, organization, member.parent_id), member.id]
    levels = [list(_attached(management, target, type_)) for target in targets]
    policies = [policy for level in levels for policy in level]
    if not policies:
        return None
    sources = {policy.id: json.loads(policy.content) for policy in policies}
    content = _merged(type_, [[sources[policy.id] for policy in level] for level in levels])
    times = [policy.updated or policy.created for policy in policies]
    for target in targets:
        attachments = management.policy_attachments.where("target", target)
        times += [each.attached for each in attachments if each.policy_id in sources]
    return Effective(type_, content, max(times), sources)


def _attached(management: Records, target_id: str, type_: str) -> Iterator[OrganizationPolicy]:
    for attachment in management.policy_attachments.where("target", target_id):
        policy = management.organization_policies.get(attachment.policy_id)
        if policy is not None and policy.type == type_:
            yield policy


def _fold(type_: str) -> Callable[[str], str]:
    return str.lower if type_ in types.LOWERED else str


def _merged(type_: str, levels: list[list[Any]]) -> dict[str, Any]:
    """What the documents of one type come to, level by level."""
    settings = inheritance.merge(levels, _fold(type_))
    if type_ in types.TEXTS:
        settings = {path: _texts(value) for path, value in settings.items()}
    if type_ == "TAG_POLICY":
        # A tag for which none is named may have any value (seen of live AWS).
        for tag in {path[:2] for path in settings if len(path) > 2}:
            settings.setdefault((*tag, "tag_value"), ["*"])
    return inheritance.tree(settings)


def _texts(value: Any) -> Any:
    return [grammar.text(each) for each in value] if isinstance(value, list) else grammar.text(value)


def violations(found: Effective) -> list[dict[str, Any]]:
    """What makes an effective policy invalid; each thing once, with the policies that have a part in it. Nothing is told
    of one with documents that were written when fewer of their elements were checked."""
    if not all(types.is_of_type(found.type, document) for document in found.sources.values()):
        return []
    listed: dict[tuple[str, str, str], set[str]] = {}
    for problem in problems(found.type, found.content, len(found.text.encode())):
        fold = _fold(found.type)
        contributing = {
            id
            for id, document in found.sources.items()
            if any(inheritance.sets(document, path, fold) for path in problem.settings)
        }
        listed.setdefault((problem.code, problem.message, "/".join(problem.path)), set()).update(contributing)
    return [
        {"ErrorCode": code, "ErrorMessage": message, "PathToError": path, "ContributingPolicies": sorted(ids)}
        for (code, message, path), ids in listed.items()
    ]

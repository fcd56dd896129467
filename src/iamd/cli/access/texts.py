"""Everything that decides in some accounts, as texts that can be compared."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping

from iamd.cli.access.accounts import Accounts
from iamd.policy.arns import account_of
from iamd.store import Records
from iamd.store.records import Group, Role, User


def texts(accounts: Accounts, account_id: str | None = None) -> dict[str, str]:
    """Documents, attachments, memberships and boundaries of an account (None: of all), by what they are of."""
    found = {
        f"{arn} trust policy": _pretty(each.policy.document.text)
        for arn, each in accounts.trusts.items()
        if account_id in (None, account_of(arn))
    }
    for records in accounts.records.values():
        if account_id not in (None, records.account_id):
            continue
        found.update(_identities(records))
        found.update(_managed(records))
        found.update(_organization(records))
    return found


def unified(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """What differs: its name, and the lines of a unified diff."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield name, list(difflib.unified_diff(old.splitlines(), new.splitlines(), "before", "after", lineterm=""))


def _identities(records: Records) -> Iterator[tuple[str, str]]:
    entities: list[User | Group | Role] = [*records.users, *records.groups, *records.roles]
    for entity in entities:
        for inline in records.inline.where("owner", entity.id):
            yield f"{entity.arn} inline policy {inline.name}", _pretty(inline.document)
        attached = sorted(each.policy_arn for each in records.attachments.where("owner", entity.id))
        if attached:
            yield f"{entity.arn} attached policies", "\n".join(attached)
        boundary = None if isinstance(entity, Group) else entity.boundary
        if boundary is not None:
            yield f"{entity.arn} permissions boundary", boundary
        if isinstance(entity, User):
            groups = [records.groups.get(each.group_id) for each in records.memberships.where("user", entity.id)]
            if groups:
                yield f"{entity.arn} groups", "\n".join(sorted(group.arn for group in groups if group))


def _managed(records: Records) -> Iterator[tuple[str, str]]:
    for policy in records.policies:
        version = records.versions.get(f"{policy.id}/{policy.default_version}")
        if version is not None:
            yield policy.arn, _pretty(version.document)


def _organization(records: Records) -> Iterator[tuple[str, str]]:
    for policy in records.organization_policies:
        yield policy.arn, _pretty(policy.content)
    targets: dict[str, list[str]] = {}
    for attachment in records.policy_attachments:
        targets.setdefault(attachment.target_id, []).append(attachment.policy_id)
    for target_id, attached in targets.items():
        yield f"{target_id} attached policies", "\n".join(sorted(attached))
    for member in records.members:
        yield f"{member.id} parent", member.parent_id
    for resource_policy in records.resource_policies:
        yield f"{resource_policy.id} resource policy", _pretty(resource_policy.content)


def _pretty(document: str) -> str:
    return json.dumps(json.loads(document), indent=2, ensure_ascii=False)

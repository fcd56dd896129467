"""The principals of a data directory as the search for escalations takes them."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.analysis.escalation import Actor, Estate, Group
from iamd.cli.access.accounts import Accounts
from iamd.guard.gather import managed_policy
from iamd.policy import Attached, Kind, Policy, load
from iamd.policy.principals import PrincipalKind
from iamd.store import Records


def estate(accounts: Accounts) -> Estate:
    """All users and roles with what of them matters to escalations."""
    actors = []
    for holder in accounts.holders():
        who = holder.principal
        records = accounts.records[who.account or ""]
        if who.kind is PrincipalKind.USER:
            user = records.users.named(who.name)
            if user is not None:
                groups = tuple(_group_arns(records, user.id))
                password = records.login_profiles.get(user.id) is not None
                actors.append(Actor(holder, _managed(records, user.id), groups, None, password))
        elif who.kind is PrincipalKind.ROLE:
            role = records.roles.named(who.name)
            if role is not None:
                profiled = bool(records.profiles.where("role", role.id))
                trust = accounts.trusts[role.arn]
                actors.append(Actor(holder, _managed(records, role.id), (), trust, in_profile=profiled))
    groups_ = {group.arn: group for records in accounts.records.values() for group in _groups(records)}
    versions = {arn: listed for records in accounts.records.values() for arn, listed in _versions(records)}
    return Estate(tuple(actors), groups_, versions)


def _group_arns(records: Records, user_id: str) -> Iterator[str]:
    for membership in records.memberships.where("user", user_id):
        group = records.groups.get(membership.group_id)
        if group is not None:
            yield group.arn


def _groups(records: Records) -> Iterator[Group]:
    for group in records.groups:
        inline = [
            Attached(each.name, load(each.document, Kind.IDENTITY)) for each in records.inline.where("owner", group.id)
        ]
        attached = [managed_policy(each.policy_arn, records) for each in records.attachments.where("owner", group.id)]
        yield Group(group.arn, (*inline, *attached), _managed(records, group.id))


def _managed(records: Records, owner_id: str) -> tuple[str, ...]:
    """The customer managed policies of a principal or group."""
    found = (each.policy_arn for each in records.attachments.where("owner", owner_id))
    return tuple(arn for arn in found if not arn.startswith("arn:aws:iam::aws:"))


def _versions(records: Records) -> Iterator[tuple[str, tuple[Policy, ...]]]:
    for policy in records.policies:
        older = [each for each in records.versions.where("policy", policy.id) if each.number != policy.default_version]
        if older:
            yield policy.arn, tuple(load(each.document, Kind.IDENTITY) for each in older)

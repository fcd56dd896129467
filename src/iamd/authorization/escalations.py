"""Whom a principal of an account can become: its users and roles as the search for escalations takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iamd.analysis.access import Holder
from iamd.analysis.escalation import Actor, Estate, Group
from iamd.guard.gather import managed_policy
from iamd.policy import Attached, Kind, Policy, load
from iamd.policy.principals import PrincipalKind
from iamd.store.image import Records


def estate(holders: Iterable[Holder], accounts: Mapping[str, Records], trusts: Mapping[str, Attached]) -> Estate:
    """The users and roles among the holders, with what of them matters; `accounts` has the records of theirs by id,
    `trusts` the trust policies of roles by ARN."""
    actors = (actor(holder, accounts[holder.principal.account or ""], trusts) for holder in holders)
    groups = {group.arn: group for records in accounts.values() for group in _groups(records)}
    versions = {arn: listed for records in accounts.values() for arn, listed in _versions(records)}
    return Estate(tuple(filter(None, actors)), groups, versions)


def actor(holder: Holder, records: Records, trusts: Mapping[str, Attached]) -> Actor | None:
    """A user or role with what of it matters; None of others."""
    who = holder.principal
    user = records.users.named(who.name) if who.kind is PrincipalKind.USER else None
    if user is not None:
        groups = tuple(_group_arns(records, user.id))
        return Actor(holder, _managed(records, user.id), groups, None, records.login_profiles.get(user.id) is not None)
    role = records.roles.named(who.name) if who.kind is PrincipalKind.ROLE else None
    if role is None:
        return None
    profiled = bool(records.profiles.where("role", role.id))
    return Actor(holder, _managed(records, role.id), (), trusts[role.arn], in_profile=profiled)


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

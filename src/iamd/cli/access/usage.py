"""What an account has that nobody used since a time, by the record and the notes of last use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from iamd.analysis.learning import Done, learned
from iamd.audit.asked import opened_context
from iamd.cli.replaying.calls import Calls
from iamd.services.iam.granted_services import granted_actions, granted_services
from iamd.services.iam.groups import members_of
from iamd.services.iam.identities import identity_of
from iamd.services.iam.sources import policies_of
from iamd.store import Records
from iamd.store.records import Group, ManagedPolicy, Role, User
from iamd.store.rows import moment

LastUsed = Callable[[str], datetime | None]
"""When an access key (by its id) or a role (by its unique id) was last used."""
_LINKED = "/aws-service-role/"


@dataclass(slots=True)
class Deeds:
    """What a principal was allowed to do: each thing once, and when the last was."""

    last: datetime
    done: dict[tuple[str, str], Done] = field(default_factory=dict)

    def services(self) -> set[str]:
        return {each.action.partition(":")[0].lower() for each in self.done.values()}

    def actions(self) -> set[str]:
        return {each.action.lower() for each in self.done.values()}


@dataclass(frozen=True, slots=True)
class Unused:
    """Something that nobody used: what it is, of whom or what, when it was made and last used (None: never)."""

    kind: str
    name: str
    created: datetime
    last_used: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Excess:
    """What a principal may do and did not: whole services, actions of the services that it used, and the policy that
    would allow what it did (None: nothing needs one)."""

    principal: str
    services: tuple[str, ...]
    actions: tuple[str, ...]
    policy: dict[str, object] | None


def add_deeds(found: dict[str, Deeds], calls: Iterable[Calls]) -> None:
    """Add what principals did, by the ARN of the user, role or root user."""
    for each in calls:
        asked = each.asking.asked[:-1] if each.denied else each.asking.asked  # the last of them was refused
        arn, last = each.asking.asker.caller.principal_arn, moment(max(each.times))
        known = found.setdefault(arn, Deeds(last))
        known.last = max(known.last, last)
        for ask in asked:
            known.done.setdefault((ask.action, ask.resource), Done(ask.action, ask.resource, opened_context(ask)))


def principals(records: Records, last_used: LastUsed, done: dict[str, Deeds], since: datetime) -> Iterator[Unused]:
    """Users and roles that were there then and did nothing since. Services use their linked roles."""
    for user in records.users.sorted():
        keys = [last_used(key.id) for key in records.access_keys.where("owner", user.id)]
        yield from _idle("user", user, [user.password_last_used, *keys], done, since)
    for role in records.roles.sorted():
        if not role.path.startswith(_LINKED):
            yield from _idle("role", role, [last_used(role.id)], done, since)


def _idle(
    kind: str, who: User | Role, used: list[datetime | None], done: dict[str, Deeds], since: datetime
) -> Iterator[Unused]:
    known = [each for each in (*used, done[who.arn].last if who.arn in done else None) if each is not None]
    last = max(known, default=None)
    if who.created < since and (last is None or last < since):
        yield Unused(kind, who.arn, who.created, last)


def credentials(records: Records, last_used: LastUsed, since: datetime) -> Iterator[Unused]:
    """Active access keys, and passwords, that were there then and were not used since."""
    owners = {user.id: user for user in records.users}
    for key in records.access_keys.sorted():
        used = last_used(key.id)
        if key.active and key.created < since and (used is None or used < since):
            owner = owners[key.owner_id].arn if key.owner_id in owners else records.account.arn
            yield Unused("access key", f"{key.id} of {owner}", key.created, used)
    for user in records.users.sorted():
        profile, used = records.login_profiles.get(user.id), user.password_last_used
        if profile is not None and profile.created < since and (used is None or used < since):
            yield Unused("password", user.arn, profile.created, used)


def policies(records: Records, done: dict[str, Deeds], since: datetime) -> Iterator[Unused]:
    """The account's policies, if they were there then, that nothing has, or whose services none of their holders used."""
    bounds = {each.boundary for each in (*records.users, *records.roles)}
    for policy in records.policies.sorted():
        attached = list(_holders(records, policy))
        if policy.created >= since or policy.arn in bounds:
            continue
        if not records.attachments.count("policy", policy.arn):
            yield Unused("policy", policy.arn, policy.created, why="attached to nothing")
            continue
        version = records.versions.get(f"{policy.id}/{policy.default_version}")
        granted = set() if version is None else set(granted_services([version.document]))
        if not any(not granted.isdisjoint(done[arn].services()) for arn in attached if arn in done):
            yield Unused("policy", policy.arn, policy.created, why="none of its services was used by whoever has it")


def _holders(records: Records, policy: ManagedPolicy) -> Iterator[str]:
    """The users and roles that have a policy, by ARN."""
    for attachment in records.attachments.where("policy", policy.arn):
        holder = identity_of(records, attachment.owner_id)
        for each in members_of(records, holder) if isinstance(holder, Group) else [holder]:
            yield each.arn


def excess(records: Records, who: User | Role, done: dict[str, Deeds]) -> Excess | None:
    """What one of those who did something may do besides; None when there is nothing."""
    own = done.get(who.arn)
    if own is None:
        return None
    documents = [each.document for each in policies_of(records, who)]
    used, acted = own.services(), own.actions()
    granted = list(granted_services(documents))
    services = tuple(each for each in granted if each not in used)
    actions = tuple(
        f"{service}:{name}"
        for service in granted
        if service in used
        for name in granted_actions(documents, service)
        if f"{service}:{name}".lower() not in acted
    )
    return Excess(who.arn, services, actions, learned(own.done.values())) if services or actions else None

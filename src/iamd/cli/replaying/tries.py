"""Requests that may be on no record, decided under the policies before and after a change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from iamd.audit.asked import Asked, Value
from iamd.cli import Failure
from iamd.cli.access.accounts import Accounts
from iamd.cli.replaying.changeset import Wanted
from iamd.cli.replaying.worlds import Unknown, World
from iamd.guard.askers import Asker
from iamd.guard.context import epoch, iso
from iamd.guard.gather import principal_of, take
from iamd.policy import Decision
from iamd.policy.arns import account_of


@dataclass(frozen=True, slots=True)
class Tried:
    """A request of a principal's, and what is decided before and after."""

    principal: str
    wanted: Wanted
    before: Decision
    after: Decision


class Trial:
    """Decides requests under the policies of accounts as they are, and as a change leaves them."""

    def __init__(self, before: Accounts, after: Accounts, members: frozenset[str] | None, now: datetime) -> None:
        """Principals and resources may be of the accounts `members` (None: of any): of others nothing is told."""
        if members is not None:
            before, after = before.within(members), after.within(members)
        self._worlds = World(before), World(after)
        self._after = after
        self._members = members
        self._now = now
        self._askers: dict[str, Asker] = {}  # by ARN: worlds know them by identity, so that all of them have to stay

    def decide(self, wanted: Wanted) -> Tried:
        """What is decided on a request; raises Failure."""
        caller, records = self._after.caller(wanted.principal, self._members)
        own = take(caller, records, self._after.standing(caller.account_id)).context
        owner_id = account_of(wanted.resource) or self._after.owner_of(wanted.resource) or caller.account_id
        if self._members is not None and owner_id not in self._members:
            raise Failure(f"{wanted.resource}: account {owner_id} is not asked about, nor are its policies")
        context: dict[str, Value] = {
            **{key: value for key, value in own.items() if value},
            "aws:currenttime": iso(self._now),
            "aws:epochtime": epoch(self._now),
            "aws:resourceaccount": owner_id,
            **{
                key.lower(): tuple(value) if isinstance(value, list) else value for key, value in wanted.context.items()
            },
        }
        asked = Asked(wanted.action, wanted.resource, owner_id)
        asker = self._askers.setdefault(caller.arn, Asker(caller, principal_of(caller), {}))
        before, after = (_decided(world, asker, asked, context) for world in self._worlds)
        return Tried(caller.arn, wanted, before, after)


def _decided(world: World, asker: Asker, asked: Asked, context: dict[str, Value]) -> Decision:
    try:
        return world.decide(asker, asked, context)
    except Unknown as unknown:
        raise Failure(f"{asked.action} on {asked.resource}: {unknown}") from None

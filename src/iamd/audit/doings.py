"""What principals did, out of the record, and the policies that allow it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from iamd.analysis.learning import FEW, Done, learned
from iamd.audit.asked import opened_context
from iamd.audit.encoding import own_action
from iamd.audit.search import search
from iamd.audit.stored import StoredEvent, opened
from iamd.store import Store
from iamd.store.interface import Window

PAGE = 1_000
is_denial = re.compile(r"AccessDenied|UnauthorizedOperation|AccessDeniedException").fullmatch
"""Whether the code of an error is that of a denial."""


class TooManyEvents(Exception):
    """A stretch of the record that is longer than was to be looked at."""


@dataclass(slots=True)
class Doings:
    """What one principal did: over how many calls, each thing once."""

    principal: str
    calls: int = 0
    done: dict[tuple[object, ...], Done] = field(default_factory=dict)

    def add(self, done: Done) -> None:
        """Note something that was done, if it is new."""
        key = done.action, done.resource, tuple(sorted(done.context.items()))
        self.done.setdefault(key, done)

    def policy(self, few: int = FEW) -> dict[str, object] | None:
        """The least policy that allows it; None where nothing needs one."""
        return learned(self.done.values(), few)


async def doings(
    store: Store,
    account_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    with_denied: bool = False,
    wanted: Callable[[str], bool] = lambda principal: True,
    most: int | None = None,
) -> list[Doings]:
    """What the users and roles of an account did, by principal; root users need no policy. What was refused counts only
    `with_denied`. Raises TooManyEvents where there are more than `most` events to look at."""
    found: dict[str, Doings] = {}
    looked_at = 0
    async for event in search(store, Window(account_id, since, until, None, PAGE), {}):
        looked_at += 1
        if most is not None and looked_at > most:
            raise TooManyEvents(f"there are more than {most} events")
        stored = opened(event.record)
        principal = acting(msgspec.msgpack.decode(stored.identity))
        if principal is None or not stored.asked or not wanted(principal):
            continue
        who = found.setdefault(principal, Doings(principal))
        who.calls += 1
        for done in _done(stored, with_denied):
            who.add(done)
    return [who for _, who in sorted(found.items()) if who.done]


def acting(identity: Any) -> str | None:
    """The ARN of the user or role that an event's `userIdentity` tells of; None for anybody else."""
    if not isinstance(identity, dict):
        return None
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    arn = issuer.get("arn") or identity.get("arn")
    return arn if isinstance(arn, str) and (":user/" in arn or ":role/" in arn) else None


def _done(stored: StoredEvent, with_denied: bool) -> Iterator[Done]:
    asked = stored.asked
    if not with_denied and stored.error_code is not None and is_denial(stored.error_code):
        asked = asked[:-1]  # the last of them was refused
    for each in asked:
        yield Done(each.action or own_action(stored.source, stored.name), each.resource, opened_context(each))

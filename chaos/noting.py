"""Changes and questions, noted with what their clients know of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from botocore.credentials import Credentials

from chaos.client import Answer, Client
from chaos.history import History, Outcome, Read, Register, Write
from chaos.requests import Request, sts

# A change is refused with these where all is already as it would make it.
_ALREADY = frozenset({"NoSuchEntity", "DuplicatePolicyAttachmentException", "PolicyNotAttachedException"})

Make = Callable[[int, bool], Request]
"""The request of a change: of which number, and whether it allows."""


class Asked(NamedTuple):
    """A question: what is sent, and whose key signs it. One that is not `fresh` takes no revision along; one of another
    account stays `apart`."""

    request: Request
    key: Credentials
    fresh: bool = False
    apart: bool = False


@dataclass(slots=True)
class Scribe:
    """Makes changes as `root`, asks, and notes both. See Workload for `carry` and `aftermath`."""

    root: Credentials
    carry: bool
    aftermath: float
    history: History
    acknowledged: int = 0
    seen: set[tuple[str, bool]] = field(default_factory=set)  # what was asked about how, and whether it was allowed
    _values: count[int] = field(default_factory=count)

    def change(self, client: Client, register: Register, make: Make, *, allows: bool | None = None) -> Answer:
        """Allow or deny, even numbers one and odd ones the other unless it is said."""
        value = next(self._values)
        says = value % 2 == 0 if allows is None else allows
        answer = client.send(self.root, make(value, says), number=value)
        if not answer.sent:
            return answer
        outcome = outcome_of(answer)
        ended = answer.ended
        if outcome is Outcome.UNKNOWN:
            ended += self.aftermath
            time.sleep(self.aftermath)  # so that writes to one register stay one after the other
        register.writes.append(Write(value, says, answer.started, ended, outcome, answer.how))
        self.acknowledged += outcome is Outcome.DONE
        if answer.code in _ALREADY:
            register.reads.append(Read(answer.started, answer.ended, allows=says, how=answer.how))
        return answer

    def ask(self, client: Client, register: Register, asked: Asked, way: str) -> Answer:
        """Ask whether it is allowed, in a way of that name.

        A door that takes no revision along is asked behind a call that does; and behind an answer that tells none, a call
        learns how far the server is. What the answer is of lies between the two.
        """
        before = self._reach(client) if self.carry and not asked.fresh else None
        if before is not None and before.status != 200:
            return before
        answer = client.send(asked.key, asked.request, fresh=asked.fresh, apart=asked.apart)
        allows = verdict(asked.request, answer)
        if allows is None:
            return answer
        after = self._reach(client) if self.carry and answer.revision is None else answer
        if after is answer or after.status == 200:
            how = "; ".join(each.how for each in dict.fromkeys((before, answer, after)) if each is not None)
            register.reads.append(Read((before or answer).started, after.ended, allows=allows, how=how))
            self.seen.add((way, allows))
        return answer

    def _reach(self, client: Client) -> Answer:
        return client.send(self.root, sts("GetCallerIdentity"), fresh=True)


def known(register: Register, started: float, ended: float) -> None:
    """Let a register begin with what is allowed from then on."""
    register.writes.append(Write(-1, True, started, ended, Outcome.DONE))


def outcome_of(answer: Answer) -> Outcome:
    """What a client knows of a change that was answered so."""
    if 200 <= answer.status < 300:
        return Outcome.DONE
    return Outcome.REFUSED if 400 <= answer.status < 500 else Outcome.UNKNOWN


def verdict(request: Request, answer: Answer) -> bool | None:
    """Whether the answer says that it is allowed; None when it does not say."""
    if request.service == "iamd":
        told = json.loads(answer.body) if answer.status == 200 else {"context": {"error": {}}}
        return None if "error" in told.get("context", {}) else bool(told["decision"])
    if answer.status == 200:
        return True
    return False if answer.is_decided or answer.is_nobody else None

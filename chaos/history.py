"""What clients saw: each operation with when it began and ended, and whether it is known to have happened."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum


class Outcome(Enum):
    """What the client knows of it."""

    DONE = "done"  # it was acknowledged: it has happened
    REFUSED = "refused"  # it was refused: it has not
    UNKNOWN = "unknown"  # the connection broke: it has happened before `ended`, or never will


@dataclass(frozen=True, slots=True)
class Write:
    """Something was allowed or denied: `value` tells the write from all others, `allows` what it says. Below zero it is
    what was so in the beginning, of which nothing is recorded. `how` as of a Read."""

    value: int
    allows: bool
    started: float
    ended: float
    outcome: Outcome
    how: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """Somebody asked for the policy (`value`), or whether they are allowed (`allows`); what was not asked for is None.
    `how` tells of whom, and which revisions went there and came back."""

    started: float
    ended: float
    value: int | None = None
    allows: bool | None = None
    how: str = ""

    def agrees(self, write: Write) -> bool:
        """Whether that write, if it is the last, explains what was read."""
        return (self.value is None or self.value == write.value) and (
            self.allows is None or self.allows == write.allows
        )


@dataclass(slots=True)
class Register:
    """All operations on what one user is allowed by: a policy that tells its `numbered` write, or whatever else can be on or
    off. A write that is known comes first: the state at the beginning. Of what upstreams keep, the record may miss the last
    second before a kill: it is not `recorded` for certain."""

    user: str
    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    numbered: bool = True
    recorded: bool = True


@dataclass(slots=True)
class Revisions:
    """The revisions that one node told on one connection after the other, in their order."""

    told: list[int] = field(default_factory=list)


class History:
    """The registers by user, and the revisions by node; written by many threads. `wrong` has what no order of operations
    could explain, in sentences; `skewed` counts calls that were refused for their time."""

    def __init__(self) -> None:
        self.registers: dict[str, Register] = {}
        self.revisions: dict[str, Revisions] = {}
        self.wrong: list[str] = []
        self.skewed = 0
        self._lock = threading.Lock()

    def register(self, user: str, *, numbered: bool = True, recorded: bool = True) -> Register:
        """The one of that user."""
        with self._lock:
            return self.registers.setdefault(user, Register(user, numbered=numbered, recorded=recorded))

    def node(self, name: str) -> Revisions:
        """The revisions of that node as one client saw them."""
        with self._lock:
            return self.revisions.setdefault(name, Revisions())

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
    """A policy was put: `value` tells it from all others, `allows` what it says."""

    value: int
    allows: bool
    started: float
    ended: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Read:
    """Somebody asked for the policy (`value`), or for what it allows (`allows`); what was not asked for is None."""

    started: float
    ended: float
    value: int | None = None
    allows: bool | None = None

    def agrees(self, write: Write) -> bool:
        """Whether that write, if it is the last, explains what was read."""
        return (self.value is None or self.value == write.value) and (
            self.allows is None or self.allows == write.allows
        )


@dataclass(slots=True)
class Register:
    """All operations on the policy of one user. A write that is known comes first: the state at the beginning."""

    user: str
    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)


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

    def register(self, user: str) -> Register:
        """The one of that user."""
        with self._lock:
            return self.registers.setdefault(user, Register(user))

    def node(self, name: str) -> Revisions:
        """The revisions of that node as one client saw them."""
        with self._lock:
            return self.revisions.setdefault(name, Revisions())

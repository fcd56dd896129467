"""What a worker is told by the process that began it, and what the workers of one server share."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

from iamd.caller.attempts import Attempts
from iamd.caller.strangers import Strangers
from iamd.node.memory import Flags
from iamd.node.versions import Versions
from iamd.server.worker_metrics import WorkerMetrics
from iamd.services.throttle import Rates, Throttle


@dataclass(frozen=True, slots=True)
class Shared:
    """Memory that was made before the workers parted, and a folder for what need not be exact to the moment."""

    serving: Flags
    throttle: Throttle | None
    strangers: Strangers
    folder: Path | None = None
    attempts: Attempts = field(default_factory=Attempts)
    facts: Versions = field(default_factory=Versions)


def shared(workers: int, rates: Rates | None, stranger_rate: int, folder: Path | None = None) -> Shared:
    """What so many workers share; a single one needs no folder."""
    return Shared(Flags(workers), Throttle(rates) if rates else None, Strangers(stranger_rate), folder)


@dataclass(frozen=True, slots=True)
class Worker:
    """One of a server's processes, or its only one. The first, of index 0, also does what must be done once. `life` is a
    pipe that ends with the process that began it."""

    index: int
    listener: socket.socket
    shared: Shared
    life: int | None = None

    @property
    def is_first(self) -> bool:
        return self.index == 0

    def metrics(self) -> WorkerMetrics | None:
        """What tells the metrics of all workers; None where there is one."""
        return None if self.shared.folder is None else WorkerMetrics(self.shared.folder, self.index)

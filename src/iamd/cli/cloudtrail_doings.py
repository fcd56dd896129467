"""What principals did, out of CloudTrail's own log files: no server and no imported account is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from iamd.analysis.learning import Done
from iamd.audit.doings import Doings, acting
from iamd.cli.cloudtrail_files import Record, decoded, log_files, records_of
from iamd.cli.progress import progress
from iamd.cli.replaying.calls import DENIALS
from iamd.cli.replaying.trail_mapping import asks

_KEPT = 100_000  # different calls, of which is remembered what they needed


@dataclass(slots=True)
class Seen:
    """What is in log files. `unknown`: calls, by event source and name, whose actions and resources cannot be told."""

    doings: dict[str, Doings] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    _needed: dict[tuple[object, ...], list[Done] | None] = field(default_factory=dict)

    async def add(self, record: Record, principal: str) -> None:
        """Count one call of a principal."""
        needed = await self._needs(record)
        if needed is None:
            name = f"{record.event_source} {record.event_name}"
            self.unknown[name] = self.unknown.get(name, 0) + 1
            return
        who = self.doings.setdefault(principal, Doings(principal))
        who.calls += 1
        for done in needed:
            who.add(done)

    async def _needs(self, record: Record) -> list[Done] | None:
        raws = map(bytes, (record.request_parameters, record.resources))
        call = (record.event_source, record.event_name, record.aws_region, record.recipient_account_id, *raws)
        if call not in self._needed:
            if len(self._needed) >= _KEPT:
                self._needed.clear()
            asked = await asks(
                record.event_source,
                record.event_name,
                record.aws_region,
                decoded(record.request_parameters) or {},
                decoded(record.resources) or [],
                record.recipient_account_id,
                None,
            )
            self._needed[call] = (
                None if asked is None else [Done(each.action, each.resource, each.context) for each in asked]
            )
        return self._needed[call]


async def seen(
    folder: Path,
    since: datetime | None,
    until: datetime | None,
    with_denied: bool,
    wanted: Callable[[str], bool],
) -> Seen:
    """What the users and roles did by the log files of a folder, in that time. What was refused counts only
    `with_denied`. Raises Failure."""
    found = Seen()
    files = log_files(folder)
    for file in progress(files, len(files), "log files read"):
        for record in records_of(file):
            is_told = (since is None or record.event_time >= since) and (until is None or record.event_time <= until)
            principal = acting(decoded(record.user_identity))
            if not is_told or principal is None or not wanted(principal):
                continue
            if with_denied or record.error_code not in DENIALS:
                await found.add(record, principal)
    return found

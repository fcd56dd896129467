"""Where the files of event data stores are: a folder for each store, a file for each block of the order of events.

A block is a range of positions, the same for all stores, so that whoever writes it, and however often, writes the same.
A file that is missing is written again; one whose events are all past the store's retention is emptied.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from iamd.audit.lake import process
from iamd.audit.selectors import takes
from iamd.store.interface import Recorded
from iamd.store.kinds.event_data_stores import EventDataStore

BLOCK = 32_768
"""Positions to a file. A query writes what came in since the last full block into a file of its own first."""
_FILE = ".parquet"


@dataclass(slots=True)
class Lake:
    """The files of a server's event data stores. `asked` is set when there is a query to be run."""

    folder: Path
    block: int = BLOCK
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def home(self, store: EventDataStore) -> Path:
        """The store's own folder."""
        return self.folder / store.account_id / store.id

    def blocks(self, store: EventDataStore, last: int) -> Iterator[int]:
        """The numbers of the full blocks that may have events of the store, when `last` is the newest position."""
        for span in store.spans:
            end = last if span.last is None else min(span.last, last)
            for number in range(span.first // self.block, (end - 1) // self.block + 1 if end > span.first else 0):
                if (number + 1) * self.block <= last:
                    yield number

    def file(self, store: EventDataStore, number: int) -> Path:
        return self.home(store) / f"{number:012}{_FILE}"

    def files(self, store: EventDataStore) -> list[Path]:
        """The files of the store that hold events."""
        return sorted(file for file in self.home(store).glob(f"[0-9]*{_FILE}") if file.stat().st_size)

    def drop_behind(self, store: EventDataStore, last: int) -> None:
        """Remove the files of blocks that reach behind the newest position: they are of events that the database no
        longer has, because an earlier copy of it was put back. Raises OSError."""
        for file in self.home(store).glob(f"[0-9]*{_FILE}"):
            if (int(file.stem) + 1) * self.block > last:
                file.unlink(missing_ok=True)

    def expire(self, store: EventDataStore, before: datetime, strays: datetime) -> None:
        """Empty the files whose newest event is older than `before`, and remove what was left half-done before `strays`.
        Raises OSError."""
        for file in self.files(store):
            if file.stat().st_mtime < before.timestamp():
                file.write_bytes(b"")
        for stray in (*self.home(store).glob("fresh-*"), *self.home(store).glob(".*")):
            if stray.stat().st_mtime < strays.timestamp():
                stray.unlink(missing_ok=True)

    def forget(self, store: EventDataStore) -> None:
        """Remove the store's folder. Raises OSError."""
        shutil.rmtree(self.home(store), ignore_errors=False, onerror=_unless_missing)

    async def write(self, file: Path, lines: AsyncIterator[bytes], newest: datetime | None) -> None:
        """Make the file appear whole with those events, a record a line. Raises Failed and OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        scratch = file.with_name(f".{uuid4().hex}")
        try:
            await process.run({"do": "write", "file": str(scratch)}, lines)
            if newest is not None:
                os.utime(scratch, (newest.timestamp(), newest.timestamp()))
            scratch.replace(file)
        finally:
            scratch.unlink(missing_ok=True)

    @asynccontextmanager
    async def scratch(self, store: EventDataStore) -> AsyncIterator[Path]:
        """A file for what is in no block yet, until the block ends."""
        file = self.home(store) / f"fresh-{uuid4().hex}{_FILE}"
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)


def _unless_missing(function: Any, path: Any, error: tuple[type[BaseException], BaseException, Any]) -> None:
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


def belongs(store: EventDataStore, event: Recorded, record: Mapping[str, Any]) -> bool:
    """Whether the store has that event, whose record that is."""
    if event.account_id != store.account_id:
        return False
    for span in store.spans:
        if span.first < event.position and (span.last is None or event.position <= span.last):
            here = span.multi_region or record["awsRegion"] == store.region
            return here and takes({"AdvancedEventSelectors": span.selectors}, record)
    return False


def tables(stores: Mapping[str, Sequence[Path]], since: Mapping[str, datetime]) -> dict[str, Any]:
    """What the worker is told of the stores by id: their files, and from when on events are still retained."""
    return {
        id: {"files": [str(file) for file in files], "since": f"{since[id]:%Y-%m-%d %H:%M:%S}"}
        for id, files in stores.items()
    }

"""The way from one server to PostgreSQL, and what can happen to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

_SOCKET = ".s.PGSQL.5432"
_PIECE = 65_536
Way = Literal["there", "back"]


class Link:
    """Passes everything on between a socket of its own, in `folder`, and PostgreSQL's in another folder. Each fault
    lasts for so many seconds and then is over, but what it has broken stays broken."""

    def __init__(self, folder: Path, target: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._target = target / _SOCKET
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"link {folder.name}", daemon=True)
        self._passing: dict[Way, asyncio.Event] = {"there": asyncio.Event(), "back": asyncio.Event()}
        self._is_cut = False
        self._late = 0.0
        self._open: set[asyncio.StreamWriter] = set()
        self._thread.start()
        for each in self._passing.values():
            each.set()
        self._server = self._do(asyncio.start_unix_server(self._joined, folder / _SOCKET))

    def stall(self, seconds: float, *ways: Way) -> None:
        """Nothing goes through on these ways, and nobody is told: a partition, or lost answers only."""
        self._do(self._stalled(seconds, ways))

    def cut(self, seconds: float) -> None:
        """Every connection ends at once, and no other one can be made."""
        self._do(self._cut(seconds))

    def slow(self, seconds: float, late: float) -> None:
        """Every piece comes so many seconds late."""
        self._do(self._slowed(seconds, late))

    def half_close(self) -> None:
        """Both ends hear that the other one will say no more, while they may go on to speak."""
        self._do(self._half_closed())

    def close(self) -> None:
        """End all connections."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _stalled(self, seconds: float, ways: tuple[Way, ...]) -> None:
        for way in ways:
            self._passing[way].clear()
        await asyncio.sleep(seconds)
        for way in ways:
            self._passing[way].set()

    async def _cut(self, seconds: float) -> None:
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()
        await asyncio.sleep(seconds)
        self._is_cut = False

    async def _slowed(self, seconds: float, late: float) -> None:
        self._late = late
        await asyncio.sleep(seconds)
        self._late = 0.0

    async def _half_closed(self) -> None:
        for writer in self._open:
            with suppress(OSError):
                writer.write_eof()

    async def _end(self) -> None:
        self._server.close()
        while self._open:  # until those who pass things on have seen that nobody is there
            await self._cut(0.01)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._is_cut:
                raise ConnectionRefusedError
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        await asyncio.gather(self._pass(reader, far_writer, "there"), self._pass(far_reader, writer, "back"))
        self._open -= {writer, far_writer}
        for each in (writer, far_writer):
            each.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        with suppress(OSError, RuntimeError):  # the latter for what was closed by half meanwhile
            while piece := await reader.read(_PIECE):
                await asyncio.sleep(self._late)
                await self._passing[way].wait()
                writer.write(piece)
                await writer.drain()
            if not writer.is_closing():
                writer.write_eof()

"""What is done by one server of all that share a database, and by another one when that ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from prometheus_client import Gauge

from iamd.server import telemetry
from iamd.store.errors import StoreError

PAUSE = 1.0  # seconds between looks who leads

LEADER = Gauge("iamd_leader", "Whether this server does what is done by one of all on its database")


class Leadership:
    """Does work while this server leads. `lead` is `Store.lead`; `work` begins when it is entered, ends when it is left,
    and may be entered again."""

    def __init__(
        self, lead: Callable[[], float], work: Callable[[], AbstractAsyncContextManager[None]], pause: float = PAUSE
    ) -> None:
        self._lead = lead
        self._work = work
        self._pause = pause
        self.held = False

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            if self._left() > 0:
                await self._hold()
            await asyncio.sleep(self._pause)

    async def _hold(self) -> None:
        """Work until another server may lead."""
        self._note(held=True)
        try:
            async with self._work():
                while (left := self._left()) > 0:
                    await asyncio.sleep(min(left, self._pause))
        finally:
            self._note(held=False)

    def _left(self) -> float:
        """Seconds for which this server leads."""
        try:
            return self._lead()
        except StoreError as error:
            telemetry.log.error("it cannot be told who leads", error=str(error))
            return 0.0

    def _note(self, *, held: bool) -> None:
        self.held = held
        LEADER.set(held)
        telemetry.log.info("this server leads" if held else "this server leads no more")

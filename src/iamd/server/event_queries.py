"""Runs the queries that were asked of event data stores, a few at a time, each in a process of its own."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from iamd.audit.lake import process
from iamd.audit.lake.files import Lake, tables
from iamd.audit.lake.statement import executable
from iamd.server import telemetry
from iamd.server.event_data_stores import EventDataStores, retained_since
from iamd.store.change import Change
from iamd.store.errors import NoAccount, StoreError
from iamd.store.kinds.event_data_stores import EventQuery
from iamd.store.store import Store

PAUSE = 5.0  # seconds between looks for queries that another process was asked, or left
CHECK = 0.25  # seconds between looks whether a running query was cancelled
AT_ONCE = 2  # queries that run, each of another account; others wait
KEPT = timedelta(days=7)  # queries with their results
LOST = timedelta(seconds=process.SECONDS + 60)  # what runs for so long was another process's, which has ended


Deliver = Callable[[EventQuery, datetime], Awaitable[str]]
"""Delivers a query's result; returns CloudTrail's word for what came of it."""


class EventQueries:
    """Runs the queries of a database; the `clock` tells the time in UTC."""

    def __init__(
        self,
        store: Store,
        lake: Lake,
        stores: EventDataStores,
        deliver: Deliver | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """`deliver` puts results into buckets, where there are any."""
        self._store = store
        self._lake = lake
        self._stores = stores
        self._deliver = deliver
        self._clock = clock or (lambda: datetime.now(UTC))
        self._room = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Go on until cancelled."""
        try:
            while True:
                await self.turn()
                with suppress(TimeoutError):
                    async with asyncio.timeout(PAUSE):
                        await self._lake.asked.wait()
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def turn(self) -> None:
        """Take up what was asked, forget what is old. Failures are logged, never raised."""
        self._lake.asked.clear()
        try:
            for account_id in await self._store.holders("event_queries"):
                await self._take_up(account_id)
        except (StoreError, NoAccount) as error:
            telemetry.log.error("queries wait to be run", error=str(error))

    async def _take_up(self, account_id: str) -> None:
        now = self._clock()
        for query in list((await self._store.load(account_id)).event_queries):
            if query.id in self._running:
                continue
            if query.created < now - KEPT:
                await self._store.write(_forgetting(query))
            elif query.status == "RUNNING" and (query.ended or now) < now - LOST:
                await self._note(query, "RUNNING", status="TIMED_OUT", ended=now, delivery_status=_undelivered(query))
            elif query.status == "QUEUED":
                self._begin(query, self._take(query))
            elif query.status == "FINISHED" and query.delivery_status == "PENDING" and self._deliver is not None:
                self._begin(query, self._put(query, self._deliver))

    def _begin(self, query: EventQuery, work: Coroutine[Any, Any, None]) -> None:
        task = self._running[query.id] = asyncio.create_task(work)
        task.add_done_callback(partial(self._done, query.id))

    async def _put(self, query: EventQuery, deliver: Deliver) -> None:
        """Deliver a result; a bucket that does not take it is asked again at the next turn."""
        try:
            status = await deliver(query, self._clock())
            if status != "PENDING":
                await self._note(query, "FINISHED", delivery_status=status)
        except (StoreError, NoAccount) as error:
            telemetry.log.error("a query's result waits to be delivered", query=query.id, error=str(error))

    def _done(self, id: str, task: asyncio.Task[None]) -> None:
        self._running.pop(id, None)

    async def _take(self, query: EventQuery) -> None:
        """Run a query, unless it was cancelled or another process has taken it."""
        try:
            async with self._turns.setdefault(query.account_id, asyncio.Lock()), self._room:
                if await self._note(query, "QUEUED", status="RUNNING", ended=self._clock()):
                    await self._watched(query)
        except asyncio.CancelledError:  # the server stops: another one will run it
            with suppress(StoreError, NoAccount):
                await self._note(query, "RUNNING", status="QUEUED", ended=None)
            raise
        except (StoreError, NoAccount) as error:
            telemetry.log.error("a query was not run", query=query.id, error=str(error))

    async def _watched(self, query: EventQuery) -> None:
        """Run a query until it ends or is cancelled."""
        running = asyncio.create_task(self._query(query))
        try:
            while not (await asyncio.wait({running}, timeout=CHECK))[0]:
                present = (await self._store.load(query.account_id)).event_queries.get(query.id)
                if present is None or present.status != "RUNNING":
                    return
            await running
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError, StoreError, NoAccount):
                await running

    async def _query(self, query: EventQuery) -> None:
        """Note what a query finds, or why it does not."""
        started = perf_counter()
        try:
            answer = await self._answer(query)
        except (process.Failed, OSError) as error:
            status = "TIMED_OUT" if isinstance(error, process.TimedOut) else "FAILED"
            lost = _undelivered(query)
            await self._note(
                query, "RUNNING", status=status, ended=self._clock(), failure=str(error), delivery_status=lost
            )
            return
        now = self._clock()
        content = zlib.compress(msgspec.json.encode([answer["columns"], answer["rows"]]))
        await self._store.keep_result(query.account_id, query.id, now, content, now - KEPT)
        await self._note(
            query,
            "RUNNING",
            status="FINISHED",
            ended=now,
            rows=len(answer["rows"]),
            scanned=answer["scanned"],
            bytes=answer["size"],
            milliseconds=round((perf_counter() - started) * 1000),
        )
        if query.delivery_status == "PENDING":
            self._lake.asked.set()  # to have it delivered

    async def _answer(self, query: EventQuery) -> dict[str, Any]:
        """What the query finds in all that was recorded before. Raises Failed and OSError."""
        last, now = await self._store.last_event(), self._clock()
        held = (await self._store.load(query.account_id)).event_data_stores
        stores = [store for id in query.stores if (store := held.get(id)) is not None and store.deleted is None]
        files: dict[str, Sequence[Path]] = {}
        async with AsyncExitStack() as scratch:
            for store in stores:
                await self._stores.fill(store, last)
                files[store.id] = self._lake.files(store)
                fresh = await scratch.enter_async_context(self._lake.scratch(store))
                if await self._stores.write(store, fresh, last - last % self._lake.block, last):
                    files[store.id] = [*files[store.id], fresh]
            given = tables(files, {store.id: retained_since(store, now) for store in stores})
            return dict(await process.run({"do": "query", "tables": given, "statement": executable(query.statement)}))

    async def _note(self, query: EventQuery, expected: str, **changes: Any) -> bool:
        """Note what became of a query that is in that state; whether it was."""

        def work(change: Change) -> bool:
            queries = change.records(query.account_id).event_queries
            present = queries.get(query.id)
            if present is None or present.status != expected:
                return False
            queries.replace(present, **changes)
            return True

        return await self._store.write(work)


def _undelivered(query: EventQuery) -> str | None:
    """What there is to say of the delivery of a query without result."""
    return None if query.delivery_status is None else "FAILED"


def _forgetting(query: EventQuery) -> Callable[[Change], None]:
    def work(change: Change) -> None:
        queries = change.records(query.account_id).event_queries
        present = queries.get(query.id)
        if present is not None:
            queries.remove(present)

    return work

"""Looking events up by any number of their attributes."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta

from iamd.audit.lookup import sought, terms
from iamd.store.event_ids import time_of
from iamd.store.interface import Recorded, Window
from iamd.store.store import Store

ATTRIBUTES = (
    "EventId",
    "AccessKeyId",
    "ResourceName",
    "Username",
    "EventName",
    "ResourceType",
    "EventSource",
    "ReadOnly",
)
"""Those of LookupEvents; first the ones that few events share."""

_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


async def find(store: Store, window: Window, attribute: str, value: str) -> list[Recorded]:
    """The events of a window whose attribute has that value, newest first. Raises StoreError."""
    told = time_of(value) if attribute == "EventId" else None
    if told is None:
        return await store.events(window, sought(attribute, value), terms)
    start, end = max(told, window.start or told), told + _MILLISECOND - _MICROSECOND
    while page := await store.events(dataclasses.replace(window, start=start, end=end), None, terms):
        found = [event for event in page if event.event_id == value]
        if found:
            return found
        window = dataclasses.replace(window, after=behind(page[-1]))
    return []


async def search(
    store: Store, window: Window, wanted: Mapping[str, str], fits: Callable[[Recorded], bool] = lambda event: True
) -> AsyncIterator[Recorded]:
    """All events of a window, newest first, that have all those attributes and fit; the window's limit is how many are
    looked at at a time. Raises StoreError."""
    first = next((name for name in ATTRIBUTES if name in wanted), None)
    others = {sought(name, value).text for name, value in wanted.items() if name not in (first, "EventId")}
    while True:
        if first is None:
            page = await store.events(window, None, terms)
        else:
            page = await find(store, window, first, wanted[first])
        for event in page:
            if others.issubset(terms(event) if others else ()) and fits(event):
                yield event
        if len(page) < window.limit:
            return
        window = dataclasses.replace(window, after=behind(page[-1]))


def behind(event: Recorded) -> tuple[datetime, int]:
    """Where a window goes on after that event."""
    return event.time, event.position


async def events_behind(store: Store, position: int, limit: int) -> list[Recorded]:
    """The events of all accounts that came in after that position, in order. Raises StoreError."""
    runs = await store.runs_behind(position, limit)
    return [event for run in runs for event in run.records(behind=position)][:limit]

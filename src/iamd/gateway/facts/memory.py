"""What upstreams answered lately: bounded in number and time, and forgotten when a request may have changed it, whichever
worker of the server it came to."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Any, NamedTuple

from iamd.node.versions import Versions


class Known(NamedTuple):
    """An answer, the moment until which it counts, and the version of what it is about."""

    answer: Any
    until: float
    version: int


class _Kept(dict[Hashable, tuple[float, "asyncio.Future[Any]"]]):
    """Answers by question, all about one thing at one of its versions."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version


class Memory:
    """Answers by what they are about, `most` of them: what was asked about longest ago gives way. One that is under way
    is waited for by all who ask the same."""

    def __init__(
        self,
        seconds: float,
        most: int = 10_000,
        clock: Callable[[], float] = monotonic,
        versions: Versions | None = None,
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._versions = versions or Versions()
        self._about: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._size = 0

    def known(self, about: Hashable, question: Hashable) -> Known | None:
        """The answer, if it is there."""
        kept = self._about.get(about)
        if kept is None or kept.version != self._versions.of(about):
            return None
        known = kept.get(question)
        if known is None or known[0] <= self._clock() or not known[1].done() or known[1].exception() is not None:
            return None
        return Known(known[1].result(), known[0], kept.version)

    async def get(self, about: Hashable, question: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The answer, if it is known, else what `ask` says; what it raises is not kept."""
        now = self._clock()
        version = self._versions.of(about)
        kept = self._about.get(about)
        if kept is None or kept.version != version:
            self._drop(about)
            kept = self._about[about] = _Kept(version)
        known = kept.get(question)
        if known is None or known[0] <= now:
            self._size += question not in kept
            known = now + self._seconds, asyncio.ensure_future(ask())
            kept.pop(question, None)  # the newest is the last
            kept[question] = known
            self._about.move_to_end(about)
            self._make_room(about)
        elif known[1].done() and known[1].exception() is None:
            return known[1].result()
        try:
            return await asyncio.shield(known[1])
        except BaseException:
            if self._about.get(about) is kept and kept.get(question) is known and known[1].done():
                self._drop(about, question)
            raise

    def forget(self, about: Hashable) -> None:
        """Nothing is known of that any more, nor of what is being asked about it right now."""
        self._versions.change(about)
        self._drop(about)

    def clear(self) -> None:
        """Nothing is known."""
        self._versions.change_all()
        self._about.clear()
        self._size = 0

    def _make_room(self, newest: Hashable) -> None:
        """Drop what was asked about longest ago; when that is the newest itself, its oldest answers: there is no end to what
        may be asked about one thing, in ever new regions."""
        while self._size > self._most:
            oldest = next(iter(self._about))
            if oldest == newest:
                self._drop(oldest, next(iter(self._about[oldest])))
            else:
                self._drop(oldest)

    def _drop(self, about: Hashable, *questions: Hashable) -> None:
        """Forget the answers to those questions; to all, where none is named. What nothing is known about takes no room."""
        kept = self._about.get(about)
        if kept is None:
            return
        for question in questions or tuple(kept):
            self._size -= kept.pop(question, None) is not None
        if not kept:
            del self._about[about]

"""What upstreams answered lately: bounded in number and time, and forgotten when a request may have changed it, whichever
worker of the server it came to."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

from iamd.node.versions import Versions


class Known(NamedTuple):
    """An answer, the moment until which it counts, and the version of what it is about."""

    answer: Any
    until: float
    version: int


class _Answer:
    """An answer, or one to come, the moment until which it counts, and how long it is, once it is there."""

    __slots__ = ("length", "told", "until")

    def __init__(self, until: float, told: asyncio.Future[Any]) -> None:
        self.until, self.told, self.length = until, told, 0


class _Kept(dict[Hashable, _Answer]):
    """Answers by question, all about one thing at one of its versions."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version


class Memory:
    """Answers by what they are about, `most` of them, and of `longest` characters together, though the newest may be longer
    alone: what was asked about longest ago gives way. One that is under way is waited for by all who ask the same."""

    def __init__(
        self,
        seconds: float,
        most: int = 10_000,
        clock: Callable[[], float] = monotonic,
        versions: Versions | None = None,
        longest: int = 64 << 20,
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._longest = longest
        self._clock = clock
        self._versions = versions or Versions()
        self._about: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._size = 0
        self._length = 0

    def known(self, about: Hashable, question: Hashable) -> Known | None:
        """The answer, if it is there."""
        kept = self._about.get(about)
        if kept is None or kept.version != self._versions.of(about):
            return None
        known = kept.get(question)
        if known is None or known.until <= self._clock() or not known.told.done() or known.told.exception() is not None:
            return None
        return Known(known.told.result(), known.until, kept.version)

    async def get(self, about: Hashable, question: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The answer, if it is known, else what `ask` says; what it raises is not kept."""
        now = self._clock()
        version = self._versions.of(about)
        kept = self._about.get(about)
        if kept is None or kept.version != version:
            self._drop(about)
            kept = self._about[about] = _Kept(version)
        known = kept.get(question)
        if known is None or known.until <= now:
            self._take(kept, question)
            known = kept[question] = _Answer(
                now + self._seconds, asyncio.ensure_future(ask())
            )  # the newest is the last
            self._size += 1
            self._about.move_to_end(about)
            known.told.add_done_callback(partial(self._weigh, about, question, known))
            self._make_room(about)
        elif known.told.done() and known.told.exception() is None:
            return known.told.result()
        try:
            return await asyncio.shield(known.told)
        except BaseException:
            if known.told.done() and self._holds(about, question, known):
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
        self._size = self._length = 0

    def _weigh(self, about: Hashable, question: Hashable, answer: _Answer, told: asyncio.Future[Any]) -> None:
        """Count how long an answer is that has come, with what was asked: there may be 50,000 grants in it."""
        if not told.cancelled() and told.exception() is None and self._holds(about, question, answer):
            answer.length = len(repr(told.result())) + len(repr(about)) + len(repr(question))
            self._length += answer.length
            self._make_room(about)

    def _holds(self, about: Hashable, question: Hashable, answer: _Answer) -> bool:
        kept = self._about.get(about)
        return kept is not None and kept.get(question) is answer

    def _make_room(self, newest: Hashable) -> None:
        """Drop what was asked about longest ago; when that is the newest itself, its oldest answers: there is no end to what
        may be asked about one thing, in ever new regions."""
        while self._size > self._most or (self._length > self._longest and self._size > 1):
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
            self._take(kept, question)
        if not kept:
            del self._about[about]

    def _take(self, kept: _Kept, question: Hashable) -> None:
        answer = kept.pop(question, None)
        if answer is not None:
            self._size -= 1
            self._length -= answer.length

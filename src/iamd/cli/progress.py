"""Progress of long work, on standard error when people watch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import perf_counter
from types import TracebackType
from typing import Self, TextIO, TypeVar

T = TypeVar("T")

_EVERY = 0.2  # seconds


class Meter:
    """Tells on a terminal, now and then, how much has been done of how much, and leaves no trace at the end."""

    def __init__(self, total: int, what: str, out: TextIO | None = None) -> None:
        self._total = total
        self._what = what
        self._out = out or sys.stderr
        self.watched = self._out.isatty()
        self._done = 0
        self._shown = False
        self._last = perf_counter()

    def __enter__(self) -> Self:
        return self

    def advance(self, by: int = 1) -> None:
        """Note that more has been done."""
        if self.watched and perf_counter() - self._last >= _EVERY:
            self._shown, self._last = True, perf_counter()
            self._write(f"\r\x1b[K{self._what}: {self._done} of {self._total}")
        self._done += by

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def progress(items: Iterable[T], total: int, what: str, out: TextIO | None = None) -> Iterator[T]:
    """Give the items on, telling how many there were."""
    with Meter(total, what, out) as meter:
        if not meter.watched:
            yield from items
            return
        for item in items:
            meter.advance()
            yield item

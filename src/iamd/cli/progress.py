"""Progress of long work, on standard error when people watch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import TextIO, TypeVar

T = TypeVar("T")

_EVERY = 0.2  # seconds


def progress(items: Iterable[T], total: int, what: str, out: TextIO | None = None) -> Iterator[T]:
    """Give the items on; on a terminal tell now and then how many there were, and leave no trace at the end."""
    out = out or sys.stderr
    if not out.isatty():
        yield from items
        return
    shown, last = False, perf_counter()
    try:
        for number, item in enumerate(items):
            if perf_counter() - last >= _EVERY:
                shown, last = True, perf_counter()
                out.write(f"\r\x1b[K{what}: {number} of {total}")
                out.flush()
            yield item
    finally:
        if shown:
            out.write("\r\x1b[K")
            out.flush()

"""Which inputs are worth a place in the corpus."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

import iamd
from fuzz.guided.target import Target

_LONGEST = 2048  # bytes of an input that is kept
_OURS = iamd.__path__[0]


def worth_keeping(target: Target, kept: Iterable[bytes], found: Iterable[bytes]) -> Iterator[bytes]:
    """Of what was found, in its order, what reaches lines of iamd that nothing before it does; signed samples of the
    target count as kept."""
    reached: set[tuple[str, int]] = set()
    for data in (*kept, *target.samples()):
        reached |= lines_of(target, data)
    for data in found:
        if len(data) <= _LONGEST and not (lines := lines_of(target, data)) <= reached:
            reached |= lines
            yield data


def lines_of(target: Target, data: bytes) -> set[tuple[str, int]]:
    """The lines of iamd, in its plain form, that run for an input."""
    reached: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        if event == "line":
            reached.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        target.answer(data)
    finally:
        sys.settrace(before)
    return reached

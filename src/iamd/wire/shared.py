"""Structures that occur many times in one answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Shared(dict[str, Any]):
    """A structure that is written out once, however often the same value occurs; it must not be changed afterwards.

    A large simulation repeats a few results hundreds of times, and writing them would cost most of the call.
    """

    __slots__ = ("written",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self.written: dict[str, str] = {}  # by the element's opening

"""Letter case, the same in every form of the engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

_SHARED = 512
_LOWER: Callable[[str], str] = str.lower


def lower(text: str) -> str:
    """`str.lower`, final sigma and all: mypyc's own version goes letter by letter and knows no context."""
    return text.lower() if text.isascii() else _LOWER(text)


@lru_cache(_SHARED)
def shared(text: str) -> str:
    """The text, as an object that is there already where it was asked for before: for texts of which policies have many
    alike, as Sids. (Python's own table of such texts would grow with those that are unlike.)"""
    return text

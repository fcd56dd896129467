"""Letter case, the same in every form of the engine."""

from __future__ import annotations

from collections.abc import Callable

_LOWER: Callable[[str], str] = str.lower


def lower(text: str) -> str:
    """`str.lower`, final sigma and all: mypyc's own version goes letter by letter and knows no context."""
    return text.lower() if text.isascii() else _LOWER(text)

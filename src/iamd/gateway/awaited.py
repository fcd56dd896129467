"""What follows from something that has to be waited for, for modules that hold no coroutines themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def awaited(finding: Awaitable[T], then: Callable[[T], U]) -> U:
    """What `then` makes of what is found."""
    return then(await finding)

"""Who waits for an answer at the gateway."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from iamd.gateway.answer import Answer


class Client(Protocol):
    """What a relay needs of it. One of `answer`, `wait_for` and `begin` is called, once; after a client has `gone`,
    nothing comes of them."""

    gone: bool

    def answer(self, answer: Answer) -> None:
        """Send an answer."""
        ...

    def wait_for(self, answering: Awaitable[Answer]) -> None:
        """Send the answer that is to be awaited."""
        ...

    def begin(self, answer: Answer) -> bool:
        """Send the head of an answer that tells its length, and the first of its body; as `write`."""
        ...

    def write(self, piece: bytes) -> bool:
        """Send more of the body. Whether there is room for more: if not, the relay is to go on when there is."""
        ...

    def end(self) -> None:
        """All of it was sent."""
        ...

    def break_off(self) -> None:
        """The rest does not come."""
        ...

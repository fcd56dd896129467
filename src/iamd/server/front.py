"""What all connections of a listener have in common: their limits, and who answers.

The class that uvicorn is to make its connections of (`uvicorn.Config(http=...)`) is a Front, which makes them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from iamd.server.crowd import Crowd
from iamd.server.protocol import HttpProtocol

if TYPE_CHECKING:
    from iamd.server.entrance import Entrance
    from iamd.server.prompt import Prompt
    from iamd.wire.http import HttpRequest


class Reception:
    """Who answers short requests at once.

    `answer` tells the answer to a POST to `/`, or what is to be awaited for it; the request still comes from its peer,
    whoever that is. The `entrance`, if there is one, takes the requests that are for upstreams.
    """

    def __init__(self, answer: Callable[[HttpRequest], Any]) -> None:
        self.answer = answer
        self.entrance: Entrance | None = None


class Front:
    """Makes connections that refuse requests whose first line and headers are longer than `header_bytes`, and that end
    when a request has not arrived completely after `seconds`. Without a reception, the application answers all; a crowd
    bounds how many an address may have."""

    def __init__(
        self, header_bytes: int, seconds: float, reception: Reception | None = None, crowd: Crowd | None = None
    ) -> None:
        self.header_bytes = header_bytes
        self.seconds = seconds
        self.reception = reception
        self.crowd: Any = crowd or Crowd()
        self._complete: list[Prompt] = []

    def __call__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> HttpProtocol:
        """A connection, as uvicorn asks for it."""
        if not config.loaded:
            config.load()
        return HttpProtocol(self, config, server_state, _loop or asyncio.get_running_loop())

    def answer_soon(self, prompt: Prompt, loop: Any) -> None:
        """Answer what is complete together with all that comes in until the loop has its next turn."""
        if not self._complete:
            loop.call_soon(self.answer_all)
        self._complete.append(prompt)

    def answer_all(self) -> None:
        """Answer what is complete."""
        complete, self._complete = self._complete, []
        for prompt in complete:
            prompt.answer()

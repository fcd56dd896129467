"""The gateway's way for a request that has come as a whole: decided and sent in one go, if nothing has to be waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from iamd.gateway import later, outcome
from iamd.gateway.answer import Answer
from iamd.gateway.client import Client
from iamd.gateway.links import Link, begin
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage
from iamd.gateway.relay import Relay, send_at_once

GoOn = Callable[[Passage, Awaitable[None], Sequence[Link]], Awaitable[Answer]]


def answer_at_once(parts: Parts, passage: Passage, client: Client, go_on: GoOn) -> Relay | Answer | Awaitable[Answer]:
    """The request on its way to the upstream: the answer comes to the client. Else a refusal, or what is to be awaited
    for the answer; `go_on` passes the rest of the links behind what one of them waits for. Records the call."""
    try:
        waiting = begin(parts, passage)
        if waiting is None:
            relay = send_at_once(parts, passage, client)
            if relay is not None:
                return relay
            later_answer: Any = later.answer(parts, passage)
            return later_answer  # type: ignore[no-any-return]
    except Exception as error:
        return outcome.recorded(parts, passage, outcome.refused(passage, error))
    return go_on(passage, waiting[0], waiting[1])

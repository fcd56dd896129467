"""The gateway: a request through the chain of `links`, to its upstream and back."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from iamd.gateway import bodies, later, outcome
from iamd.gateway.answer import Answer
from iamd.gateway.links import Link, begin
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage


class Gateway:
    """Decides on requests for other services and forwards them."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def forget(self) -> None:
        """Believe nothing any more that upstreams told."""
        self.parts.facts.clear()

    async def answer(self, passage: Passage) -> Answer:
        """The upstream's answer, or a refusal as the service would word it. Records the call. Raises Gone."""
        parts = self.parts
        try:
            waiting = begin(parts, passage)
        except Exception as error:
            return outcome.recorded(parts, passage, outcome.refused(passage, error))
        return await (later.answer(parts, passage) if waiting is None else self.go_on(passage, *waiting))

    async def go_on(self, passage: Passage, waiting: Awaitable[None], links: Sequence[Link]) -> Answer:
        """Through the rest of the chain, behind what a link waits for."""
        parts = self.parts
        try:
            await waiting
            for link in links:
                further = link(parts, passage)
                if further is not None:
                    await further
        except bodies.Gone:
            outcome.record_gone(parts, passage)
            raise
        except Exception as error:
            return outcome.recorded(parts, passage, outcome.refused(passage, error))
        return await later.answer(parts, passage)

"""Many decisions under the same layers."""

from __future__ import annotations

from collections.abc import Sequence

from .evaluate import decide
from .request import Layers, Request
from .vocabulary import Decision


def decide_many(requests: Sequence[Request], layers: Layers) -> list[Decision]:
    """The decisions of requests, in their order: what `decide` answers to each.

    What the layers hold about an action is found once, however many actions there are; requests that are alike, down
    to the very same principal and context objects, are decided once.
    """
    order = sorted(range(len(requests)), key=lambda at: requests[at].action)
    found: dict[int, Decision] = {}
    known: dict[tuple[str, str | None, int, int], Decision] = {}
    action = None
    for at in order:
        request = requests[at]
        if request.action != action:
            action = request.action
            known.clear()
        # Both objects live as long as the requests do, so that their ids are theirs alone.
        key = (request.resource, request.resource_account, id(request.principal), id(request.context))
        decision = known.get(key)
        if decision is None:
            decision = known[key] = decide(request, layers)
        found[at] = decision
    return [found[at] for at in range(len(requests))]

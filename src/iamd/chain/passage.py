"""Through the chain: link after link, until one refuses or has to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from iamd.chain.links import Link
from iamd.server import telemetry
from iamd.server.exchange import Exchange
from iamd.services.call import Realm
from iamd.services.unavailable import unavailable
from iamd.store.errors import NoAccount, Refused, StoreError
from iamd.wire.errors import AwsError, InternalFailure


def begin(links: Sequence[Link], realm: Realm, exchange: Exchange) -> tuple[Awaitable[None], Sequence[Link]] | None:
    """Pass the links, one of which may refuse. None: that is all; else what a link waits for, and the links behind it."""
    try:
        for place, link in enumerate(links):
            waiting = link(realm, exchange)
            if waiting is not None:
                return waiting, links[place + 1 :]
    except Exception as error:
        refuse(exchange, error)
    return None


def refuse(exchange: Exchange, error: Exception) -> None:
    """What a link raised, as the client is told it; failures of ours are logged."""
    if isinstance(error, AwsError):
        exchange.error = error
    elif isinstance(error, StoreError | NoAccount):
        if not isinstance(error, Refused):
            telemetry.log.error("the store failed", request_id=exchange.request_id, exc_info=error)
        exchange.error, exchange.revision = unavailable(error), 0  # it may never come to be
    else:
        telemetry.log.error("a request failed", request_id=exchange.request_id, exc_info=error)
        exchange.error = InternalFailure()

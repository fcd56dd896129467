"""What an edge node serves: who calls, what they may, and sessions, which need no change. All else is the control plane's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from iamd.server.endpoints import as_json
from iamd.server.exchange import Exchange
from iamd.services.call import Realm
from iamd.wire.edge_errors import NotServedHere
from iamd.wire.http import Answer

SERVED = frozenset(
    {
        *("GetCallerIdentity", "GetAccessKeyInfo", "GetSessionToken", "GetFederationToken"),
        *("AssumeRole", "AssumeRoleWithWebIdentity"),
    }
)
"""Operations of STS that need no records but those which an edge node has, and change none."""


def served_here(control_plane: str) -> Callable[[Realm, Exchange], Awaitable[None] | None]:
    """The link that refuses what an edge node cannot do, behind the one that understands it."""

    def link(realm: Realm, exchange: Exchange) -> Awaitable[None] | None:
        api, operation = exchange.api, exchange.operation
        if api is None or operation is None:
            return None
        if api.name != "sts" or operation.name not in SERVED:
            raise NotServedHere(f"{operation.name} is not served at an edge node. Send it to {control_plane}.")
        if "token_code" in exchange.params:  # a code is good once, which only one place can tell
            raise NotServedHere(f"MFA codes are not taken at an edge node. Send them to {control_plane}.")
        return None

    return link


def elsewhere(control_plane: str) -> Answer:
    """The answer to people, and to programs that speak other protocols than an edge node."""
    return as_json(404, {"error": f"this is an edge node: go to {control_plane}"})

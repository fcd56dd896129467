"""What the gateway's upstreams tell of their resources, for who asks without sending a request there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from iamd.gateway.directory import services
from iamd.gateway.facts.facts import Facts
from iamd.gateway.facts.kinds import find
from iamd.gateway.mapped import Need
from iamd.gateway.owners import Owners
from iamd.gateway.upstreams import Upstreams
from iamd.services.known_resources import Asked, Known, Unread
from iamd.wire.errors import AccessDenied, ServiceUnavailable
from iamd.wire.gateway_errors import Unmapped

_AT_ONCE = 16


class UpstreamResources:
    """The policies of upstreams' resources, as the gateway itself decides by."""

    def __init__(self, upstreams: Upstreams, owners: Owners, facts: Facts) -> None:
        self._upstreams = upstreams
        self._owners = owners
        self._facts = facts

    def known(self, asked: Asked, region: str) -> Known | None:
        """As `KnownResources.known`: None of what no upstream has."""
        need = self._need(asked, region)
        if need is None:
            return None
        told = self._facts.policy_at_hand(need, region)
        if told is None:
            raise Unread
        return Known(need.owner, told.value)

    async def read(self, asked: Sequence[Asked], region: str) -> None:
        """As `KnownResources.read`."""
        some = asyncio.Semaphore(_AT_ONCE)

        async def read(need: Need) -> None:
            async with some:
                await self._facts.policy(need, region)

        needs = [need for each in dict.fromkeys(asked) if (need := self._need(each, region)) is not None]
        try:
            await asyncio.gather(*map(read, needs))
        except AccessDenied as error:  # that of a policy without meaning, not of who asks
            raise ServiceUnavailable(error.message) from None

    def _need(self, asked: Asked, region: str) -> Need | None:
        """The resource with its owner, if it has a policy that an upstream can be asked for."""
        found = find(asked.arn)
        if found is None or found.kind.policy is None:
            return None
        upstream = self._upstreams.of(services()[found.kind.service])
        if upstream is None:
            return None
        need = Need(f"{found.kind.service}:", asked.arn)
        try:
            return self._owners.settle(
                need, found.values["region"] or region, asked.account_id, keeps_accounts=bool(upstream.told)
            )
        except Unmapped:  # of an account whose resources the upstream has not
            return None

"""Removes accounts that were closed so long ago that AWS would have, behind the requests' backs.

https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html: for 90 days a closed account can still be
seen in its organization; then it leaves it, and what it held is gone.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from iamd.server import telemetry
from iamd.server.known_time import Known, KnownTime
from iamd.store.change import Change
from iamd.store.errors import NoAccount, StoreError
from iamd.store.image import KINDS
from iamd.store.kinds.organizations import MEMBERS, Member
from iamd.store.store import Store

PAUSE = 3600.0  # seconds
KEPT = timedelta(days=90)
_EVER = datetime.max.replace(tzinfo=UTC)
_CHUNK = 2_000  # events that are removed in one transaction


class ClosedAccounts:
    """Watches over the closed accounts of a store's organizations."""

    def __init__(self, store: Store, known: Known | None = None) -> None:
        self._store = store
        self._known = known or KnownTime(store).now

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(PAUSE)

    async def turn(self) -> None:
        """Remove what is due. Failures are logged, never raised."""
        try:
            before = await self._known() - KEPT
            for management_id in await self._store.holders(MEMBERS.name):
                for member in list((await self._store.load(management_id)).members):
                    if member.closed is not None and member.closed <= before:
                        await self._remove(member)
        except (StoreError, NoAccount) as error:
            telemetry.log.error("closed accounts wait to be removed", error=str(error))

    async def _remove(self, member: Member) -> None:
        """Events first: when something fails, the account is still there, and the next turn goes on."""
        while await self._store.forget_events(member.id, _EVER, _CHUNK) == _CHUNK:
            await asyncio.sleep(0)
        await self._store.load(member.id)
        await self._store.write(lambda change: _without(change, member))
        telemetry.log.info("a closed account is gone", account_id=member.id, management_account_id=member.account_id)


def _without(change: Change, member: Member) -> None:
    management, own = change.records(member.account_id), change.records(member.id)
    for aimed in (management.policy_attachments, management.account_assignments, management.provisioned_sets):
        for each in aimed.where("target", member.id):
            aimed.remove(each)
    for delegation in management.delegated_administrators.where("delegate", member.id):
        management.delegated_administrators.remove(delegation)
    present = management.members.get(member.id)
    if present is not None:
        management.members.remove(present)
    for kind in KINDS:
        collection = own.collection(kind.name)
        for record in list(collection):
            collection.remove(record)

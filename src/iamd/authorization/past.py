"""Questions about the past: the accounts as they stood, in the place of those of now."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from typing import cast

from iamd.authorization.messages import Malformed
from iamd.guard.gather import Snapshots
from iamd.guard.organizations import Standings
from iamd.services.call import Cold, Realm
from iamd.store import Records, Store
from iamd.store.errors import NotKept
from iamd.store.interface import When

HEADER = b"x-iamd-as-of"
_REVISION = re.compile(r"\d{1,18}", re.ASCII).fullmatch


def read(text: str) -> When:
    """A revision of the caller's account, or a time; raises Malformed."""
    if _REVISION(text):
        return int(text)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{HEADER.decode()} must be a revision or an ISO 8601 time") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


class _Images:
    """Images of the past as a store has those of now: what is not in memory raises Cold. Nothing is noted of them."""

    def __init__(self, store: Store, images: dict[str, Records]) -> None:
        self._store = store
        self._images = images

    def records(self, account_id: str) -> Records | None:
        return self._image(account_id) if self.has_account(account_id) else None

    def has_account(self, account_id: str) -> bool:
        return self._store.has_account(account_id) and bool(self._image(account_id).accounts)

    def organization_of(self, account_id: str) -> str | None:
        return self._image(account_id).account.organization if self.has_account(account_id) else None

    def accessed(self, *_: object) -> None:
        """A question about the past is no attempt."""

    def _image(self, account_id: str) -> Records:
        found = self._images.get(account_id)
        if found is None:
            raise Cold(account_id)
        return found


class Past:
    """The realm as it stood when an account was at a revision, or at a time; `realm` answers from what was loaded."""

    def __init__(self, realm: Realm, account_id: str, when: When) -> None:
        self._store = realm.store
        self._account_id = account_id
        self._when = when
        self._images: dict[str, Records] = {}
        store = cast(Store, _Images(realm.store, self._images))
        # Snapshots and standings are kept by counters that images of the past do not share with those of now.
        self.realm = dataclasses.replace(
            realm, store=store, snapshots=Snapshots(), standings=Standings(), resources=None
        )

    async def load(self, account_id: str) -> None:
        """Load an account; raises Malformed where its history does not go back so far, StoreError."""
        try:
            self._images[account_id] = await self._store.past(account_id, await self._moment(account_id))
        except NotKept as error:
            raise Malformed(str(error)) from None

    @property
    def records(self) -> Records:
        """The account's own records; raises Malformed where there was no such account, Cold."""
        found = self.realm.records(self._account_id)
        if found is None:
            raise Malformed(f"there was no account {self._account_id} then")
        return found

    async def _moment(self, account_id: str) -> When:
        """A revision is the account's own: for others it is when that one was made."""
        if isinstance(self._when, datetime) or account_id == self._account_id:
            return self._when
        made = [
            each for each in await self._store.history(self._account_id, self._when - 1) if each.revision == self._when
        ]
        if not made:
            raise Malformed(f"when revision {self._when} was made is no longer known: name a time")
        return made[0].time

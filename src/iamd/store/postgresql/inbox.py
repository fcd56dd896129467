"""What was heard of other processes' changes and is not yet taken in, and the images that it is for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from weakref import WeakValueDictionary

from iamd.store.image import Records
from iamd.store.sql.feed import Changed, News


class Inbox:
    """For the event loop's thread."""

    def __init__(self) -> None:
        self._images: WeakValueDictionary[str, Records] = WeakValueDictionary()  # in use, and followed
        self._reached: dict[str, int] = {}  # the last revision that others made, by account
        self._news: dict[str, News] = {}
        self._changed: set[str] = set()

    def take(self, records: Records) -> bool:
        """Follow an image that was just loaded; False when it is out of date already."""
        if records.revision < self._reached.get(records.account_id, 0):
            return False
        self._images[records.account_id] = records
        return True

    def wanted(self, changed: Iterable[Changed]) -> dict[str, int]:
        """The accounts in use that others changed, and the revision behind which what is new must be read."""
        bases: dict[str, int] = {}
        for each in changed:
            image = self._images.get(each.account_id)
            if image is not None:
                # The image may have a change of its own under way, that the other one will come to lie beneath.
                known = bases.get(each.account_id, image.revision)
                bases[each.account_id] = min(known, each.first - 1)
        return bases

    def put(self, changed: Iterable[Changed], news: Mapping[str, News | None]) -> None:
        """Note what others changed, and what is new in the accounts in use."""
        for each in changed:
            self._changed.add(each.account_id)
            self._reached[each.account_id] = max(each.last, self._reached.get(each.account_id, 0))
        known = {**self._news, **news}
        self._news = {each: found for each, found in known.items() if found is not None and each in self._images}

    def drop(self, account_id: str) -> None:
        """Follow that account's image no more: it is to be loaded anew."""
        self._changed.add(account_id)
        self._images.pop(account_id, None)
        self._reached.pop(account_id, None)
        self._news.pop(account_id, None)

    def forget(self) -> None:
        """Follow none of the images any more: the database is not what they were read from."""
        self._changed.update(self._images)
        self._images.clear()
        self._reached.clear()
        self._news.clear()

    def changed(self) -> Collection[str]:
        """The accounts that others have changed since the last call."""
        if not self._changed:
            return ()
        changed, self._changed = self._changed, set()
        return changed

    def catch_up(self, records: Records) -> bool:
        """Bring an image to what was heard; False when it cannot be, and must be loaded anew."""
        account_id = records.account_id
        if self._images.get(account_id) is not records:
            return False
        reached = self._reached.get(account_id, 0)
        if records.revision >= reached:
            return True
        news = self._news.pop(account_id, None)
        if news is None or news.reached < reached or news.base > records.revision:
            return False
        news.tell(records)
        return True

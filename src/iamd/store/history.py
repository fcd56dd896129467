"""The past of an account: its image as it stood before the changes that came since."""

from __future__ import annotations

from collections.abc import Iterable

from iamd.store.image import Records
from iamd.store.interface import Replaced
from iamd.store.rows import CODECS


def rewind(records: Records, touched: Iterable[Replaced]) -> None:
    """Take changes back, last first, in an image that no store holds. A record that was removed since comes last in
    listings."""
    for revision, _, kind, key, before in touched:
        collection = records.collection(kind)
        collection.apply(key, collection.get(key), None if before is None else CODECS[kind].restore(before))
        records.revision = revision - 1
    records.renew()

"""The store: the accounts' records in memory, their changes durable in a database."""

from iamd.store.change import Change
from iamd.store.errors import NoAccount, StaleRead, StoreError
from iamd.store.image import Records
from iamd.store.interface import Event, Usage
from iamd.store.kind import Taken
from iamd.store.sealing import Sealer, SealError
from iamd.store.store import Store

__all__ = [
    "Change",
    "Event",
    "NoAccount",
    "Records",
    "SealError",
    "Sealer",
    "StaleRead",
    "Store",
    "StoreError",
    "Taken",
    "Usage",
]

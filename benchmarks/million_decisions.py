"""The decision on its own, within one process: a GetUser of each of a thousand users whose accounts are in memory, from
the caller who was authenticated to the target that is allowed, as CPU time.

Where a thousand users take turns, what a decision needs is no longer in the processor's caches, the less so when each has
an account of its own; asked again at once, it is.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.million_estate import Key
from benchmarks.rounds import Rounds
from iamd.caller.caller import Caller
from iamd.caller.identities import long_term_caller
from iamd.caller.tokens import TokenKeys
from iamd.server.clock import now
from iamd.services import invocation
from iamd.services.call import Call, Realm
from iamd.services.catalogue import APIS
from iamd.store import Store
from iamd.store.image import Records

ROUNDS = 20
MAX_BYTES = 8 << 30  # all accounts stay

Asker = tuple[Realm, Caller, Records]


async def _askers(store: Store, keys: Sequence[Key]) -> list[Asker]:
    """The users, and where they ask."""
    realm, found = Realm(store, store.sealer, TokenKeys(store.keyring.token_keys)), []
    for key in keys:
        records = await store.load(key.account_id)
        if records.account.organization is not None:
            await store.load(records.account.organization)
        access_key = records.access_keys.get(key.id)
        if access_key is None:
            raise LookupError(key.id)
        found.append((realm, long_term_caller(access_key, records), records))
    return found


def _decided(askers: Sequence[Asker]) -> tuple[list[float], list[float]]:
    """CPU seconds of each one's decision when all take turns, and of the same asked again at once."""
    operation = APIS["iam"].operations["GetUser"]
    took: tuple[list[float], list[float]] = [], []
    for realm, caller, records in askers:
        for which in took:
            call = Call(operation, realm, caller, records, {}, now(), "request", "127.0.0.1", agent="benchmark")
            began = time.thread_time_ns()
            invocation.permitted(call)
            which.append((time.thread_time_ns() - began) / 1e9)
    return took


def _usual(rounds: Sequence[Sequence[float]]) -> Rounds:
    """Of the users: what each one's decision usually takes, whatever else the machine did meanwhile."""
    told = Rounds()
    told.add([statistics.median(times) for times in zip(*rounds, strict=True)])
    return told


async def compare(small: tuple[Path, Sequence[Key]], large: tuple[Path, Sequence[Key]], limit: float) -> None:
    async with AsyncExitStack() as stores:
        asked = []
        for folder, keys in (small, large):
            store = Store.open_sqlite(folder, max_bytes=MAX_BYTES)
            await store.start()
            stores.push_async_callback(store.close)
            asked.append(await _askers(store, keys))
        gc.collect()
        gc.freeze()  # as a server does, which has none of this on its way
        rounds = [[_decided(askers) for askers in asked] for _ in range(ROUNDS)]
    for which, name in enumerate(("decision, users in turns", "asked again at once")):
        one, all_ = (_usual([took[estate][which] for took in rounds]) for estate in (0, 1))
        print(f"{name}, one account    CPU {one.told()}")
        verdict = "met" if all_.ratio(one) <= limit else "MISSED"
        print(f"{name}, all accounts   CPU {all_.told(one)} (p99 at most {limit}: {verdict})", flush=True)

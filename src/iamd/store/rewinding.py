"""Put an account back as it stood: one change like any other, in the record and in the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from iamd.store.collection import Collection
from iamd.store.image import KINDS, Records
from iamd.store.kind import altered
from iamd.store.kinds import access_portal, event_data_stores, sign_in, trails

# What is not taken back: chains and deliveries tell what has left the house, and files lie beside the database.
_STAYS = frozenset(
    kind.name
    for kind in (
        trails.TRAIL_DELIVERIES,
        trails.DIGEST_CHAINS,
        trails.DIGEST_KEYS,
        event_data_stores.EVENT_DATA_STORES,
        event_data_stores.EVENT_QUERIES,
    )
)
# What ends: of who has signed in since, nobody knows whether it was the person, and who has signed out wants to be out.
_ENDS = frozenset(
    kind.name
    for kind in (
        sign_in.SIGN_IN_SESSIONS,
        sign_in.CONSOLE_SESSIONS,
        access_portal.PORTAL_SESSIONS,
        access_portal.DEVICE_AUTHORIZATIONS,
    )
)


def put_back(now: Records, then: Records, at: datetime) -> Mapping[str, int]:
    """Make the records of an account those of `then`; returns how many were changed, by kind, without sessions.

    An account that there was not yet is closed as of `at`: it may be in others' policies, and its id must not come to be
    somebody else's. Its alias and its address may be, and it leaves its organization, which does not know it any more.
    """
    if not then.accounts:
        account = now.account
        closed = altered(account, alias=None, email="", organization=None, closed=account.closed or at)
        if closed == account:
            return {}
        now.accounts.exchange(account, closed)
        return {"accounts": 1}
    changed: Counter[str] = Counter()
    for kind in KINDS:
        if kind.name in _ENDS:
            _empty(now.collection(kind.name))
        elif kind.name not in _STAYS:
            changed[kind.name] += _made_equal(now.collection(kind.name), then.collection(kind.name))
    return +changed


def _empty(present: Collection[Any]) -> None:
    for record in list(present):
        present.remove(record)


def _made_equal(present: Collection[Any], past: Collection[Any]) -> int:
    """Removals first: a name may have passed from one record to another meanwhile."""
    key, name = present.kind.key, present.kind.unique_name
    since = [record for record in present if past.get(key(record)) != record]
    before = [record for record in past if present.get(key(record)) != record]
    replaced = {key(record) for record in since} & {key(record) for record in before}
    for record in since:
        was = past.get(key(record))
        if was is None or (name is not None and name(was) != name(record)):
            present.remove(record)
    for record in before:
        current = present.get(key(record))
        if current is None:
            present.add(record)
        else:
            present.exchange(current, record)
    return len(since) + len(before) - len(replaced)

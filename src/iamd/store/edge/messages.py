"""What a control plane tells an edge node, and what of its records it tells: what is needed to know callers and to decide.

Passwords, MFA seeds, passkeys, sessions of the console and private keys stay where they are. Secrets of access keys and
bearer tokens are told apart from their records, in the clear, over a channel that is not: the edge node seals them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec

from iamd.store.image import (
    ACCESS_KEYS,
    ACCOUNTS,
    ATTACHMENTS,
    GROUPS,
    INLINE,
    KINDS,
    MEMBERSHIPS,
    POLICIES,
    PROFILES,
    ROLES,
    STRUCTURE,
    USERS,
    VERSIONS,
    Records,
)
from iamd.store.kind import altered
from iamd.store.kinds.credentials import SERVICE_CREDENTIALS
from iamd.store.kinds.federation import OIDC_PROVIDERS
from iamd.store.rows import CODECS
from iamd.store.sealing import Sealer
from iamd.store.sql.feed import News, Touched

BEARER = "iamd"  # the service whose credentials are bearer tokens

_IDENTITIES = (ACCOUNTS, USERS, GROUPS, ROLES, ACCESS_KEYS, SERVICE_CREDENTIALS, PROFILES, OIDC_PROVIDERS)
_PERMISSIONS = (POLICIES, VERSIONS, INLINE, ATTACHMENTS, MEMBERSHIPS)
_SECRETS = (ACCESS_KEYS.name, SERVICE_CREDENTIALS.name)

NEEDED = frozenset({*(kind.name for kind in (*_IDENTITIES, *_PERMISSIONS)), *STRUCTURE})
STANDING = frozenset({ACCOUNTS.name, *STRUCTURE})
"""What is told of an account only because it manages the organization of another one."""


class Told(msgspec.Struct, array_like=True):
    """A record that was touched: where in the feed it was last added (None: it was there), and as JSON what it is now
    (None: gone), with its secret, if it has one."""

    kind: str
    key: str
    added: int | None
    record: bytes | None
    secret: bytes | None = None


class Delta(msgspec.Struct, array_like=True):
    """What changed in an account behind revision `base` up to `reached`; `base` None: all that there is."""

    account_id: str
    base: int | None
    reached: int
    told: list[Told]


class State(msgspec.Struct, array_like=True):
    """Where the control plane's feed ends, as (position, writer, time), the last revision of each account that changed
    behind the mark that was asked with, of all accounts where `whole`; the token keys, when others count. This was so
    `waited` seconds after it was asked for, or later. `scope` stands for the accounts that the edge node may have: one
    that asks with another is told anew which it has."""

    mark: tuple[int, int, int] | None
    whole: bool
    revisions: dict[str, int]
    newest_key: int
    token_keys: dict[int, bytes] | None = None
    waited: float = 0.0
    scope: str = ""


def whole(records: Records, kinds: Collection[str], sealer: Sealer) -> Delta:
    """All that is told of an account."""
    touched = (
        Touched(kind.name, kind.key(record), None, record)
        for kind in KINDS
        if kind.name in kinds
        for record in records.collection(kind.name)
    )
    return Delta(records.account_id, None, records.revision, list(_told(touched, sealer)))


def changed(account_id: str, news: News, kinds: Collection[str], sealer: Sealer) -> Delta:
    """What is told of an account's changes."""
    touched = (each for each in news.touched if each.kind in kinds)
    return Delta(account_id, news.base, news.reached, list(_told(touched, sealer)))


def _told(touched: Iterable[Touched], sealer: Sealer) -> Iterable[Told]:
    for kind, key, added, record in touched:
        secret = None
        if kind == SERVICE_CREDENTIALS.name and record is not None and record.service != BEARER:
            continue  # it is another service's, which asks nobody here
        if kind == ACCOUNTS.name and record is not None:
            record = altered(record, root_password=None)
        if kind in _SECRETS and record is not None:
            secret = sealer.open(record.sealed_secret, key.encode())
            record = altered(record, sealed_secret=b"")
        yield Told(kind, key, added, None if record is None else CODECS[kind].dump(record), secret)


def as_held(records: Records) -> Delta:
    """All that an edge node has of an account, with the secrets as it sealed them."""
    told = [
        Told(kind.name, kind.key(record), None, CODECS[kind.name].dump(record))
        for kind in KINDS
        if kind.name in NEEDED
        for record in records.collection(kind.name)
    ]
    return Delta(records.account_id, None, records.revision, told)


def news_of(delta: Delta, seal: Callable[[bytes, bytes], bytes]) -> News:
    """A delta as news for an image; `seal` is the edge node's own. Raises ValueError when it makes no sense."""
    return News(delta.base or 0, delta.reached, [_touched(each, seal) for each in delta.told])


def _touched(told: Told, seal: Callable[[bytes, bytes], bytes]) -> Touched:
    if told.kind not in NEEDED:
        raise ValueError(f"records of the kind {told.kind} are not for an edge node")
    record: Any = None
    if told.record is not None:
        try:
            record = CODECS[told.kind].restore(told.record)
        except msgspec.MsgspecError as error:
            raise ValueError(f"a record of the kind {told.kind} makes no sense: {error}") from error
        if told.secret is not None:
            record = altered(record, sealed_secret=seal(told.secret, told.key.encode()))
    return Touched(told.kind, told.key, told.added, record)

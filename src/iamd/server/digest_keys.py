"""The keys that sign an account's digests: made when one is needed, sealed, and replaced before they expire."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.trails import DigestKey
from iamd.store.store import Store

LIFE = timedelta(days=90)

Signer = tuple[str, Callable[[bytes], bytes]]
"""A key's fingerprint, and what signs with it."""


async def signer(store: Store, account_id: str, now: datetime) -> Signer:
    """What signs an account's digests now. Raises StoreError."""
    key = _valid(await store.load(account_id), now)
    if key is None:
        pair = await asyncio.to_thread(rsa.generate_private_key, 65537, 2048)
        made = _made(store, account_id, pair, now)
        key = await store.write(lambda change: _added(change, made, now))
    private = load_der_private_key(store.sealer.open(key.sealed, _context(key)), None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("digests are signed with RSA keys")
    return key.id, lambda text: private.sign(text, padding.PKCS1v15(), SHA256())


def _valid(records: Records, now: datetime) -> DigestKey | None:
    keys: list[DigestKey] = [key for key in records.digest_keys if key.created <= now < key.expires]
    return max(keys, key=lambda key: key.created, default=None)


def _made(store: Store, account_id: str, pair: rsa.RSAPrivateKey, now: datetime) -> DigestKey:
    public = pair.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    fingerprint = hashlib.sha256(public).hexdigest()[:32]
    key = DigestKey(account_id, fingerprint, now, now + LIFE, public, b"")
    sealed = store.sealer.seal(pair.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), _context(key))
    return DigestKey(account_id, fingerprint, now, now + LIFE, public, sealed)


def _added(change: Change, made: DigestKey, now: datetime) -> DigestKey:
    """The key, unless another process was faster."""
    records = change.records(made.account_id)
    return _valid(records, now) or records.digest_keys.add(made)


def _context(key: DigestKey) -> bytes:
    return f"digest-key/{key.account_id}/{key.id}".encode()

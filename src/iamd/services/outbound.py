"""The account as an issuer of tokens: its names, and the keys that it signs with. As one that proves its users and roles
to others it has a name, and by its instance of Identity Center another, for its people.

Each algorithm has a key of its own; a new one takes over every ninety days, and the former stays published for as long
as its tokens may live. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from iamd.services.call import Realm
from iamd.store.image import Records
from iamd.store.kinds.federation import OutboundFederation, OutboundKey
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.sealing import Sealer
from iamd.wire.errors import InternalFailure

PREFIXES = {"ES384": "EC384", "RS256": "RSA"}  # of the key ids, as AWS has them
LIFE = timedelta(days=90)
GRACE = timedelta(days=1)  # that a former key stays published; a token lives an hour at most
_PATH = "/_iamd/issuers/"
_REGISTRY = jws.JWSRegistry(algorithms=tuple(PREFIXES))


def issuer_identifier(realm: Realm, federation: OutboundFederation) -> str:
    """The `iss` claim of the account's tokens: below this server's public URL, or in AWS's form where it has none."""
    published = _published(realm, federation.account_id, federation.issuer_id)
    return published or f"https://{federation.issuer_id}.tokens.sts.global.api.aws"


def center_issuer(realm: Realm, center: IdentityCenter) -> str:
    """The same of the tokens that applications get for people of an instance of Identity Center."""
    published = _published(realm, center.account_id, center.id)
    return published or f"https://identitycenter.amazonaws.com/{center.id}"


def _published(realm: Realm, account_id: str, id: str) -> str | None:
    return None if realm.public_url is None else f"{realm.public_url.rstrip('/')}{_PATH}{account_id}/{id}"


def is_own_issuer(realm: Realm, issuer: str) -> bool:
    """Whether an issuer is one of this server's accounts, whose tokens are for others."""
    return realm.public_url is not None and issuer.startswith(f"{realm.public_url.rstrip('/')}{_PATH}")


def current_key(records: Records, algorithm: str) -> OutboundKey | None:
    """The account's newest key of an algorithm."""
    keys = [key for key in records.outbound_keys if key.algorithm == algorithm]
    return max(keys, key=lambda key: (key.created, _number(key)), default=None)


def published_keys(records: Records, now: datetime) -> list[dict[str, Any]]:
    """The public keys, as a JWK set lists them, that tokens may still be signed with."""
    listed = []
    for key in records.outbound_keys:
        later = [other.created for other in records.outbound_keys if _succeeds(other, key)]
        if not later or now < min(later) + GRACE:
            public = msgspec.json.decode(key.public)
            listed.append({**public, "kid": key.id, "use": "sig", "alg": key.algorithm})
    return listed


async def ensure_keys(realm: Realm, account_id: str, now: datetime) -> None:
    """Make the keys that are missing or have served their time; what is made is durable when this returns."""
    records = await realm.store.load(account_id)
    due = [algorithm for algorithm in PREFIXES if _is_due(records, algorithm, now)]
    if not due:
        return
    made = await asyncio.to_thread(lambda: {algorithm: _generate(algorithm) for algorithm in due})
    await realm.store.write(lambda change: _add(change.records(account_id), realm.sealer, made, now))


def _is_due(records: Records, algorithm: str, now: datetime) -> bool:
    key = current_key(records, algorithm)
    return key is None or now >= key.created + LIFE


def _generate(algorithm: str) -> RSAKey | ECKey:
    return RSAKey.generate_key(2048) if algorithm == "RS256" else ECKey.generate_key("P-384")


def _add(records: Records, sealer: Sealer, made: Mapping[str, RSAKey | ECKey], now: datetime) -> None:
    """Add keys that are still due, and remove those that are published no longer."""
    for algorithm, key in made.items():
        if not _is_due(records, algorithm, now):  # another request was faster
            continue
        former = current_key(records, algorithm)
        for old in [old for old in records.outbound_keys if old.algorithm == algorithm and old != former]:
            records.outbound_keys.remove(old)
        kid = f"{PREFIXES[algorithm]}_{0 if former is None else _number(former) + 1}"
        sealed = sealer.seal(key.as_pem(private=True), _context(records.account_id, kid))
        public = msgspec.json.encode(key.as_dict(private=False)).decode()
        records.outbound_keys.add(OutboundKey(records.account_id, kid, algorithm, now, public, sealed))


def signed(sealer: Sealer, records: Records, algorithm: str, claims: bytes) -> str:
    """A token with these claims (JSON), signed with the account's newest key of an algorithm, which `ensure_keys` has
    made; raises InternalFailure where it has not."""
    key = current_key(records, algorithm)
    if key is None:
        raise InternalFailure()
    header = {"alg": algorithm, "kid": key.id, "typ": "JWT"}
    return jws.serialize_compact(header, claims, _opened(sealer, key), registry=_REGISTRY)


@lru_cache(maxsize=256)
def _opened(sealer: Sealer, key: OutboundKey) -> RSAKey | ECKey:
    pem = sealer.open(key.sealed, _context(key.account_id, key.id))
    return RSAKey.import_key(pem) if key.algorithm == "RS256" else ECKey.import_key(pem)


def _succeeds(other: OutboundKey, key: OutboundKey) -> bool:
    return other.algorithm == key.algorithm and _number(other) > _number(key)


def _number(key: OutboundKey) -> int:
    return int(key.id.rpartition("_")[2])


def _context(account_id: str, kid: str) -> bytes:
    return f"outbound-key/{account_id}/{kid}".encode()

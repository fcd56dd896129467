"""Whose signature is it? For callers of whom everything is in memory: all but the first requests of each."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from iamd.caller import sigv4
from iamd.caller.caller import Caller
from iamd.caller.identities import long_term_caller, require_going_on, session_caller
from iamd.caller.ids import account_of
from iamd.caller.sigv4 import Payload, Signature
from iamd.caller.tokens import TokenKeys
from iamd.wire.errors import ExpiredToken, InvalidClientTokenId
from iamd.wire.http import HttpRequest

if TYPE_CHECKING:
    from iamd.store.sealing import Sealer
    from iamd.store.store import Store


def authenticate_at_hand(
    request: HttpRequest,
    signature: Signature,
    store: Store,
    sealer: Sealer,
    tokens: TokenKeys,
    now: datetime,
    payload: Payload | None = None,
) -> Caller | None:
    """The caller whose signature the request carries; None when the records that tell it are not in memory. With a
    `payload`, the body is still to come: see `sigv4.verify`.

    Raises InvalidClientTokenId, ExpiredToken, SignatureDoesNotMatch: an unknown key and a deactivated one are told
    apart for nobody.
    """
    if signature.token is not None:
        return _of_session(request, signature, signature.token, store, tokens, now, payload)
    known = store.key_at_hand(signature.access_key_id)
    if known is None:
        account_id = account_of(signature.access_key_id)
        known = None if account_id is None else store.key_of(account_id, signature.access_key_id)
    if known is None:
        return None
    records, key = known
    if not key.active:
        raise InvalidClientTokenId()
    sigv4.verify(request, signature, _secret(sealer, key.sealed_secret, key.id), now, payload)
    return long_term_caller(key, records)


@lru_cache(maxsize=4096)
def _secret(sealer: Sealer, sealed: bytes, key_id: str) -> str:
    """Opened once while it is in use: its signing keys are in memory anyway."""
    return sealer.open(sealed, key_id.encode()).decode()


def _of_session(
    request: HttpRequest,
    signature: Signature,
    token: str,
    store: Store,
    tokens: TokenKeys,
    now: datetime,
    payload: Payload | None,
) -> Caller | None:
    session = tokens.at_hand(token)
    if session is None:
        return None
    if session.access_key_id != signature.access_key_id:
        raise InvalidClientTokenId()
    sigv4.verify(request, signature, session.secret_access_key, now, payload)
    if session.expires <= now:
        raise ExpiredToken()
    records = store.records(session.account_id)
    if records is None:
        return None
    require_going_on(session, records)
    return session_caller(session, records)

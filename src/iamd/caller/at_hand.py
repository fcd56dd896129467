"""Whose signature is it? For callers of whom everything is in memory: all but the first requests of each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from iamd.caller import sigv4
from iamd.caller.caller import Caller
from iamd.caller.claim import Signature
from iamd.caller.identities import long_term_caller, require_going_on, session_caller
from iamd.caller.ids import account_of
from iamd.caller.payload import Payload
from iamd.caller.tokens import TokenKeys
from iamd.store.directory import Directory
from iamd.store.records import AccessKey
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
    directory: Directory = store.directory
    known = directory.key_at_hand(signature.access_key_id)
    if known is None:
        account_id = account_of(signature.access_key_id)
        known = None if account_id is None else directory.key_of(account_id, signature.access_key_id)
    if known is None:
        return None
    records, key = known
    if not key.active:
        raise InvalidClientTokenId()
    sigv4.verify(request, signature, _secret(sealer, key, signature.access_key_id), now, payload)
    return long_term_caller(key, records)


class _Opened:
    """A secret with the record that it was sealed in, and by whom."""

    def __init__(self, sealer: Sealer, key: AccessKey) -> None:
        self.sealer: Final = sealer
        self.key: Final = key
        self.secret: Final[str] = sealer.open(key.sealed_secret, key.id.encode()).decode()


def _secret(sealer: Sealer, key: AccessKey, key_id: str) -> str:
    """Opened once while it is in use: its signing keys are in memory anyway."""
    known = _opened.get(key_id)
    if known is None or known.key is not key or known.sealer is not sealer:  # records are frozen
        if len(_opened) >= _MAX_OPENED:
            _opened.clear()
        known = _opened[key_id] = _Opened(sealer, key)
    return known.secret


_opened: Final[dict[str, _Opened]] = {}
_MAX_OPENED: Final = 4096


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

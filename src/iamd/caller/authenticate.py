"""Whose signature is it? Turns a request into a Caller, or refuses it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from iamd.caller.at_hand import authenticate_at_hand
from iamd.caller.caller import Caller
from iamd.caller.session import Session
from iamd.caller.sigv4 import Payload, Signature
from iamd.caller.strangers import Strangers
from iamd.caller.tokens import TokenKeys
from iamd.wire.errors import InvalidClientTokenId, MissingAuthenticationToken
from iamd.wire.http import HttpRequest

if TYPE_CHECKING:
    from iamd.store.image import Records
    from iamd.store.sealing import Sealer
    from iamd.store.store import Store


async def authenticate(
    request: HttpRequest,
    signature: Signature | None,
    store: Store,
    sealer: Sealer,
    tokens: TokenKeys,
    strangers: Strangers,
    now: datetime,
    payload: Payload | None = None,
) -> Caller:
    """The caller whose signature the request carries. With a `payload`, the body is still to come: see `sigv4.verify`.

    Raises MissingAuthenticationToken, InvalidClientTokenId, ExpiredToken, SignatureDoesNotMatch: an unknown key and a
    deactivated one are told apart for nobody. Raises Throttling when something had to be looked up first, and too much is
    for `strangers` at that address, who are counted by whoever calls this.
    """
    if signature is None:
        raise MissingAuthenticationToken()
    while True:
        caller = authenticate_at_hand(request, signature, store, sealer, tokens, now, payload)
        if caller is not None:
            return caller
        strangers.take(request.client_ip)
        try:
            await _load(signature, store, tokens)
        finally:
            strangers.give_back(request.client_ip)


async def require_known(
    request: HttpRequest, signature: Signature, store: Store, tokens: TokenKeys, strangers: Strangers
) -> None:
    """Return when there is such a key or session: before a long body is read that has to be hashed. Raises
    InvalidClientTokenId, and Throttling as `authenticate` does."""
    if signature.token is not None:
        if tokens.at_hand(signature.token) is None:
            strangers.take(request.client_ip)
            try:
                await _session_of(signature.token, tokens)
            finally:
                strangers.give_back(request.client_ip)
    elif store.key_at_hand(signature.access_key_id) is None:
        strangers.take(request.client_ip)
        try:
            if await store.load_key(signature.access_key_id) is None:
                raise InvalidClientTokenId()
        finally:
            strangers.give_back(request.client_ip)


async def _session_of(token: str, tokens: TokenKeys) -> Session:
    """The session of a token, which somebody else may know. Raises InvalidClientTokenId, and ServiceUnavailable when there
    is no answer."""
    session = tokens.at_hand(token)
    if session is not None:
        return session
    if tokens.introduces is None:
        raise InvalidClientTokenId
    renewals = tokens.renewals
    session = await tokens.introduces(token)
    tokens.introduce(token, session, renewals)
    return session


async def records_for(account_id: str, address: str, store: Store, strangers: Strangers) -> Records:
    """An account's records, for somebody at that address who has not shown yet who asks: from memory, else once there is
    a token, which is given back. Raises InvalidClientTokenId where there is no such account, and Throttling."""
    records = store.records(account_id)
    if records is not None:
        return records
    strangers.take(address)
    try:
        if not store.has_account(account_id):
            raise InvalidClientTokenId
        return await store.load(account_id)
    finally:
        strangers.give_back(address)


async def _load(signature: Signature, store: Store, tokens: TokenKeys) -> None:
    """Bring into memory what tells whose key it is; raises InvalidClientTokenId where there is no such key."""
    if signature.token is not None:
        account_id = (await _session_of(signature.token, tokens)).account_id
        if not store.has_account(account_id):
            raise InvalidClientTokenId()
        await store.load(account_id)
        return
    owner_id = await store.load_key(signature.access_key_id)
    if owner_id is None or (await store.load(owner_id)).access_keys.get(signature.access_key_id) is None:
        raise InvalidClientTokenId()

"""Whose signature is it? Turns a request into a Caller, or refuses it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from iamd.caller import sigv4
from iamd.caller.caller import Caller, CallerKind
from iamd.caller.session import Session
from iamd.caller.sigv4 import Payload, Signature
from iamd.caller.tokens import TokenKeys
from iamd.store.image import Records
from iamd.store.records import PARTITION, AccessKey, Account, Role, User
from iamd.wire.errors import ExpiredToken, InvalidClientTokenId, MissingAuthenticationToken
from iamd.wire.http import HttpRequest

if TYPE_CHECKING:
    from iamd.store.sealing import Sealer
    from iamd.store.store import Store


async def authenticate(
    request: HttpRequest,
    signature: Signature | None,
    store: Store,
    sealer: Sealer,
    tokens: TokenKeys,
    now: datetime,
    payload: Payload | None = None,
) -> Caller:
    """The caller whose signature the request carries. With a `payload`, the body is still to come: see `sigv4.verify`.

    Raises MissingAuthenticationToken, InvalidClientTokenId, ExpiredToken, SignatureDoesNotMatch: an unknown key and a
    deactivated one are told apart for nobody.
    """
    if signature is None:
        raise MissingAuthenticationToken()
    if signature.token is not None:
        return await _session(request, signature, signature.token, store, tokens, now, payload)
    records, key = store.key_at_hand(signature.access_key_id) or await _key(store, signature.access_key_id)
    if not key.active:
        raise InvalidClientTokenId()
    sigv4.verify(request, signature, _secret(sealer, key.sealed_secret, key.id), now, payload)
    return long_term_caller(key, records)


async def _key(store: Store, access_key_id: str) -> tuple[Records, AccessKey]:
    """The key and its account's records, out of the database if need be; raises InvalidClientTokenId."""
    account_id = await store.load_key(access_key_id)
    records = None if account_id is None else await store.load(account_id)
    key = None if records is None else records.access_keys.get(access_key_id)
    if records is None or key is None:
        raise InvalidClientTokenId()
    return records, key


@lru_cache(maxsize=4096)
def _secret(sealer: Sealer, sealed: bytes, key_id: str) -> str:
    """Opened once while it is in use: its signing keys are in memory anyway."""
    return sealer.open(sealed, key_id.encode()).decode()


def long_term_caller(key: AccessKey, records: Records) -> Caller:
    """The root user or user whose access key it is; raises InvalidClientTokenId when they or their account are gone."""
    if records.account.closed is not None:
        raise InvalidClientTokenId()
    owner = records.account if key.owner_id == key.account_id else records.users.get(key.owner_id)
    if owner is None:
        raise InvalidClientTokenId()
    known = _callers.get(key.id)
    if known is not None and known[0] is owner:  # records are frozen: the same one tells the same
        return known[1]
    if isinstance(owner, User):
        arn, name, kind, owner_id = owner.arn, owner.name, CallerKind.USER, owner.id
    else:
        arn, name, kind, owner_id = owner.arn, "root", CallerKind.ROOT, owner.account_id
    caller = Caller(kind, key.account_id, owner_id, name, arn, arn, owner_id, key.id)
    if len(_callers) >= _MAX_CALLERS:
        _callers.clear()
    _callers[key.id] = (owner, caller)
    return caller


_callers: dict[str, tuple[User | Account, Caller]] = {}
_MAX_CALLERS = 4096


async def _session(
    request: HttpRequest,
    signature: Signature,
    token: str,
    store: Store,
    tokens: TokenKeys,
    now: datetime,
    payload: Payload | None,
) -> Caller:
    session = tokens.open(token)
    if session.access_key_id != signature.access_key_id:
        raise InvalidClientTokenId()
    sigv4.verify(request, signature, session.secret_access_key, now, payload)
    if session.expires <= now:
        raise ExpiredToken()
    records = store.records(session.account_id)
    if records is None:
        if not store.has_account(session.account_id):
            raise InvalidClientTokenId()
        records = await store.load(session.account_id)
    if session.kind == "sign-in" and not _goes_on(session, records):
        raise ExpiredToken()
    return session_caller(session, records)


def _goes_on(session: Session, records: Records) -> bool:
    """Whether the session has not been ended for which a program has got the credentials: its ARN ends with its id."""
    arn = session.extras.get("aws:signinsessionarn")
    return isinstance(arn, str) and records.sign_in_sessions.get(arn.rpartition("/")[2]) is not None


def session_caller(session: Session, records: Records) -> Caller:
    """Who a session acts as; raises InvalidClientTokenId when its user, role or account is gone."""
    if records.account.closed is not None:
        raise InvalidClientTokenId()
    is_root = session.principal_id == session.account_id
    owner: User | Role | Account | None
    if session.kind == "role":
        owner = records.roles.get(session.principal_id)
    else:
        owner = records.account if is_root else records.users.get(session.principal_id)
    if owner is None or (session.kind == "root" and not is_root):
        raise InvalidClientTokenId()
    known = _session_callers.get(session.access_key_id)
    # Of this very token, and of whom it is for as they are now: records are frozen, the same one tells the same.
    if known is not None and known[0] is owner and known[1].session is session:
        return known[1]
    caller = _acting(session, owner)
    if len(_session_callers) >= _MAX_CALLERS:
        _session_callers.clear()
    _session_callers[session.access_key_id] = (owner, caller)
    return caller


_session_callers: dict[str, tuple[User | Role | Account, Caller]] = {}


def _acting(session: Session, owner: User | Role | Account) -> Caller:
    """Who a session acts as that belongs to this role, user or root user."""
    account_id, key = session.account_id, session.access_key_id
    if isinstance(owner, Role):
        arn = f"arn:{PARTITION}:sts::{account_id}:assumed-role/{owner.name}/{session.session_name}"
        user_id = f"{owner.id}:{session.session_name}"
        return Caller(CallerKind.ROLE, account_id, owner.id, owner.name, arn, owner.arn, user_id, key, session)
    kind, owner_id, name = CallerKind.ROOT, account_id, "root"
    if isinstance(owner, User):
        kind, owner_id, name = CallerKind.USER, owner.id, owner.name
    arn, user_id = owner.arn, owner_id
    if session.kind == "federated-user":
        kind, user_id = CallerKind.FEDERATED, f"{account_id}:{session.session_name}"
        arn = f"arn:{PARTITION}:sts::{account_id}:federated-user/{session.session_name}"
    return Caller(kind, account_id, owner_id, name, arn, owner.arn, user_id, key, session)

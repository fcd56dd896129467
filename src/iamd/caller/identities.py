"""As whom a verified credential acts: the user, role or root user that its access key or session stands for."""

from __future__ import annotations

from iamd.caller.caller import Caller, CallerKind
from iamd.caller.session import Session
from iamd.store.image import Records
from iamd.store.records import PARTITION, AccessKey, Account, Role, User
from iamd.wire.errors import ExpiredToken, InvalidClientTokenId


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


def require_going_on(session: Session, records: Records) -> None:
    """Raise ExpiredToken for credentials of `aws login` whose session has been ended: its ARN ends with its id."""
    if session.kind != "sign-in":
        return
    arn = session.extras.get("aws:signinsessionarn")
    if not isinstance(arn, str) or records.sign_in_sessions.get(arn.rpartition("/")[2]) is None:
        raise ExpiredToken()


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

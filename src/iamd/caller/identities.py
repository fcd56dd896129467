"""As whom a verified credential acts: the user, role or root user that its access key or session stands for."""

from __future__ import annotations

from typing import Final

from iamd.caller.caller import Caller, CallerKind
from iamd.caller.session import Session
from iamd.store.collection import Collection
from iamd.store.image import Records
from iamd.store.records import PARTITION, AccessKey, Account, Role, User
from iamd.wire.errors import ExpiredToken, InvalidClientTokenId


class _Acting:
    """As whom a key acts, and what follows from the records of it and its owner."""

    def __init__(self, key: AccessKey, owner: User | Account) -> None:
        if isinstance(owner, User):
            arn, name, kind, owner_id = owner.arn, owner.name, CallerKind.USER, owner.id
        else:
            arn, name, kind, owner_id = owner.arn, "root", CallerKind.ROOT, owner.account_id
        self.key: Final = key
        self.owner: Final = owner
        self.user_id: Final[str] = "" if key.owner_id == key.account_id else key.owner_id  # empty: the root user
        self.caller: Final = Caller(kind, key.account_id, owner_id, name, arn, arn, owner_id, key.id)


def long_term_caller(key: AccessKey, records: Records) -> Caller:
    """The root user or user whose access key it is; raises InvalidClientTokenId when they or their account are gone."""
    accounts: Collection[Account] = records.accounts  # said to be one, it is called directly
    account = accounts.get(records.account_id)
    if account is None or account.closed is not None:
        raise InvalidClientTokenId()
    key_id: str = key.id
    known = _callers.get(key_id)
    if known is not None and known.key is key:  # records are frozen: the same ones tell the same
        users: Collection[User] = records.users
        if (users.get(known.user_id) if known.user_id else account) is known.owner:
            return known.caller
    owner = account if key.owner_id == key.account_id else records.users.get(key.owner_id)
    if owner is None:
        raise InvalidClientTokenId()
    if len(_callers) >= _MAX_CALLERS:
        _callers.clear()
    made = _callers[key_id] = _Acting(key, owner)
    return made.caller


_callers: Final[dict[str, _Acting]] = {}
_MAX_CALLERS: Final = 4096


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


def standing(caller: Caller, records: Records) -> Caller:
    """Who a caller with an access key is by these records of its account, of another moment than those that it was found
    by. Raises InvalidClientTokenId and ExpiredToken when it is nobody any more."""
    session = caller.session
    if session is not None:
        require_going_on(session, records)
        return session_caller(session, records)
    key: AccessKey | None = records.access_keys.get(caller.access_key_id)
    if key is None or not key.active:
        raise InvalidClientTokenId()
    return long_term_caller(key, records)


_session_callers: Final[dict[str, tuple[User | Role | Account, Caller]]] = {}


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

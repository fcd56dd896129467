"""Who has signed in, as what is sealed into codes and kept with sessions, and whether that still holds."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec

from iamd.caller.caller import Caller
from iamd.caller.identities import session_caller
from iamd.caller.ids import access_key_id, secret_access_key
from iamd.caller.passwords import Standing, standing
from iamd.caller.session import Session
from iamd.services.iam.password_policy import policy_of
from iamd.services.signin.api import denied, session_arn
from iamd.store.image import Records
from iamd.store.kinds.sign_in import LoginProfile
from iamd.wire.errors import InvalidClientTokenId

CREDENTIAL_SECONDS = 900
SESSION_SECONDS = 43_200
_CHANGED = "The user's credentials have changed. Please sign in again."


class Person(msgspec.Struct, frozen=True, array_like=True):
    """Someone who has signed in: `owner_id` is a user's unique id, or the account's for its root user. `credential`
    tells which password it was; `signed_in` and `mfa_time`, when a code was given, are seconds of the epoch."""

    account_id: str
    owner_id: str
    credential: str
    signed_in: int
    mfa_time: int | None = None


def password_of(records: Records, owner_id: str) -> str | None:
    """The hash of the password of a user or the root user; None where there is none."""
    if owner_id == records.account_id:
        return records.account.root_password
    profile: LoginProfile | None = records.login_profiles.get(owner_id)
    return None if profile is None else profile.password


def principal_arn(records: Records, owner_id: str) -> str:
    """The ARN of a user, or of the account's root user."""
    user = records.users.get(owner_id)
    return records.account.arn if user is None else user.arn


def credential(password_hash: str) -> str:
    """A name for a password, by its hash: another password has another name."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:32]


def require_unchanged(person: Person, records: Records, now: datetime) -> None:
    """Raise USER_CREDENTIALS_CHANGED unless the password with which the person signed in is still good."""
    stored = password_of(records, person.owner_id)
    if stored is None or credential(stored) != person.credential or records.account.closed is not None:
        raise denied("USER_CREDENTIALS_CHANGED", _CHANGED)
    profile: LoginProfile | None = records.login_profiles.get(person.owner_id)
    if profile is not None and standing(profile, policy_of(records), now) is not Standing.GOOD:
        raise denied("USER_CREDENTIALS_CHANGED", _CHANGED)


def acting(person: Person, session_id: str, records: Records, now: datetime, ends: datetime) -> Caller:
    """The person as a caller with new temporary credentials, which end with its session at the latest."""
    session = Session(
        kind="sign-in",
        account_id=person.account_id,
        access_key_id=access_key_id(person.account_id, "ASIA"),
        secret_access_key=secret_access_key(),
        principal_id=person.owner_id,
        principal_name=name_of(records, person.owner_id),
        session_name="",
        issued=now,
        expires=min(ends, now + timedelta(seconds=CREDENTIAL_SECONDS)),
        mfa_time=person.mfa_time,
        extras={"aws:signinsessionarn": session_arn(person.account_id, session_id)},
    )
    try:
        return session_caller(session, records)
    except InvalidClientTokenId:
        raise denied("USER_CREDENTIALS_CHANGED", _CHANGED) from None


def name_of(records: Records, owner_id: str) -> str:
    """The name of a user; `root` for the root user."""
    user = records.users.get(owner_id)
    return "root" if user is None else user.name

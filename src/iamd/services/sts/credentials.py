"""Issuing temporary credentials: a key pair, and a token that holds the session. Nothing is stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from iamd.caller.ids import temporary_key
from iamd.caller.session import Session, SessionKind
from iamd.caller.tokens import TokenKeys
from iamd.services.call import Realm


def issue(
    realm: Realm, now: datetime, kind: SessionKind, account_id: str, seconds: int, **session: Any
) -> dict[str, Any]:
    """The `Credentials` structure of a new session; `session` are further fields of Session."""
    access_key_id, secret_access_key = temporary_key(account_id)
    made = Session(
        kind=kind,
        account_id=account_id,
        access_key_id=access_key_id,
        secret_access_key=secret_access_key,
        issued=now,
        expires=now + timedelta(seconds=seconds),
        **session,
    )
    return credentials_of(made, realm.tokens)


def credentials_of(session: Session, tokens: TokenKeys) -> dict[str, Any]:
    """The `Credentials` structure of a session."""
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": tokens.seal(session),
        "Expiration": session.expires,
    }

"""Issuing temporary credentials: a key pair, and a token that holds the session. Nothing is stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from iamd.caller.ids import temporary_key
from iamd.caller.session import Session, SessionKind
from iamd.services.call import Realm


def issue(
    realm: Realm, now: datetime, kind: SessionKind, account_id: str, seconds: int, **session: Any
) -> dict[str, Any]:
    """The `Credentials` structure of a new session; `session` are further fields of Session."""
    access_key_id, secret_access_key = temporary_key(account_id)
    expires = now + timedelta(seconds=seconds)
    made = Session(
        kind=kind,
        account_id=account_id,
        access_key_id=access_key_id,
        secret_access_key=secret_access_key,
        issued=now,
        expires=expires,
        **session,
    )
    return {
        "AccessKeyId": access_key_id,
        "SecretAccessKey": secret_access_key,
        "SessionToken": realm.tokens.seal(made),
        "Expiration": expires,
    }

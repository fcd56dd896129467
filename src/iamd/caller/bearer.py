"""Bearer tokens: service-specific credentials of users for the service `iamd`, sent as `Authorization: Bearer`.

They are made, listed, deactivated, reset and deleted by IAM's operations, and end with their age.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from iamd.caller.authenticate import records_for
from iamd.caller.caller import Caller, CallerKind
from iamd.caller.strangers import Strangers
from iamd.store.image import Records
from iamd.store.kinds.credentials import ServiceCredential, service_login
from iamd.wire.errors import ExpiredToken, InvalidClientTokenId

if TYPE_CHECKING:
    from iamd.store.sealing import Sealer
    from iamd.store.store import Store

SERVICE = "iamd"
PREFIX = "IAMD"
_LONGEST = 1024


def token_of(header: str) -> str | None:
    """The token in an Authorization header of that scheme; None when it is of another."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def bearer_caller(
    token: str, address: str, store: Store, sealer: Sealer, strangers: Strangers, now: datetime
) -> Caller:
    """The user whose token comes from that address. Raises InvalidClientTokenId, whatever is wrong, ExpiredToken, and
    Throttling when an account had to be loaded first, and too much is for `strangers` there, who are counted by whoever
    calls this."""
    login, secret = _read(token)
    records = await records_for(login.rpartition("-at-")[2], address, store, strangers)
    credential = next(iter(records.service_credentials.where("login", service_login(SERVICE, login))), None)
    if credential is None or not credential.active:
        raise InvalidClientTokenId
    if not hmac.compare_digest(_secret(sealer, credential.sealed_secret, credential.id), secret):
        raise InvalidClientTokenId
    if credential.expires is not None and credential.expires <= now:
        raise ExpiredToken
    return _owner(records, credential)


def _owner(records: Records, credential: ServiceCredential) -> Caller:
    user = records.users.get(credential.owner_id)
    if user is None or records.account.closed is not None:
        raise InvalidClientTokenId
    return Caller(
        CallerKind.USER, user.account_id, user.id, user.name, user.arn, user.arn, user.id, access_key_id=credential.id
    )


@lru_cache(maxsize=1024)
def _read(token: str) -> tuple[str, bytes]:
    """The login and the secret that a token holds."""
    if not token.startswith(PREFIX) or len(token) > _LONGEST:
        raise InvalidClientTokenId
    try:
        login, _, secret = base64.b64decode(token[len(PREFIX) :], validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidClientTokenId from None
    return login, secret.encode()


@lru_cache(maxsize=1024)
def _secret(sealer: Sealer, sealed: bytes, credential_id: str) -> bytes:
    return sealer.open(sealed, credential_id.encode())

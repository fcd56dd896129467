"""Forward access sessions: a declared service that is called through the gateway may call others for its caller.

With the request the service gets a sealed word about who asks, for some minutes and for itself alone: sent back in the
same header of a request that its own key signs, it makes that request the caller's. The caller's policies as they are
then decide, and see through which services it came.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime

import msgspec

from iamd.caller.caller import Caller
from iamd.caller.identities import long_term_caller, require_going_on, session_caller
from iamd.caller.sigv4 import Signature
from iamd.gateway.directory import Service
from iamd.services.call import Realm
from iamd.store.errors import StoreError
from iamd.wire.errors import ExpiredToken, InvalidClientTokenId
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest

HEADER = b"x-iamd-forward-access"
_SECONDS = 900
_CONTEXT = b"forward access"


class Access(msgspec.Struct, frozen=True, array_like=True):
    """Whose credentials a request has, and the services that forwarded it (`via`, first to last), the last of which may
    use this until it `expires` (seconds of the epoch)."""

    access_key_id: str
    token: str | None
    via: tuple[str, ...] = ()
    expires: int = 0


class ForwardAccess:
    """Gives and takes the words; `principals` are the service principals of the declared services, by botocore's names."""

    def __init__(self, principals: Mapping[str, str], realm: Realm) -> None:
        self.principals = principals
        self._realm = realm

    def given(self, service: Service, access: Access | None, now: datetime) -> bytes | None:
        """The word for a service that is called with that access; None for one that is not declared, and where a service
        asks for itself."""
        principal = self.principals.get(service.name)
        if principal is None or access is None:
            return None
        handed = Access(access.access_key_id, access.token, (*access.via, principal), int(now.timestamp()) + _SECONDS)
        return base64.urlsafe_b64encode(self._realm.sealer.seal(msgspec.msgpack.encode(handed), _CONTEXT))

    def taken(self, request: HttpRequest, signature: Signature, principal: str, now: datetime) -> Access | None:
        """The access that a request of the service claims; None when it claims none. Raises Ambiguous unless the word is
        signed, InvalidClientTokenId for one that is none or another service's, ExpiredToken."""
        word = request.index.get(HEADER)
        if word is None:
            return None
        if HEADER not in signature.signed_headers:
            raise Ambiguous(f"The header {HEADER.decode()} must be signed.")
        try:
            sealed = base64.b64decode(word, b"-_", validate=True)
            access = msgspec.msgpack.decode(self._realm.sealer.open(sealed, _CONTEXT), type=Access)
        except (binascii.Error, IndexError, StoreError, msgspec.MsgspecError):
            raise InvalidClientTokenId from None
        if access.via[-1] != principal:
            raise InvalidClientTokenId
        if access.expires <= now.timestamp():
            raise ExpiredToken
        return access

    async def caller(self, access: Access, now: datetime) -> Caller:
        """Whose access it is, as they are now; raises InvalidClientTokenId, ExpiredToken."""
        store = self._realm.store
        if access.token is None:
            account_id = await store.load_key(access.access_key_id)
            records = await store.load(account_id) if account_id is not None else None
            key = records.access_keys.get(access.access_key_id) if records is not None else None
            if records is None or key is None or not key.active:
                raise InvalidClientTokenId
            return long_term_caller(key, records)
        session = self._realm.tokens.open(access.token)
        if session.expires <= now:
            raise ExpiredToken
        if not store.has_account(session.account_id):
            raise InvalidClientTokenId
        records = await store.load(session.account_id)
        require_going_on(session, records)
        return session_caller(session, records)

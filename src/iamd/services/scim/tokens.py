"""Access tokens of identity providers: two of an instance at a time, each good for a year.

https://docs.aws.amazon.com/singlesignon/latest/userguide/generate-token.html. A token is sealed; its record makes it end.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from iamd.caller.authenticate import records_for
from iamd.services.call import Realm
from iamd.services.carried import Carried
from iamd.services.scim.errors import ScimError
from iamd.services.sso_admin.center import Center
from iamd.store.image import Records
from iamd.store.kinds.access_portal import ScimToken
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.sealing import Sealer

LIFE = timedelta(days=365)
MOST = 2


class _Token(Carried, frozen=True, array_like=True):
    context = b"scim access token"

    account_id: str
    id: str


class TooMany(Exception):
    """The instance has as many tokens as it may have."""


def new_token(sealer: Sealer, records: Records, now: datetime) -> tuple[ScimToken, str]:
    """A token of the account's instance: its record, and the text that is told once. Raises TooMany."""
    tokens = records.scim_tokens
    for each in [each for each in tokens if each.expires <= now]:
        tokens.remove(each)
    if len(tokens) >= MOST:
        raise TooMany
    token = ScimToken(records.account_id, secrets.token_hex(8), now, now + LIFE)
    tokens.add(token)
    return token, _Token(token.account_id, token.id).sealed(sealer)


async def bearer(realm: Realm, tenant: str, text: str, address: str, now: datetime) -> tuple[Center, ScimToken]:
    """The store of a tenant, which a token from that address is for. Raises ScimError, and Throttling as `records_for`
    does."""
    told = _Token.opened(realm.sealer, text)
    if told is None or not realm.store.has_account(told.account_id):
        raise _refusal()
    records = await records_for(told.account_id, address, realm.store, realm.strangers)
    return entitled(records, tenant, told.id, now)


def entitled(records: Records, tenant: str, token_id: str, now: datetime) -> tuple[Center, ScimToken]:
    """The same by these records, as long as token and store are there. Raises ScimError."""
    token: ScimToken | None = records.scim_tokens.get(token_id)
    instance: IdentityCenter | None = records.identity_centers.get(records.account_id)
    if token is None or token.expires <= now or instance is None or instance.store_id != tenant:
        raise _refusal()
    if records.account.closed is not None:
        raise _refusal()
    return Center(instance, records), token


def _refusal() -> ScimError:
    return ScimError(401, "Authorization header is invalid or missing.")

"""What an account publishes as an issuer of tokens: its OpenID Connect discovery document and its public keys."""

from __future__ import annotations

import re
from typing import Any

from iamd.server.clock import now
from iamd.services.call import Realm
from iamd.services.outbound import PREFIXES, center_issuer, issuer_identifier, published_keys
from iamd.store.image import Records
from iamd.store.kinds.federation import OutboundFederation
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.wire.http import HttpRequest

_PATH = re.compile(
    rb"issuers/([0-9]{12})/([0-9a-f-]{36}|ssoins-[0-9a-f]{16})/\.well-known/(openid-configuration|jwks\.json)"
)
_CLAIMS = ("iss", "sub", "aud", "iat", "exp")
_OF_ACCOUNTS = (*_CLAIMS, "jti", "https://sts.amazonaws.com/")
_OF_CENTERS = (*_CLAIMS, "aws:identity_store_id", "aws:application_arn", "aws:credential_id", "sts:identity_context")


async def document(realm: Realm, request: HttpRequest, path: bytes) -> dict[str, Any] | None:
    """The document at a path below `/_iamd/`; None where there is none.

    One that was published stays so when the account issues no more tokens: those that are out are still to be verified.
    Raises Throttling for addresses that ask for what is not there too often.
    """
    named = _PATH.fullmatch(path)
    if named is None:
        return None
    realm.strangers.take(request.client_ip)  # before it shows whether there is such an account, and before it is loaded
    if not realm.store.has_account(named[1].decode()):
        return None
    records = await realm.store.load(named[1].decode())
    found = _issuer(realm, records, named[2].decode())
    if found is None:
        return None
    realm.strangers.give_back(request.client_ip)
    if named[3] == b"jwks.json":
        return {"keys": published_keys(records, now())}
    issuer, claims = found
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(PREFIXES),
        "claims_supported": list(claims),
    }


def _issuer(realm: Realm, records: Records, id: str) -> tuple[str, tuple[str, ...]] | None:
    """The account's issuer of that id, for its users and roles or for people of its instance: name and claims."""
    federation: OutboundFederation | None = records.outbound_federation.get(records.account_id)
    if federation is not None and federation.issuer_id == id:
        return issuer_identifier(realm, federation), _OF_ACCOUNTS
    center: IdentityCenter | None = records.identity_centers.get(records.account_id)
    return (center_issuer(realm, center), _OF_CENTERS) if center is not None and center.id == id else None

"""What an account publishes as an issuer of tokens: its OpenID Connect discovery document and its public keys."""

from __future__ import annotations

import re
from typing import Any

from iamd.server.exchange import now
from iamd.services.call import Realm
from iamd.services.outbound import PREFIXES, issuer_identifier, published_keys

_PATH = re.compile(rb"issuers/([0-9]{12})/([0-9a-f-]{36})/\.well-known/(openid-configuration|jwks\.json)")


async def document(realm: Realm, path: bytes) -> dict[str, Any] | None:
    """The document at a path below `/_iamd/`; None where there is none.

    One that was published stays so when the account issues no more tokens: those that are out are still to be verified.
    """
    named = _PATH.fullmatch(path)
    if named is None or not realm.store.has_account(named[1].decode()):
        return None
    records = await realm.store.load(named[1].decode())
    federation = records.outbound_federation.get(records.account_id)
    if federation is None or federation.issuer_id != named[2].decode():
        return None
    if named[3] == b"jwks.json":
        return {"keys": published_keys(records, now())}
    issuer = issuer_identifier(realm, federation)
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(PREFIXES),
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "jti", "https://sts.amazonaws.com/"],
    }

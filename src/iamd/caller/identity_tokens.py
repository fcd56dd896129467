"""ID tokens of OpenID Connect: taken apart, held against their issuer's key, and their claims checked as AWS does.

The algorithm is told by the key and by what AWS takes, never by the token alone; keys or addresses of keys in a
token's header are not looked at. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from iamd.caller.issuers import Key
from iamd.wire.errors import ExpiredTokenException, InvalidIdentityToken

LEEWAY = 300  # seconds by which clocks may differ
REQUIRED = ("iss", "sub", "aud", "exp", "iat")
RSA_ALGORITHMS = ("RS256", "RS384", "RS512")
CURVE_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
MAX_HEADER = 16_384  # characters: some issuers send their certificates along

_NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


class IdToken(msgspec.Struct, frozen=True):
    """A token taken apart; nothing in it is believed yet. `kid` is the id of the key that it says it is signed with."""

    text: str
    kid: str | None
    claims: Mapping[str, Any]

    def __repr__(self) -> str:
        """Names the token, without what it carries."""
        return f"IdToken(kid={self.kid!r})"

    @property
    def issuer(self) -> str:
        """The issuer that it names; raises InvalidIdentityToken when it names none."""
        issuer = self.claims.get("iss")
        if issuer is None:
            raise InvalidIdentityToken("Missing a required claim: iss")
        if not isinstance(issuer, str):
            raise InvalidIdentityToken(_NOT_A_JWT)
        return issuer


def read(text: str) -> IdToken:
    """Take a token apart; raises InvalidIdentityToken for what is no signed token."""
    parts = text.split(".")
    if len(parts) != 3 or len(parts[0]) > MAX_HEADER:
        raise InvalidIdentityToken(_NOT_A_JWT)
    header, claims = _json(parts[0]), _json(parts[1])
    kid = header.get("kid")
    if not isinstance(kid, str | None):
        raise InvalidIdentityToken(_NOT_A_JWT)
    return IdToken(text, kid, claims)


def verify(token: IdToken, key: Key) -> None:
    """Raises InvalidIdentityToken unless that key signed the token."""
    algorithms = RSA_ALGORITHMS if isinstance(key, RSAKey) else (CURVE_ALGORITHMS.get(key.curve_name, ""),)
    try:
        jws.deserialize_compact(token.text, key, registry=_REGISTRIES[algorithms])
    except (JoseError, ValueError, KeyError):
        raise InvalidIdentityToken("The signature of the ID token could not be verified") from None


def _registry(algorithms: tuple[str, ...]) -> JWSRegistry:
    registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)  # but what is critical must be known
    registry.max_header_length = MAX_HEADER
    return registry


_REGISTRIES = {
    algorithms: _registry(algorithms)
    for algorithms in (RSA_ALGORITHMS, *((algorithm,) for algorithm in CURVE_ALGORITHMS.values()))
}


def check(claims: Mapping[str, Any], client_ids: tuple[str, ...], now: datetime) -> str:
    """The audience of a token for one of these clients; raises ExpiredTokenException and InvalidIdentityToken.

    The party that a token was issued to (`azp`) is the audience when it names one, and must when there are several.
    """
    for name in REQUIRED:
        if claims.get(name) is None:
            raise InvalidIdentityToken(f"Missing a required claim: {name}")
    if not isinstance(claims["sub"], str):
        raise InvalidIdentityToken("The claim sub must be a text")
    seconds = int(now.timestamp())
    expires = _time(claims, "exp")
    if seconds >= expires + LEEWAY:
        raise ExpiredTokenException(
            f"Token expired: current date/time {seconds} must be before the expiration date/time {int(expires)}"
        )
    for name in ("nbf", "iat"):
        if name in claims and _time(claims, name) > seconds + LEEWAY:
            raise InvalidIdentityToken(f"Token is not valid yet: its {name} is after the current date/time {seconds}")
    audience = claims["azp"] if claims.get("azp") is not None else _single(claims["aud"])
    if not isinstance(audience, str) or audience not in client_ids:
        raise InvalidIdentityToken("Incorrect token audience")
    return audience


def _single(audience: Any) -> Any:
    return audience[0] if isinstance(audience, list) and len(audience) == 1 else audience


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise InvalidIdentityToken(f"The claim {name} must be a time in seconds since 1970")
    return float(value)


def _json(part: str) -> dict[str, Any]:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        raise InvalidIdentityToken(_NOT_A_JWT) from None

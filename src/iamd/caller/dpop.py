"""Proofs of possession (RFC 9449, "DPoP"): a token is worth nothing without the key of whom it was given to.

A proof is a JWT in the header `DPoP`, signed with ES256 by the key that it carries, for one request.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

_TYPE, _ALGORITHM, _CURVE = "dpop+jwt", "ES256", "P-256"
_MAX_LENGTH = 4_096  # characters
_MAX_JTI = 128  # characters
SKEW = 300  # seconds by which clocks may differ


class Unproven(Exception):
    """The proof does not hold; the message may be told."""


class Proof(msgspec.Struct, frozen=True):
    """What a proof that holds says: the key, by its thumbprint (RFC 7638), and the proof's own id."""

    thumbprint: str
    jti: str


def verify(proof: str | None, method: str, host: str, path: str, now: datetime) -> Proof:
    """The proof for a request to that host and path. Raises Unproven.

    Whether the client came by https is not compared: a proxy may have taken TLS off.
    """
    if not proof or len(proof) > _MAX_LENGTH:
        raise Unproven("The DPoP header is missing or too long.")
    try:
        signed, key = _opened(proof)
        claims = msgspec.json.decode(signed.payload, type=dict[str, Any])
        thumbprint = key.thumbprint()
    except (JoseError, msgspec.MsgspecError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unproven("The DPoP proof is invalid.") from None
    jti, made = claims.get("jti"), claims.get("iat")
    if claims.get("htm") != method or not _is_for(claims.get("htu"), host, path):
        raise Unproven("The DPoP proof is for another request.")
    if not isinstance(made, int | float) or isinstance(made, bool) or abs(now.timestamp() - made) > SKEW:
        raise Unproven("The DPoP proof has expired or is not valid yet.")
    if not isinstance(jti, str) or not 1 <= len(jti) <= _MAX_JTI:
        raise Unproven("The DPoP proof has no id.")
    return Proof(thumbprint, jti)


def _opened(proof: str) -> tuple[jws.CompactSignature, ECKey]:
    """The proof, verified with the key in its own header, which must be a public one of P-256."""
    header = jws.extract_compact(proof.encode("ascii")).headers()
    jwk = header["jwk"]
    if header.get("typ") != _TYPE or header.get("alg") != _ALGORITHM or "crit" in header:
        raise ValueError("no proof of ours")
    if jwk.get("kty") != "EC" or jwk.get("crv") != _CURVE or "d" in jwk:
        raise ValueError("no public key of P-256")
    key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    return jws.deserialize_compact(proof, key, algorithms=[_ALGORITHM], registry=_REGISTRY), key


_REGISTRY = jws.JWSRegistry(algorithms=[_ALGORITHM], strict_check_header=False)


def _is_for(url: Any, host: str, path: str) -> bool:
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)  # without query and fragment, RFC 9449, 4.3
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower() and parts.path == path

"""The query form of a signature, as in presigned URLs: `X-Amz-Algorithm`, `X-Amz-Credential`, ... in the query."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from iamd.caller.claim import Signature
from iamd.caller.signature import (
    ALGORITHM,
    parse_credential,
    parse_timestamp,
    require_signed,
    shown,
)
from iamd.wire.errors import IncompleteSignature
from iamd.wire.http import HttpRequest

MAX_EXPIRES = 604_800  # a week

_REQUIRED = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
_OPTIONAL = ("X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Content-Sha256")
_KNOWN = frozenset(_REQUIRED + _OPTIONAL)
_TELLING = frozenset({"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"})


def fields(query: bytes) -> dict[str, str]:
    """The authentication parameters of a raw query, decoded; empty when the request is not signed in its query.

    Raises IncompleteSignature when one is repeated, since it would not be clear which one counts.
    """
    found: dict[str, str] = {}
    for pair in query.split(b"&"):
        raw_name, _, raw_value = pair.partition(b"=")
        name = unquote_to_bytes(raw_name).decode("latin-1")
        if name not in _KNOWN:
            continue
        if name in found:
            raise IncompleteSignature(
                f"AWS query-string parameters must include '{name}' only once. Re-examine the query-string parameters."
            )
        found[name] = unquote_to_bytes(raw_value.replace(b"+", b" ")).decode("latin-1")
    return {} if _TELLING.isdisjoint(found) else found


def read(request: HttpRequest, found: dict[str, str]) -> Signature:
    """Read the signature out of the `fields` of a query.

    Raises IncompleteSignature when something is missing or malformed, SignatureDoesNotMatch when its scope is wrong
    or a header that must be signed is not.
    """
    missing = [f"AWS query-string parameters must include '{name}'." for name in _REQUIRED if not found.get(name)]
    if missing:
        raise IncompleteSignature(" ".join([*missing, "Re-examine the query-string parameters."]))
    algorithm = found["X-Amz-Algorithm"]
    if algorithm != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{shown(algorithm)}' (only {ALGORITHM} for now). ")
    timestamp = parse_timestamp(found["X-Amz-Date"])
    signed_headers = tuple(found["X-Amz-SignedHeaders"].encode("latin-1").split(b";"))
    require_signed(request, frozenset(signed_headers))
    access_key_id, date, region, service = parse_credential(found["X-Amz-Credential"], found["X-Amz-Date"])
    return Signature(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        signed_headers=signed_headers,
        signature=found["X-Amz-Signature"],
        timestamp=timestamp,
        stamp=found["X-Amz-Date"],
        token=found.get("X-Amz-Security-Token") or request.header(b"x-amz-security-token"),
        expires=_expires(found.get("X-Amz-Expires")),
        presigned=True,
        content_sha256=request.header(b"x-amz-content-sha256") or found.get("X-Amz-Content-Sha256"),
    )


def _expires(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise IncompleteSignature("X-Amz-Expires should be a number")
    if len(text) > 6 or int(text) > MAX_EXPIRES:
        raise IncompleteSignature(
            "X-Amz-Expires must be less than a week (in seconds); "
            f"that is, the given X-Amz-Expires must be less than {MAX_EXPIRES} seconds"
        )
    if int(text) == 0:
        raise IncompleteSignature("X-Amz-Expires must be at least 1 second")
    return int(text)

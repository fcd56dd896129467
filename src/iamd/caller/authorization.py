"""The header form of a signature: `Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from functools import lru_cache

from iamd.caller.claim import Signature
from iamd.caller.signature import (
    ALGORITHM,
    format_timestamp,
    parse_credential,
    parse_date_header,
    parse_timestamp,
    require_signed,
    shown,
)
from iamd.wire.errors import IncompleteSignature
from iamd.wire.http import HttpRequest

# What every SDK sends. Whatever else there is takes the general way, which also finds AWS's words for what is wrong.
_usual = re.compile(
    ALGORITHM + r" Credential=([0-9A-Za-z]{1,128})/([0-9]{8})/([0-9a-z-]{1,64})/([0-9a-z-]{1,64})/aws4_request,"
    r" ?SignedHeaders=([0-9a-z;_-]{1,512}), ?"
).fullmatch
_is_signature = re.compile(r"[0-9a-f]{64}").fullmatch
_separator = re.compile(r"[ \t,]+")


def read(request: HttpRequest, value: str) -> Signature:
    """Read the signature out of the value of an Authorization header.

    Raises IncompleteSignature when it is malformed or of another scheme, SignatureDoesNotMatch when its scope is
    wrong or a header that must be signed is not.
    """
    stamp = request.header(b"x-amz-date")
    scope, _, signature = value.rpartition("Signature=")
    usual = _usual_scope(scope) if stamp and _is_signature(signature) else None
    if usual and stamp and usual[1] == stamp[:8]:
        access_key_id, date, region, service, signed_headers = usual
        timestamp = parse_timestamp(stamp)
        require_signed(request, signed_headers)
    else:
        credential, signed, signature = _general(request, value)
        timestamp = _timestamp(request, value)
        stamp = format_timestamp(timestamp)
        signed_headers = tuple(signed.encode("latin-1").split(b";"))
        require_signed(request, signed_headers)
        access_key_id, date, region, service = parse_credential(credential, stamp)
    return Signature(  # by position, which is quicker compiled
        access_key_id,
        date,
        region,
        service,
        signed_headers,
        signature,
        timestamp,
        stamp,
        request.header(b"x-amz-security-token"),
        request.header(b"x-amz-content-sha256"),
    )


@lru_cache(maxsize=4096)
def _usual_scope(text: str) -> tuple[str, str, str, str, tuple[bytes, ...]] | None:
    """Key, date, region, service and signed headers: a client sends the same ones all day."""
    found = _usual(text)
    if found is None:
        return None
    access_key_id, date, region, service, signed = found.groups()
    return access_key_id, date, region, service, tuple(signed.encode().split(b";"))


def _general(request: HttpRequest, value: str) -> tuple[str, str, str]:
    """Credential, signed headers and signature, in any order, parted by commas or white space as AWS takes them."""
    scheme, *pairs = _separator.split(value.strip(" \t"))
    if scheme != ALGORITHM:
        raise _unsupported(scheme, value)
    fields: dict[str, str] = {}
    for pair in filter(None, pairs):
        name, equals, text = pair.partition("=")
        if not equals:
            raise _not_a_pair(value)
        if name in fields:
            raise IncompleteSignature(
                f"Authorization header requires '{shown(name)}' parameter only once. {_hashed(value)}"
            )
        fields[name] = text
    problems = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not fields.get(name)
    ]
    if problems:
        if request.header(b"x-amz-date") is None and request.header(b"date") is None:
            problems.append(_NO_DATE)
        raise IncompleteSignature(" ".join([*problems, _hashed(value)]))
    return fields["Credential"], fields["SignedHeaders"], fields["Signature"]


_NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."


def _timestamp(request: HttpRequest, value: str) -> datetime:
    text = request.header(b"x-amz-date")
    if text is not None:
        return parse_timestamp(text)
    text = request.header(b"date")
    if text is not None:
        return parse_date_header(text)
    raise IncompleteSignature(f"{_NO_DATE} {_hashed(value)}")


def _unsupported(scheme: str, value: str) -> IncompleteSignature:
    """Signature versions 2, 3 and 4A are known and refused; a scheme that is not AWS's is no list of pairs."""
    if scheme.startswith("AWS"):
        return IncompleteSignature(f"Unsupported AWS 'algorithm': '{shown(scheme)}' (only {ALGORITHM} for now). ")
    return _not_a_pair(value)


def _not_a_pair(value: str) -> IncompleteSignature:
    return IncompleteSignature(
        "Invalid key=value pair (missing equal-sign) in Authorization header "
        f"(hashed with SHA-256 and encoded with Base64): '{_digest(value)}'."
    )


def _hashed(value: str) -> str:
    return f"(Hashed with SHA-256 and encoded with Base64) Authorization={_digest(value)}"


def _digest(value: str) -> str:
    """AWS shows a digest of the header, not the header: a misplaced bearer token must not travel back."""
    return base64.b64encode(hashlib.sha256(value.encode("latin-1")).digest()).decode()

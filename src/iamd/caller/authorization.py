"""The header form of a signature: `Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime

from iamd.caller.signature import (
    ALGORITHM,
    Signature,
    format_timestamp,
    parse_credential,
    parse_date_header,
    parse_timestamp,
    read_signed_headers,
    shown,
)
from iamd.wire.errors import IncompleteSignature
from iamd.wire.http import HttpRequest

# What every SDK sends. Whatever else there is takes the general way, which also finds AWS's words for what is wrong.
_usual = re.compile(
    ALGORITHM + r" Credential=([0-9A-Za-z]+)/([0-9]{8})/([0-9a-z-]{1,64})/([0-9a-z-]{1,64})/aws4_request,"
    r" ?SignedHeaders=([0-9a-z;_-]+), ?Signature=([0-9a-f]{64})"
).fullmatch
_separator = re.compile(r"[ \t,]+")


def read(request: HttpRequest, value: str) -> Signature:
    """Read the signature out of the value of an Authorization header.

    Raises IncompleteSignature when it is malformed or of another scheme, SignatureDoesNotMatch when its scope is
    wrong or a header that must be signed is not.
    """
    stamp = request.header(b"x-amz-date")
    usual = _usual(value)
    if usual and stamp and usual[2] == stamp[:8]:
        access_key_id, date, region, service, signed, signature = usual.groups()
        timestamp = parse_timestamp(stamp)
        signed_headers = read_signed_headers(request, signed)
    else:
        credential, signed, signature = _general(request, value)
        timestamp = _timestamp(request, value)
        stamp = format_timestamp(timestamp)
        signed_headers = read_signed_headers(request, signed)
        access_key_id, date, region, service = parse_credential(credential, stamp)
    return Signature(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        signed_headers=signed_headers,
        signature=signature,
        timestamp=timestamp,
        stamp=stamp,
        token=request.header(b"x-amz-security-token"),
        content_sha256=request.header(b"x-amz-content-sha256"),
    )


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

"""The header form of a signature: `Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from typing import Final

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
_usual: Final = re.compile(
    ALGORITHM + r" Credential=([0-9A-Za-z]{1,128})/(([0-9]{8})/([0-9a-z-]{1,64})/([0-9a-z-]{1,64})/aws4_request),"
    r" ?SignedHeaders=([0-9a-z;_-]{1,512}), ?Signature="
).fullmatch
_separator: Final = re.compile(r"[ \t,]+")


def read(request: HttpRequest, value: str) -> Signature:
    """Read the signature out of the value of an Authorization header.

    Raises IncompleteSignature when it is malformed or of another scheme, SignatureDoesNotMatch when its scope is
    wrong or a header that must be signed is not.
    """
    stamp = request.header(b"x-amz-date")
    signature = value[-64:]
    if stamp is not None and signature.isalnum():  # one word, as `_general` would find it, too
        usual = _usual_beginning(value[:-64])
        if usual is not None and stamp.startswith(usual.date):
            timestamp = parse_timestamp(stamp)
            require_signed(request, usual.signs)
            return _signature(request, usual, signature, timestamp, stamp)
    credential, signed, signature = _general(request, value)
    timestamp = _timestamp(request, value)
    stamp = format_timestamp(timestamp)
    names = tuple(signed.encode("latin-1").split(b";"))
    require_signed(request, frozenset(names))
    access_key_id, date, region, service = parse_credential(credential, stamp)
    return _signature(request, _Beginning(access_key_id, date, region, service, names), signature, timestamp, stamp)


class _Beginning:
    """What an Authorization header says before the signature: key, date, region, service and signed headers."""

    def __init__(
        self, access_key_id: str, date: str, region: str, service: str, names: tuple[bytes, ...], scope: str = ""
    ) -> None:
        self.access_key_id: Final = access_key_id
        self.date: Final = date
        self.region: Final = region
        self.service: Final = service
        self.names: Final = names
        self.signs: Final = frozenset(names)
        self.scope: Final = scope


def _signature(request: HttpRequest, said: _Beginning, signature: str, timestamp: datetime, stamp: str) -> Signature:
    return Signature(  # by position, which is quicker compiled
        said.access_key_id,
        said.date,
        said.region,
        said.service,
        said.names,
        signature,
        timestamp,
        stamp,
        request.header(b"x-amz-security-token"),
        request.header(b"x-amz-content-sha256"),
        scope=said.scope,
    )


def _usual_beginning(text: str) -> _Beginning | None:
    """What every SDK sends, taken apart; None for anything else. A client sends the same one all day."""
    known = _beginnings.get(text)
    if known is not None:
        return known
    found = _usual(text)
    if found is None:
        return None
    access_key_id, scope, date, region, service, signed = found.groups()
    made = _Beginning(access_key_id, date, region, service, tuple(signed.encode().split(b";")), scope)
    if len(_beginnings) >= _MAX_BEGINNINGS:
        _beginnings.clear()
    _beginnings[text] = made
    return made


_beginnings: Final[dict[str, _Beginning]] = {}
_MAX_BEGINNINGS: Final = 4096


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


_NO_DATE: Final = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."


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

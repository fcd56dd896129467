"""Reading what two programs must read alike: whatever could be taken for one thing here and another thing upstream is
refused, so that what was decided on is what is executed."""

from __future__ import annotations

import json
import re
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import cbor2

from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest

SIGNING_PARAMETERS: Final = frozenset(
    f"X-Amz-{name}"
    for name in [
        "Algorithm",
        "Content-Sha256",
        "Credential",
        "Date",
        "Expires",
        "Security-Token",
        "Signature",
        "SignedHeaders",
    ]
)
"""What a presigned request has in its query besides its own parameters."""

_DEPTH: Final = 64
_UNDERSCORE: Final = 95  # for bytes, a number is searched far quicker than bytes
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN_PATH: Final = re.compile(rb"/[!\"$->@-~]*").fullmatch  # neither `#` nor `?`
_PLAIN_QUERY: Final = re.compile(rb"[!\"$-~]*").fullmatch
_MAY_REPEAT: Final = frozenset(
    {b"accept", b"accept-encoding", b"accept-language", b"cache-control", b"via", b"forwarded"}
)


def check_head(request: HttpRequest) -> None:
    """Refuse a request line that is no plain ASCII, and headers that say a thing twice. Raises Ambiguous."""
    query = request.query
    if not _PLAIN_PATH(request.path):
        raise Ambiguous("The path must be plain ASCII: percent-encode other characters.")
    if query and not _PLAIN_QUERY(query):
        raise Ambiguous("The query string must be plain ASCII: percent-encode other characters.")
    if len(request.index) != len(request.headers):
        seen: set[bytes] = set()
        for name, _ in request.headers:
            if name in seen and name not in _MAY_REPEAT and not name.startswith(b"x-forwarded-"):
                raise Ambiguous(f"The header {name.decode('latin-1')} is there twice.")
            seen.add(name)
    for name in request.index:
        if _UNDERSCORE in name:  # some servers take it for `-`
            raise Ambiguous("Names of headers must not hold underscores.")


def plain(text: str, *, form: bool = False) -> str:
    """Percent-encoded text decoded; raises Ambiguous unless it is well-formed UTF-8 without NUL. In a `form` a plus
    is a blank."""
    decoded = text.replace("+", " ") if form else text
    if "%" in text:
        if _BAD_ESCAPE.search(text):
            raise Ambiguous("Invalid percent-encoding.")
        try:
            decoded = unquote_to_bytes(decoded).decode()
        except UnicodeDecodeError:
            raise Ambiguous("The request is not valid UTF-8.") from None
    if "\0" in decoded:
        raise Ambiguous("The request must not hold NUL.")
    return decoded


def pairs(text: bytes) -> list[tuple[str, str]]:
    """The decoded pairs of a query string or form, in order; raises Ambiguous."""
    try:
        split = [pair.partition("=") for pair in text.decode("ascii").split("&") if pair]
    except UnicodeDecodeError:
        raise Ambiguous("Parameters must be plain ASCII: percent-encode other characters.") from None
    return [(plain(name, form=True), plain(value, form=True)) for name, _, value in split]


def once(found: list[tuple[str, str]]) -> dict[str, str]:
    """The pairs by name; raises Ambiguous when a name is there twice."""
    named = dict(found)
    if len(named) != len(found):
        raise Ambiguous("A parameter is there twice.")
    return named


def json_document(body: bytes) -> dict[str, Any]:
    """A JSON object, in which no name is there twice, nor at the top two that differ in case only. Raises Ambiguous."""
    if not body:
        return {}
    try:
        document = json.loads(body.decode(), object_pairs_hook=_named, parse_constant=_no_constant)
    except Ambiguous:
        raise
    except (ValueError, RecursionError):
        raise Ambiguous("The request body is not a JSON object.") from None
    return _object(document)


def cbor_document(body: bytes) -> dict[str, Any]:
    """The same for CBOR."""
    if not body:
        return {}
    try:
        document = cbor2.loads(body, allow_duplicate_keys=False, strict_hashable_types=True, max_depth=_DEPTH)
    except Exception:  # its decoders of tags raise what they like
        raise Ambiguous("The request body is not a CBOR map, or holds a name twice.") from None
    return _object(document)


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict) or not all(isinstance(name, str) for name in document):
        raise Ambiguous("The request body is not an object.")
    if len({name.lower() for name in document}) != len(document):
        raise Ambiguous("Names in the request body differ in case only.")
    return document


def _named(found: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(found)
    if len(named) != len(found):
        raise Ambiguous("A name is there twice in the request body.")
    return named


def _no_constant(name: str) -> float:
    raise Ambiguous(f"{name} is no JSON.")

"""The parts of a signature, read: dates, scopes, signed headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from iamd.wire.errors import IncompleteSignature, SignatureDoesNotMatch
from iamd.wire.http import HttpRequest

ALGORITHM: Final = "AWS4-HMAC-SHA256"
TERMINATOR: Final = "aws4_request"

# Bounded, because regions and services become keys of the signing-key cache before the signature is known to hold.
_is_scope_name: Final = re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch


def parse_timestamp(text: str) -> datetime:
    """The moment of an ISO 8601 basic-format text such as `20150830T123600Z`; raises IncompleteSignature."""
    known = _moments.get(text)
    if known is not None:
        return known
    if len(text) == 16 and text[8] == "T" and text[15] == "Z":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            if len(_moments) >= _MAX_MOMENTS:
                _moments.clear()
            _moments[text] = moment
            return moment
    raise IncompleteSignature(
        f"Date must be in ISO-8601 'basic format'. Got '{shown(text)}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )


_moments: Final[dict[str, datetime]] = {}  # all requests of a second have the same one
_MAX_MOMENTS: Final = 1024


def parse_date_header(text: str) -> datetime:
    """The moment of a `Date` header, in ISO 8601 basic format or that of RFC 9110; raises IncompleteSignature."""
    try:
        moment = parsedate_to_datetime(text[:64])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return parse_timestamp(text)


def format_timestamp(moment: datetime) -> str:
    """The ISO 8601 basic form of a moment in UTC, as signatures have it."""
    return moment.strftime("%Y%m%dT%H%M%SZ")


def parse_credential(credential: str, stamp: str) -> tuple[str, str, str, str]:
    """Split a credential into access key id, date, region and service; `stamp` is the request's date.

    Raises IncompleteSignature when it has not five elements, SignatureDoesNotMatch naming everything that is wrong
    with its scope. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
    """
    elements = credential.split("/")
    if len(elements) != 5 or not elements[0]:
        raise IncompleteSignature(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{shown(credential)}'"
        )
    access_key_id, date, region, service, terminator = elements
    problems = []
    if not _is_scope_name(region):
        problems.append(f"Credential should be scoped to a valid region, not '{shown(region)}'. ")
    if not _is_scope_name(service):
        problems.append("Credential should be scoped to a valid service. ")
    if terminator != TERMINATOR:
        problems.append(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{shown(terminator)}'. "
        )
    if date != stamp[:8]:
        problems.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{shown(date)}' != '{stamp[:8]}', from '{stamp}'."
        )
    if problems:
        raise SignatureDoesNotMatch("".join(problems))
    return access_key_id, date, region, service


def require_signed(request: HttpRequest, signed_headers: frozenset[bytes]) -> None:
    """Raise SignatureDoesNotMatch unless the host and all `x-amz-*` headers are among the signed ones.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
    """
    if b"host" not in signed_headers:
        raise SignatureDoesNotMatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    for name, _ in request.headers:
        if name.startswith(b"x-amz-") and name not in signed_headers:
            raise SignatureDoesNotMatch(
                f"'{shown(name.decode('latin-1'))}' must be a 'SignedHeader' in the AWS Authorization."
            )


def shown(text: str) -> str:
    """Foreign text made fit for a message: bounded, and without characters that XML cannot carry."""
    return "".join(character if character.isprintable() else "?" for character in text[:256])

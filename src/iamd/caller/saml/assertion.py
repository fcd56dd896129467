"""What a signed assertion says, and whether it says it to this service, now.

The rules are the page "Configure SAML assertions for the authentication response", and what was seen of live AWS.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from iamd.caller.saml.document import SAML, Element, only, text
from iamd.caller.saml.refusals import MALFORMED, Expired, Invalid

LIFETIME: Final = timedelta(minutes=5)  # from issue to use
SKEW: Final = timedelta(minutes=5)  # of the provider's clock, where it is ahead
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

_ANYONE = "urn:amazon:webservices"  # the audience that AWS documents besides its sign-in endpoints
_FORMATS = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?")

IsOurs = Callable[[str], bool]  # whether a URL is a sign-in endpoint of this service

_EXPIRED = "Response has expired"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What the identity provider says of a user, under an id of its own.

    `subject_type` is the name's format without the prefix of SAML 2.0 (`persistent`, `transient`), any other one in
    full; `recipient` the sign-in endpoint that it is addressed to; `attributes` the values by name, in order;
    `session_ends` is when the user's session at the provider ends, where it says so.
    """

    id: str
    issuer: str
    subject: str
    subject_type: str
    recipient: str
    attributes: Mapping[str, tuple[str, ...]]
    session_ends: datetime | None = None


def read(element: Element, is_ours: IsOurs, request_id: str | None, now: datetime) -> Assertion:
    """The assertion of a verified element, which is for this service and still good.

    `request_id` is what the response said it answers. Raises Invalid and Expired.
    """
    if element.get("Version") != "2.0":
        raise Invalid(MALFORMED)
    subject = only(element, f"{SAML}Subject")
    name = only(subject, f"{SAML}NameID")
    if not name.get("Format") or not text(name):
        raise Invalid(MALFORMED)
    recipient = _confirmed(only(subject, f"{SAML}SubjectConfirmation"), is_ours, request_id, now)
    _check_conditions(only(element, f"{SAML}Conditions"), is_ours, now)
    issued = _time(element, "IssueInstant")
    if issued > now + SKEW:
        raise Invalid("Response was issued in the future")
    if issued < now - LIFETIME:
        raise Expired("Token must be redeemed within 5 minutes of issuance")
    return Assertion(
        id=element.get("ID", ""),
        issuer=text(only(element, f"{SAML}Issuer")),
        subject=text(name),
        subject_type=name.get("Format", "").removeprefix(_FORMATS),
        recipient=recipient,
        attributes=attributes(element),
        session_ends=_session_end(element, now),
    )


def _confirmed(confirmation: Element, is_ours: IsOurs, request_id: str | None, now: datetime) -> str:
    """The recipient of a bearer's confirmation."""
    data = only(confirmation, f"{SAML}SubjectConfirmationData")
    recipient = data.get("Recipient", "")
    if confirmation.get("Method") != BEARER or not is_ours(recipient):
        raise Invalid(MALFORMED)
    if request_id is not None and data.get("InResponseTo", request_id) != request_id:
        raise Invalid(MALFORMED)
    if _time(data, "NotOnOrAfter") <= now:
        raise Expired(_EXPIRED)
    return recipient


def _check_conditions(conditions: Element, is_ours: IsOurs, now: datetime) -> None:
    """For whom and when it is good. AWS does not look at audiences and at times to come; iamd does, but allows clocks
    to differ: an assertion for another service is none for this one."""
    if conditions.get("NotOnOrAfter") is not None and _time(conditions, "NotOnOrAfter") <= now:
        raise Expired(_EXPIRED)
    if conditions.get("NotBefore") is not None and _time(conditions, "NotBefore") > now + SKEW:
        raise Invalid("Response is not yet valid")
    for restriction in conditions.findall(f"{SAML}AudienceRestriction"):
        audiences = [text(audience) for audience in restriction.findall(f"{SAML}Audience")]
        if not any(audience == _ANYONE or is_ours(audience) for audience in audiences):
            raise Invalid("Response does not contain the required audience.")


def _session_end(element: Element, now: datetime) -> datetime | None:
    """The earliest end of the user's sessions; there must be a statement of how the user was authenticated."""
    statements = element.findall(f"{SAML}AuthnStatement")
    if not statements:
        raise Invalid(MALFORMED)
    ends = [_time(s, "SessionNotOnOrAfter") for s in statements if s.get("SessionNotOnOrAfter") is not None]
    if any(end <= now for end in ends):
        raise Expired(_EXPIRED)
    return min(ends, default=None)


def attributes(element: Element) -> dict[str, tuple[str, ...]]:
    """The values of each attribute, also of one that is there several times."""
    found: dict[str, list[str]] = {}
    for attribute in element.iterfind(f"{SAML}AttributeStatement/{SAML}Attribute"):
        found.setdefault(attribute.get("Name", ""), []).extend(_values(attribute))
    return {name: tuple(values) for name, values in found.items()}


def _values(attribute: Element) -> list[str]:
    """The values that are text; others, such as a NameID inside eduPersonTargetedID, by the text in them."""
    return ["".join(map(str, value.itertext())).strip() for value in attribute.findall(f"{SAML}AttributeValue")]


def _time(element: Element, attribute: str) -> datetime:
    """A time of XML Schema, which is in UTC unless it says otherwise. Raises Invalid."""
    written = element.get(attribute, "").strip()
    if not _TIME.fullmatch(written):
        raise Invalid(MALFORMED)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Invalid(MALFORMED) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

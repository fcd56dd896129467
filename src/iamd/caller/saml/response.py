"""A SAML response: decoded, verified, decrypted, and then read, in this order.

https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf, section 4.1.4.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from iamd.caller.saml import assertion, encryption, metadata, signatures
from iamd.caller.saml.assertion import Assertion
from iamd.caller.saml.document import PROTOCOL, SAML, Element, at_most_one, only, parse, text
from iamd.caller.saml.provider import Provider
from iamd.caller.saml.refusals import MALFORMED, UNSIGNED, Invalid, Rejected

_SUCCESS: Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
_STRANGER: Final = "Issuer not present in specified provider"


# Metadata may have ten million characters; those of the providers in use are read once.
_described = lru_cache(maxsize=64)(metadata.issuers)
Issuers = Mapping[str, tuple[bytes, ...]]  # certificates by entity id


def read(encoded: str, provider: Provider, now: datetime) -> Assertion:
    """What a Base64 response of the provider says. Raises Invalid, Expired and Rejected.

    The assertion is signed, or the whole response, or both; a signature that is there must hold. The same response may
    be read again while it is good, as on AWS.
    """
    response = parse(_decoded(encoded))
    if response.tag != f"{PROTOCOL}Response" or response.get("Version") != "2.0":
        raise Invalid(MALFORMED)
    issuers = {issuer.entity_id: issuer.certificates for issuer in _described(provider.metadata)}
    whole = signatures.is_signed(response)
    if whole:
        response = signatures.verified(response, _certificates(response, issuers))
    if only(only(response, f"{PROTOCOL}Status"), f"{PROTOCOL}StatusCode").get("Value") != _SUCCESS:
        raise Rejected("The identity provider did not authenticate the user.")
    told = _assertion(response, whole, provider, issuers)
    issuer = at_most_one(response, f"{SAML}Issuer")
    if issuer is not None and text(issuer) != text(only(told, f"{SAML}Issuer")):
        raise Invalid(_STRANGER)
    return assertion.read(told, provider.is_addressed, response.get("InResponseTo"), now)


def unverified_attributes(encoded: str) -> Mapping[str, tuple[str, ...]]:
    """The attributes that a Base64 response claims, whoever wrote it: only to find out whom to ask about it, with `read`.
    Raises Invalid, also where they are encrypted."""
    response = parse(_decoded(encoded))
    if _count(response, "EncryptedAssertion"):
        raise Invalid("Response is encrypted, so it does not tell which provider to ask")
    return assertion.attributes(only(response, f"{SAML}Assertion"))


def _assertion(response: Element, whole: bool, provider: Provider, issuers: Issuers) -> Element:
    """The response's one assertion, as it was signed by itself or as part of the whole response."""
    if _count(response, "EncryptedAssertion"):
        try:
            return _signed(_opened(response, provider), whole, issuers)
        except Invalid:
            raise Invalid(UNSIGNED) from None  # always the same: see `encryption`
    if provider.encrypted:
        raise Invalid("Response must contain an encrypted assertion")
    if _count(response, "Assertion") != 1:
        raise Invalid(MALFORMED)
    return _signed(only(response, f"{SAML}Assertion"), whole, issuers)


def _opened(response: Element, provider: Provider) -> Element:
    sealed = only(response, f"{SAML}EncryptedAssertion")
    if _count(response, "EncryptedAssertion") != 1 or _count(response, "Assertion"):
        raise Invalid(MALFORMED)
    opened = encryption.decrypted(sealed, provider.keys)
    if _count(opened, "EncryptedAssertion") or _count(opened, "Assertion") != 1:
        raise Invalid(MALFORMED)
    return opened


def _signed(element: Element, whole: bool, issuers: Issuers) -> Element:
    certificates = _certificates(element, issuers)
    if signatures.is_signed(element):
        return signatures.verified(element, certificates)
    if not whole:
        raise Invalid(UNSIGNED)
    return element


def _certificates(element: Element, issuers: Issuers) -> tuple[bytes, ...]:
    """Those of the issuer that a response or an assertion names."""
    certificates = issuers.get(text(only(element, f"{SAML}Issuer")))
    if certificates is None:
        raise Invalid(_STRANGER)
    return certificates


def _count(element: Element, name: str) -> int:
    """How many there are, at any depth: a second one, wherever it hides, is an attack."""
    return sum(1 for _ in element.iter(f"{SAML}{name}"))


def _decoded(encoded: str) -> bytes:
    """The bytes of Base64 text, which may have line breaks in it, as identity providers write them."""
    try:
        return base64.b64decode("".join(encoded.split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Invalid(MALFORMED) from None

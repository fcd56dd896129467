"""What a certificate tells, as session tags: `x509Subject/CN`, `x509Issuer/O`, `x509SAN/DNS` and so on.

https://docs.aws.amazon.com/rolesanywhere/latest/userguide/attribute-mapping.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from iamd.caller.certificates.chains import Untrusted

SUBJECT, ISSUER, SAN = "x509Subject", "x509Issuer", "x509SAN"
DEFAULT: Mapping[str, tuple[str, ...]] = {ISSUER: ("*",), SAN: ("DNS", "URI", "Name/*"), SUBJECT: ("*",)}
"""The specifiers of each field, of a profile that says nothing."""

_ATTRIBUTES: Mapping[ObjectIdentifier, str] = {
    NameOID.COMMON_NAME: "CN",
    NameOID.SURNAME: "SN",
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.COUNTRY_NAME: "C",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.STREET_ADDRESS: "STREET",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.TITLE: "T",
    NameOID.GIVEN_NAME: "GN",
    NameOID.INITIALS: "initials",
    NameOID.GENERATION_QUALIFIER: "generationQualifier",
    NameOID.DN_QUALIFIER: "dnQualifier",
    NameOID.PSEUDONYM: "pseudonym",
    NameOID.USER_ID: "UID",
    NameOID.DOMAIN_COMPONENT: "DC",
}
SPECIFIERS = frozenset({"*", *_ATTRIBUTES.values()})
SAN_SPECIFIERS = frozenset({"DNS", "URI", *(f"Name/{name}" for name in SPECIFIERS)})

_MAX_VALUE = 256
_is_identity = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII).fullmatch


def is_specifier(field: str, specifier: str) -> bool:
    """Whether a mapping rule of the field may name it."""
    return specifier in (SAN_SPECIFIERS if field == SAN else SPECIFIERS)


def session_tags(certificate: x509.Certificate, mappings: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """The tags that the mappings take from the certificate; of several values of a kind the first counts.

    Raises Untrusted for a value that no tag can hold.
    """
    tags: dict[str, str] = {}
    for field, specifiers in mappings.items():
        for name, value in _values(certificate, field):
            wanted = name in specifiers or f"{name.rpartition('/')[0]}/*".lstrip("/") in specifiers
            if wanted or ("*" in specifiers and "/" not in name):
                tags.setdefault(f"{field}/{name}", value)
    for name, value in tags.items():
        if len(value) > _MAX_VALUE:
            raise Untrusted(f"The value of {name} in the certificate is longer than a session tag may be")
    return tuple(tags.items())


def _values(certificate: x509.Certificate, field: str) -> Iterator[tuple[str, str]]:
    """Name and value of everything in a field, in the certificate's order. Raises Untrusted."""
    try:
        if field == SUBJECT:
            yield from _named(certificate.subject)
        elif field == ISSUER:
            yield from _named(certificate.issuer)
        else:
            yield from _alternatives(certificate)
    except (TypeError, ValueError):  # the parser reads names when they are asked for
        raise Untrusted("The names in the certificate cannot be read") from None


def _named(name: x509.Name) -> Iterator[tuple[str, str]]:
    for attribute in name:
        known = _ATTRIBUTES.get(attribute.oid)
        if known is not None and isinstance(attribute.value, str):
            yield known, attribute.value


def _alternatives(certificate: x509.Certificate) -> Iterator[tuple[str, str]]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    for name in names:
        if isinstance(name, x509.DNSName):
            yield "DNS", name.value
        elif isinstance(name, x509.UniformResourceIdentifier):
            yield "URI", name.value
        elif isinstance(name, x509.DirectoryName):
            for known, value in _named(name.value):
                yield f"Name/{known}", value


def source_identity(certificate: x509.Certificate) -> str | None:
    """The subject's common name, where it can be a source identity. Raises Untrusted."""
    name = next((value for known, value in _values(certificate, SUBJECT) if known == "CN"), None)
    return name if name is not None and _is_identity(name) else None


def session_name(certificate: x509.Certificate) -> str:
    """The certificate's serial number in hexadecimal digits, two for each byte."""
    digits = f"{certificate.serial_number:x}"
    return digits.rjust(len(digits) + len(digits) % 2, "0")

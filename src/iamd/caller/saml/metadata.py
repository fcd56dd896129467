"""SAML 2.0 metadata: who may issue assertions, and the certificates of the keys that sign them.

The document is read as a stream by expat. It is data of strangers: a document type, and with it every entity, is
refused, nothing is fetched, and depth is bounded; what is kept does not grow but with the issuers and certificates.
https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

from cryptography import x509

_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_ENTITIES, _ENTITY, _ISSUER_ROLE, _KEY = (
    f"{_METADATA} {name}" for name in ("EntitiesDescriptor", "EntityDescriptor", "IDPSSODescriptor", "KeyDescriptor")
)
_SIGN_IN = f"{_METADATA} SingleSignOnService"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_CERTIFICATE = "http://www.w3.org/2000/09/xmldsig# X509Certificate"
_MAX_DEPTH = 64
_WHITE_SPACE = b" \t\r\n"


class MalformedMetadata(Exception):
    """The document is no SAML metadata, or a certificate in it is none."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider of the metadata: its entity id, the certificates (DER) of its signing keys, and where people
    are sent to with a redirect to sign in, if it tells."""

    entity_id: str
    certificates: tuple[bytes, ...]
    redirect: str | None = None


def issuers(document: str) -> tuple[Issuer, ...]:
    """The issuers of assertions that the document describes, which may be none. Raises MalformedMetadata.

    AWS takes keys of every use, missing certificates and end points, and past `validUntil` dates (seen of live AWS);
    a key that is for encryption only signs nothing, and its certificate is left out.
    """
    reader = _Reader()
    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.StartElementHandler = reader.start
    parser.CharacterDataHandler = reader.text
    parser.EndElementHandler = reader.end
    try:
        parser.Parse(document.encode(), True)
    except (ExpatError, UnicodeEncodeError):
        raise MalformedMetadata from None
    return tuple(reader.issuers)


@dataclass(slots=True)
class _Reader:
    """What the parser tells, as it reads."""

    issuers: list[Issuer] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    entity_id: str = ""
    signs: bool = False
    issues: bool = False
    certificates: list[bytes] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    redirect: str | None = None

    def refuse(self, *_: object) -> None:
        raise MalformedMetadata

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.path) >= _MAX_DEPTH or (not self.path and name not in (_ENTITIES, _ENTITY)):
            raise MalformedMetadata
        self.path.append(name)
        if name == _ENTITY:
            self.entity_id, self.issues, self.certificates = attributes.get("entityID", ""), False, []
            self.redirect = None
            if not self.entity_id:
                raise MalformedMetadata
        elif name == _ISSUER_ROLE:
            self.issues = True
        elif name == _SIGN_IN and attributes.get("Binding") == _REDIRECT:
            self.redirect = _web_address(attributes.get("Location", ""))
        elif name == _KEY:
            self.signs = _ISSUER_ROLE in self.path and attributes.get("use", "signing") == "signing"
        elif name == _CERTIFICATE:
            self.pieces = []

    def text(self, piece: str) -> None:
        if self.path[-1] == _CERTIFICATE:
            self.pieces.append(piece)

    def end(self, name: str) -> None:
        if name == _CERTIFICATE:
            certificate = _certificate("".join(self.pieces))
            if self.signs:
                self.certificates.append(certificate)
        elif name == _KEY:
            self.signs = False
        elif name == _ENTITY and self.issues:
            self.issuers.append(Issuer(self.entity_id, tuple(self.certificates), self.redirect))
        self.path.pop()


def _web_address(location: str) -> str | None:
    """An address that browsers may be sent to; None for what is none."""
    is_one = location.startswith(("https://", "http://")) and location.isascii() and location.isprintable()
    return location if is_one and " " not in location else None


def _certificate(text: str) -> bytes:
    """The certificate, DER, that Base64 text holds."""
    try:
        der = base64.b64decode(text.encode().translate(None, _WHITE_SPACE), validate=True)
        x509.load_der_x509_certificate(der)
    except (binascii.Error, ValueError):
        raise MalformedMetadata from None
    return der

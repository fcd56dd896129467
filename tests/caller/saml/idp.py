"""An identity provider for tests: its own key, its metadata, and responses that are right unless told otherwise."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.signer import XMLSigner

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
PROTOCOL = "{urn:oasis:names:tc:SAML:2.0:protocol}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
SIGN_IN = "https://signin.aws.amazon.com/saml"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
ENTITY = "https://idp.example.com/metadata"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(name: str = "idp") -> rsa.RSAPrivateKey:
    """The key of that name, the same for the whole run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: Key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@cache
def certificate(key: Key) -> bytes:
    """A certificate of the key, DER; it expired long ago, which AWS does not mind."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    return (
        builder.not_valid_after(datetime(2021, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    )


def metadata(*keys: Key, entity: str = ENTITY) -> str:
    """A metadata document with those signing keys."""
    described = "".join(
        '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{base64.encodebytes(certificate(key)).decode()}</ds:X509Certificate>"
        "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for key in keys
    )
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}">'
        '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f"{described}</md:IDPSSODescriptor></md:EntityDescriptor><!--{'x' * 1000}-->"
    )


def stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass
class Story:
    """What a response says. Times are told from `now`, in seconds; None leaves an element or attribute out."""

    now: datetime
    subject: str = "jane@example.com"
    name_format: str | None = PERSISTENT
    issuer: str = ENTITY
    response_issuer: str | None = ENTITY
    recipient: str | None = SIGN_IN
    audiences: Sequence[str] = ("urn:amazon:webservices",)
    issued: int = 0
    not_before: int | None = -30
    expires: int | None = 300
    confirmed_until: int | None = 300
    session_ends: int | None = None
    method: str = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    status: str = "Success"
    in_response_to: str | None = None
    confirmed_request: str | None = None
    confirmations: int = 1
    authenticated: bool = True
    conditions: bool = True
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def at(self, seconds: int | None) -> str | None:
        return None if seconds is None else stamp(self.now + timedelta(seconds=seconds))

    def assertion(self) -> str:
        confirmation = (
            f"<saml:SubjectConfirmation Method={quoteattr(self.method)}><saml:SubjectConfirmationData"
            f"{_attribute('NotOnOrAfter', self.at(self.confirmed_until))}{_attribute('Recipient', self.recipient)}"
            f"{_attribute('InResponseTo', self.confirmed_request)}/></saml:SubjectConfirmation>"
        )
        restriction = "".join(f"<saml:Audience>{escape(each)}</saml:Audience>" for each in self.audiences)
        if restriction:
            restriction = f"<saml:AudienceRestriction>{restriction}</saml:AudienceRestriction>"
        conditions = (
            f"<saml:Conditions{_attribute('NotBefore', self.at(self.not_before))}"
            f"{_attribute('NotOnOrAfter', self.at(self.expires))}>{restriction}</saml:Conditions>"
        )
        authenticated = (
            f'<saml:AuthnStatement AuthnInstant="{self.at(0)}"'
            f"{_attribute('SessionNotOnOrAfter', self.at(self.session_ends))}><saml:AuthnContext>"
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
            "</saml:AuthnContext></saml:AuthnStatement>"
        )
        return (
            '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0" '
            f'ID="_{secrets.token_hex(8)}" IssueInstant="{self.at(self.issued)}">'
            f"<saml:Issuer>{escape(self.issuer)}</saml:Issuer>"
            f"<saml:Subject><saml:NameID{_attribute('Format', self.name_format)}>{escape(self.subject)}</saml:NameID>"
            f"{confirmation * self.confirmations}</saml:Subject>{conditions if self.conditions else ''}"
            f"{authenticated if self.authenticated else ''}<saml:AttributeStatement>{self._attributes()}"
            "</saml:AttributeStatement></saml:Assertion>"
        )

    def _attributes(self) -> str:
        return "".join(
            f"<saml:Attribute Name={quoteattr(name)}>"
            + "".join(f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in self.attributes.items()
        )

    def response(self, assertion: str | None = None) -> str:
        issuer = "" if self.response_issuer is None else f"<saml:Issuer>{escape(self.response_issuer)}</saml:Issuer>"
        return (
            '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
            f'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0" ID="_{secrets.token_hex(8)}" '
            f'IssueInstant="{self.at(self.issued)}"{_attribute("InResponseTo", self.in_response_to)}>{issuer}'
            f'<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{self.status}"/></samlp:Status>'
            f"{self.assertion() if assertion is None else assertion}</samlp:Response>"
        )


def _attribute(name: str, value: str | None) -> str:
    return "" if value is None else f" {name}={quoteattr(value)}"


def tree(text: str) -> Any:
    return etree.fromstring(text.encode())


def signed(element: Any, key: Key | None = None, **how: Any) -> Any:
    """The element with a signature after its Issuer, as SAML wants it."""
    key = key or rsa_key()
    method = SignatureMethod.ECDSA_SHA256 if isinstance(key, ec.EllipticCurvePrivateKey) else SignatureMethod.RSA_SHA256
    place = etree.Element(f"{DS}Signature", Id="placeholder", nsmap={"ds": DS[1:-1]})
    element.insert(1, place)
    signer = XMLSigner(
        **{"signature_algorithm": method, "c14n_algorithm": "http://www.w3.org/2001/10/xml-exc-c14n#", **how}
    )
    pem_certificate = x509.load_der_x509_certificate(certificate(key)).public_bytes(Encoding.PEM).decode()
    return signer.sign(
        element, key=pem(key), cert=pem_certificate, reference_uri="#" + element.get("ID"), id_attribute="ID"
    )


def signed_response(story: Story, key: Key | None = None, **how: Any) -> Any:
    """A response whose assertion is signed."""
    response = tree(story.response(""))
    response.append(signed(tree(story.assertion()), key, **how))
    return response


def encoded(response: Any) -> str:
    """Base64 of a response, given as an element, text or bytes."""
    if isinstance(response, str):
        response = response.encode()
    return base64.b64encode(response if isinstance(response, bytes) else etree.tostring(response)).decode()

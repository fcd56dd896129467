"""Metadata of identity providers, and keys, for the tests of SAML."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

ENTITY = "https://idp.example.com/"
PADDING = f"<!--{'x' * 1000}-->"  # metadata has at least 1,000 characters


@cache
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(encryption: KeySerializationEncryption | None = None, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return key().private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


def encrypted_pem() -> str:
    return pem(BestAvailableEncryption(b"secret"))


@cache
def certificate() -> bytes:
    """A certificate, DER, that expired long ago: AWS does not mind."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key().public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    signed = builder.not_valid_after(datetime(2021, 1, 1, tzinfo=UTC)).sign(key(), hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def base64_certificate() -> str:
    return base64.encodebytes(certificate()).decode()


def key_descriptor(use: str = ' use="signing"', certificate_text: str | None = None) -> str:
    text = base64_certificate() if certificate_text is None else certificate_text
    return (
        f'<KeyDescriptor{use}><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
        f"<X509Certificate>{text}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
    )


def entity(entity_id: str = ENTITY, *keys: str, role: str = "IDPSSODescriptor") -> str:
    """An EntityDescriptor with those KeyDescriptors in one role."""
    inner = f'<{role} protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{"".join(keys)}</{role}>'
    return (
        f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}" '
        f'validUntil="2020-01-01T00:00:00Z">{inner}</EntityDescriptor>'
    )


def entities(*inner: str) -> str:
    return f'<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">{"".join(inner)}</EntitiesDescriptor>'


def metadata(entity_id: str = ENTITY) -> str:
    """A metadata document as an identity provider would give it."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + entity(entity_id, key_descriptor()) + PADDING

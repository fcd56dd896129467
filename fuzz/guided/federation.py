"""What identity providers and certificates tell of people and machines: believed only where it was signed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import ECKey

from fuzz.guided.protocols import request
from fuzz.guided.target import Target
from iamd.caller import dpop, identity_tokens
from iamd.caller.certificates import attributes, chains, signing
from iamd.caller.saml import metadata, response
from iamd.caller.saml.provider import Provider
from iamd.caller.saml.refusals import Refusal
from iamd.wire.errors import AwsError
from tests.caller.saml import idp

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_STORY = idp.Story(_NOW, attributes={f"{idp.ATTRIBUTES}RoleSessionName": ["jane"]})
_MAPPINGS = dict.fromkeys((attributes.SUBJECT, attributes.ISSUER, attributes.SAN), ("*", "CN", "DNS", "URI"))


@cache
def _provider() -> Provider:
    return Provider("saml-provider", idp.metadata(idp.rsa_key()))


@cache
def _key() -> ECKey:
    return ECKey.generate_key("P-256", private=True)


def _saml(data: bytes) -> object:
    """A response: what is believed is what was signed."""
    encoded = base64.b64encode(data).decode()
    try:
        told = response.read(encoded, _provider(), _NOW)
    except Refusal as refusal:
        response.unverified_attributes(encoded)
        return type(refusal).__name__
    assert (told.subject, told.recipient, told.issuer) == (_STORY.subject, idp.SIGN_IN, idp.ENTITY), told
    assert told.attributes == {name: tuple(values) for name, values in _STORY.attributes.items()}, told
    return "believed"


def _responses() -> Sequence[bytes]:
    """A response with a signed assertion, and one signed as a whole."""
    whole = idp.signed(idp.tree(_STORY.response()))
    return [base64.b64decode(idp.encoded(each)) for each in (idp.signed_response(_STORY), whole)]


def _metadata(data: bytes) -> object:
    """A metadata document."""
    return metadata.issuers(data.decode("utf-8", "surrogateescape"))


def _described() -> Sequence[bytes]:
    return [idp.metadata(idp.rsa_key()).encode()]


def _id_token(data: bytes) -> object:
    """Claims of an ID token, in a token that is signed; and the same bytes as a whole token."""
    parts = (b'{"alg":"ES256","kid":"k"}', data, b"signature")
    for text in (data, b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)):
        try:
            token = identity_tokens.read(text.decode("latin-1"))
            told = token.issuer, token.kid, identity_tokens.check(token.claims, ("client",), _NOW)
        except AwsError as error:
            told = (type(error).__name__, error.message, "")
        else:
            try:
                identity_tokens.verify(token, _key())
            except AwsError:
                continue
            raise AssertionError("nobody signed it")
    return told


def _proof(data: bytes) -> object:
    """Claims of a proof of possession that is signed, as any client can make one; and the same bytes as a whole proof."""
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": _key().as_dict(private=False)}
    signed = jws.serialize_compact(header, data, _key(), algorithms=["ES256"], registry=_ANY_HEADER)
    for text in (data.decode("latin-1"), signed):
        try:
            told = dpop.verify(text, "POST", "127.0.0.1:4500", "/token", _NOW).jti
        except dpop.Unproven as unproven:
            told = str(unproven)
    return told


_ANY_HEADER = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


def _certificate(data: bytes) -> object:
    """A certificate in DER: as one that signs a request, as an authority, as a revocation list, and what it tells."""
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(data) + b"-----END CERTIFICATE-----\n"
    for read in (lambda: chains.read_bundle(pem.decode()), lambda: chains.read_crl(data)):
        try:
            read()
        except ValueError:
            continue
    certificate = signing._certificate(base64.b64encode(data).decode())
    chains.verify(certificate, (), (certificate,), (), _NOW)
    told = attributes.session_tags(certificate, _MAPPINGS)
    return told, attributes.source_identity(certificate), attributes.session_name(certificate)


def _certificates() -> Sequence[bytes]:
    """A certificate with names of every kind."""
    key = ec.derive_private_key(7, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "host"), x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")])
    others = [x509.DNSName("a.example"), x509.UniformResourceIdentifier("spiffe://a/b"), x509.DirectoryName(name)]
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(_NOW).not_valid_after(_NOW + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName(others), False)
    builder = builder.add_extension(x509.BasicConstraints(True, None), True)
    return [builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)]


def _signed_by_certificate(data: bytes) -> object:
    """A request to IAM Roles Anywhere."""
    return signing.verify(request(data), _NOW).region


def targets() -> Sequence[Target]:
    """Those of this module."""
    claims = [f'"{name}":' for name in (*identity_tokens.REQUIRED, "azp", "nbf", "htu", "htm", "jti")]
    http = ("authorization: AWS4-X509-ECDSA-SHA256 Credential=7/20260101/us-east-1/rolesanywhere/aws4_request",)
    xml = ("<saml:Assertion", "<ds:Signature", "<!DOCTYPE", "<?x?>", "<!--x-->", "<![CDATA[x]]>", ' ID="', "&#x0;")
    return (
        Target("saml", _saml, (Refusal,), xml, _responses),
        Target("metadata", _metadata, (metadata.MalformedMetadata,), xml, _described),
        Target("id-token", _id_token, words=(*claims, "1767225600", "1e400", '"client"', "[", "null", "e30.e30.e30")),
        Target("proof", _proof, words=(*claims, '"POST"', '"http://127.0.0.1:4500/token"', "1767225600")),
        Target("certificate", _certificate, (chains.Untrusted,), samples=_certificates),
        Target("certificate-request", _signed_by_certificate, (chains.Untrusted,), (*http, quote("x"), "x-amz-x509:")),
    )

"""Requests that are signed with a certificate's key: `AWS4-X509-RSA-SHA256` and `AWS4-X509-ECDSA-SHA256`.

As Signature Version 4, except that the key is asymmetric, the certificate travels along, and its serial number stands
for the access key id. https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from iamd.caller.canonical import canonical_request
from iamd.caller.certificates.chains import MAX_DEPTH, Untrusted
from iamd.caller.signature import TERMINATOR, parse_credential, parse_timestamp, require_signed
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest

CERTIFICATE, CHAIN = b"x-amz-x509", b"x-amz-x509-chain"
SKEW = timedelta(minutes=5)
SERVICE = "rolesanywhere"
MIN_RSA_BITS = 2_048
_MAX_DER = 16_384  # bytes of one certificate
_authorization = re.compile(
    r"(AWS4-X509-(?:RSA|ECDSA)-SHA256) Credential=([^,\s]{1,200}), ?SignedHeaders=([0-9a-z;_-]{1,500}), ?"
    r"Signature=((?:[0-9a-f]{2}){8,1024})"
).fullmatch


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signature held, by the key of this certificate; nothing is known yet of who issued it."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    region: str


def verify(request: HttpRequest, now: datetime) -> Signed:
    """Whose key signed the request; raises Untrusted, in words that a client may read."""
    parts = _authorization(request.header(b"authorization") or "")
    if parts is None:
        raise Untrusted("The Authorization header is missing or malformed")
    algorithm, credential, names, signature = parts.groups()
    try:
        stamp = request.header(b"x-amz-date") or ""
        moment = parse_timestamp(stamp)
        serial, date, region, service = parse_credential(credential, stamp)
        signed_headers = tuple(names.encode().split(b";"))
        require_signed(request, frozenset(signed_headers))
    except AwsError as error:
        raise Untrusted(error.message) from None
    if service != SERVICE or CERTIFICATE not in signed_headers:
        raise Untrusted("The credential scope or the signed headers are not those of IAM Roles Anywhere")
    if abs(now - moment) > SKEW:
        raise Untrusted("Signature expired or not yet current")
    certificate = _certificate(request.header(CERTIFICATE) or "")
    if serial != str(certificate.serial_number):
        raise Untrusted("The credential does not name the serial number of the certificate")
    canonical = canonical_request(request, SERVICE, signed_headers, hashlib.sha256(request.body).hexdigest())
    digest = hashlib.sha256(canonical).hexdigest()
    text = f"{algorithm}\n{stamp}\n{date}/{region}/{SERVICE}/{TERMINATOR}\n{digest}"
    _check(certificate, algorithm, bytes.fromhex(signature), text.encode())
    return Signed(certificate, _chain(request), region)


def _check(certificate: x509.Certificate, algorithm: str, signature: bytes, text: bytes) -> None:
    """The algorithm is the key's own: a signature by one kind of key never counts for another."""
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS:
            raise Untrusted(f"An RSA key must have {MIN_RSA_BITS} bits or more")
        if isinstance(key, rsa.RSAPublicKey) and "RSA" in algorithm.split("-"):
            key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey) and "ECDSA" in algorithm.split("-"):
            key.verify(signature, text, ec.ECDSA(hashes.SHA256()))
        else:
            raise Untrusted("The algorithm is not that of the certificate's key")
    except (InvalidSignature, ValueError):
        raise Untrusted("The signature does not match the request and the certificate") from None


def _chain(request: HttpRequest) -> tuple[x509.Certificate, ...]:
    sent = request.header(CHAIN)
    texts = [text.strip() for text in sent.split(",")] if sent else []
    if len(texts) > MAX_DEPTH:
        raise Untrusted(f"The chain has more than {MAX_DEPTH} certificates")
    return tuple(_certificate(text) for text in texts)


def _certificate(text: str) -> x509.Certificate:
    try:
        der = base64.b64decode(text, validate=True)
        if not 0 < len(der) <= _MAX_DER:
            raise ValueError("empty or too long")
        certificate = x509.load_der_x509_certificate(der)
        certificate.public_key()
    except Exception:  # whatever the parser makes of foreign bytes
        raise Untrusted("A certificate in the request cannot be read") from None
    if certificate.version is not x509.Version.v3:
        raise Untrusted("Only certificates of version 3 are taken")
    return certificate

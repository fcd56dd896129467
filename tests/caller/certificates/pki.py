"""A public key infrastructure for tests: authorities, certificates, revocation lists, signed requests."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from iamd.caller.canonical import canonical_request
from iamd.wire.http import HttpRequest

NOW = datetime.now(UTC).replace(microsecond=0)
PEM = serialization.Encoding.PEM
_USAGE = (
    "key_encipherment",
    "data_encipherment",
    "content_commitment",
    "key_agreement",
    "encipher_only",
    "decipher_only",
)


def usage(**used: bool) -> x509.KeyUsage:
    every = dict.fromkeys((*_USAGE, "digital_signature", "key_cert_sign", "crl_sign"), False)
    return x509.KeyUsage(**{**every, **used})


@dataclass
class Holder:
    """A certificate with its key and those of its issuers up to the root."""

    certificate: x509.Certificate
    key: Any
    issuers: tuple[Holder, ...] = ()

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(PEM).decode()


def name(common: str, *more: tuple[Any, str]) -> x509.Name:
    return x509.Name(
        [*(x509.NameAttribute(oid, value) for oid, value in more), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def made(
    subject: x509.Name,
    issuer: Holder | None = None,
    *,
    ca: bool | None = False,
    key: Any = None,
    days: tuple[float, float] = (-1, 9),
    signs: bool = True,
    names: tuple[x509.GeneralName, ...] = (),
    digest: Any = None,
) -> Holder:
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(
        issuer.certificate.subject if issuer else subject,
        subject,
        key.public_key(),
        int.from_bytes(os.urandom(12)) | 1 << 90,
        NOW + timedelta(days=days[0]),
        NOW + timedelta(days=days[1]),
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    builder = builder.add_extension(
        usage(key_cert_sign=True, crl_sign=True) if ca else usage(digital_signature=signs), True
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate = builder.sign(issuer.key if issuer else key, digest or hashes.SHA256())
    return Holder(certificate, key, (issuer, *issuer.issuers) if issuer else ())


def authority(common: str = "root", issuer: Holder | None = None) -> Holder:
    return made(name(common), issuer, ca=True)


def crl(issuer: Holder, *revoked: Holder, days: float = 9) -> bytes:
    builder = x509.CertificateRevocationListBuilder(
        issuer.certificate.subject, NOW - timedelta(days=10), NOW + timedelta(days=days)
    )
    for holder in revoked:
        serial = holder.certificate.serial_number
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder(serial, NOW - timedelta(days=10)).build()
        )
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(PEM)


def der(holder: Holder) -> str:
    return base64.b64encode(holder.certificate.public_bytes(serialization.Encoding.DER)).decode()


def request(
    holder: Holder, body: dict[str, Any], *, host: str = "localhost", at: datetime | None = None, **changes: Any
) -> HttpRequest:
    """`POST /sessions`, signed as the public credential helper signs it."""
    stamp = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    content = json.dumps(body).encode()
    headers = {"host": host, "content-type": "application/json", "x-amz-date": stamp, "x-amz-x509": der(holder)}
    intermediates = [each for each in holder.issuers if each.issuers]
    if intermediates:
        headers["x-amz-x509-chain"] = ",".join(map(der, intermediates))
    made = HttpRequest("POST", b"/sessions", b"", [(k.encode(), v.encode()) for k, v in headers.items()], content)
    signer = changes.get("signer", holder)
    is_rsa = isinstance(signer.key, rsa.RSAPrivateKey)
    algorithm = changes.get("algorithm") or ("AWS4-X509-RSA-SHA256" if is_rsa else "AWS4-X509-ECDSA-SHA256")
    scope = f"{stamp[:8]}/us-east-1/{changes.get('service', 'rolesanywhere')}/aws4_request"
    signed = [each for each in sorted(headers) if each != changes.get("unsigned")]
    canonical = canonical_request(
        made, "rolesanywhere", [each.encode() for each in signed], hashlib.sha256(content).hexdigest()
    )
    text = f"{algorithm}\n{stamp}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}".encode()
    if is_rsa:
        signature = signer.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    else:
        signature = signer.key.sign(text, ec.ECDSA(hashes.SHA256()))
    serial = changes.get("serial", holder.certificate.serial_number)
    value = f"{algorithm} Credential={serial}/{scope}, SignedHeaders={';'.join(signed)}, Signature={signature.hex()}"
    return HttpRequest("POST", b"/sessions", b"", [*made.headers, (b"authorization", value.encode())], content)

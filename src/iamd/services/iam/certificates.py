"""X.509 certificates as IAM reads them: PEM text, chains, and the private keys that belong to them. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

_PEM = r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*"
_is_one = re.compile(rf"\s*{_PEM}").fullmatch
_is_several = re.compile(rf"\s*(?:{_PEM})+").fullmatch

# What reading a certificate may raise besides ValueError.
_MALFORMED = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm)

E = TypeVar("E", bound=x509.ExtensionType)
Certificate = x509.Certificate
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey
MAX_CHAIN = 16
"""Certificates in a chain: none of the real world's is so long, and each costs a signature's verification."""


def parse(text: str) -> x509.Certificate:
    """The one certificate in PEM text, with nothing around it; raises ValueError."""
    if not _is_one(text):
        raise ValueError("not one certificate in PEM format")
    return _loaded(text)[0]


def parse_chain(text: str) -> list[x509.Certificate]:
    """The certificates in PEM text, with nothing around them; raises ValueError, also when there are too many."""
    if not _is_several(text) or text.count("-----BEGIN") > MAX_CHAIN:
        raise ValueError("not a chain of certificates in PEM format")
    return _loaded(text)


def _loaded(text: str) -> list[x509.Certificate]:
    try:
        certificates = x509.load_pem_x509_certificates(text.encode())
        for one in certificates:
            # These are decoded when asked for, and may turn out to be malformed.
            _ = (one.subject, one.issuer, one.extensions, one.not_valid_before_utc, one.not_valid_after_utc)
            one.public_key()
    except _MALFORMED as error:
        raise ValueError(str(error)) from error
    return certificates


def in_force(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def parse_private_key(text: str) -> PrivateKey:
    """The RSA or elliptic-curve key in unencrypted PEM text; raises ValueError."""
    try:
        # Testing an RSA key's factors for primality takes long, and that they fit together is tested below.
        key = load_pem_private_key(text.strip().encode(), None, unsafe_skip_rsa_key_validation=True)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from error
    if isinstance(key, RSAPrivateKey) and _fits_together(key):
        return key
    if isinstance(key, EllipticCurvePrivateKey):
        return key
    raise ValueError("no RSA or elliptic-curve key")


def _fits_together(key: RSAPrivateKey) -> bool:
    """Whether the numbers of an RSA key are what its two factors make them (RFC 8017, 3.2)."""
    numbers = key.private_numbers()
    p, q, d, public = numbers.p, numbers.q, numbers.d, numbers.public_numbers
    if p < 3 or q < 3 or p * q != public.n:
        return False
    exponents = all(public.e * d % (factor - 1) == 1 for factor in (p, q))
    return exponents and numbers.dmp1 == d % (p - 1) and numbers.dmq1 == d % (q - 1) and numbers.iqmp * q % p == 1


def belongs(key: PrivateKey, certificate: x509.Certificate) -> bool:
    """Whether it is the private key of the certificate's public key."""
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form) == certificate.public_key().public_bytes(*form)


def broken_link(certificate: x509.Certificate, chain: Sequence[x509.Certificate], now: datetime) -> int | None:
    """Where the path from the last certificate of the chain, which is trusted, down to `certificate` breaks.

    None when it does not; else the place of the certificate that is not properly issued by the next one (0 is
    `certificate` itself), or -1 when already the last one's name is not its issuer's. A path is validated as RFC 5280
    (section 6.1) has it as far as names, signatures, validity, and the right to issue are concerned.
    """
    *path, issuer = (certificate, *chain)
    if path[-1].issuer != issuer.subject:
        return -1
    below = len(path)  # so many authorities may still follow
    for place in reversed(range(len(path))):
        link = path[place]
        if not _issued(link, issuer) or not in_force(link, now):
            return place
        if place > 0:
            if link.subject != link.issuer:
                below -= 1
            if below < 0 or not _may_issue(link):
                return place
            below = min(below, _authorities_below(link, below))
        issuer = link
    return None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _may_issue(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)


def _authorities_below(certificate: x509.Certificate, otherwise: int) -> int:
    constraints = _extension(certificate, x509.BasicConstraints)
    return otherwise if constraints is None or constraints.path_length is None else constraints.path_length


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None

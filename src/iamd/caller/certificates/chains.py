"""Is a certificate one that a trust anchor's authority has issued, and is it still good?

https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html#signature-verification
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509 import verification
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store

MAX_DEPTH = 5  # authorities between an anchor and a certificate
MAX_BUNDLE = 16  # certificates of one trust anchor


class Untrusted(Exception):
    """The certificate proves nothing; the message tells why."""


def read_bundle(pem: str) -> tuple[x509.Certificate, ...]:
    """The authorities in a trust anchor's PEM text; raises ValueError unless all are certificates of authorities."""
    try:
        found = tuple(x509.load_pem_x509_certificates(pem.encode()))
    except ValueError:
        raise ValueError("the text holds no PEM certificates") from None
    if len(found) > MAX_BUNDLE:
        raise ValueError(f"a bundle has at most {MAX_BUNDLE} certificates")
    for certificate in found:
        try:
            constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        except Exception:  # whatever the parser makes of foreign extensions, besides their absence
            raise ValueError("a certificate of the bundle has no basic constraints") from None
        if not constraints.ca:
            raise ValueError("a certificate of the bundle is not that of an authority")
    return found


def read_crl(data: bytes) -> x509.CertificateRevocationList:
    """A revocation list, PEM or DER; raises ValueError."""
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_crl(data)
        return x509.load_der_x509_crl(data)
    except ValueError:
        raise ValueError("the data are no certificate revocation list") from None


def is_issued_by(crl: x509.CertificateRevocationList, authorities: Sequence[x509.Certificate]) -> bool:
    """Whether one of the authorities has signed the list."""
    for authority in authorities:
        if crl.issuer == authority.subject:
            try:
                if crl.is_signature_valid(authority.public_key()):  # type: ignore[arg-type]
                    return True
            except (TypeError, ValueError, InvalidSignature):
                continue
    return False


def verify(
    certificate: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList],
    now: datetime,
) -> list[x509.Certificate]:
    """The chain from the certificate to an anchor, the certificate first; raises Untrusted."""
    builder = (
        PolicyBuilder()
        .store(Store(list(anchors)))
        .time(now.replace(tzinfo=None))
        .max_chain_depth(MAX_DEPTH)
        .extension_policies(ee_policy=_HOLDER, ca_policy=_AUTHORITY)
    )
    try:
        verified = builder.build_client_verifier().verify(certificate, list(intermediates))
    except (verification.VerificationError, ValueError) as error:
        raise Untrusted("Untrusted certificate. Insufficient certificate") from error
    chain: list[x509.Certificate] = verified.chain
    _check_revocation(chain, crls)
    return chain


def _check_revocation(chain: Sequence[x509.Certificate], crls: Sequence[x509.CertificateRevocationList]) -> None:
    """A list counts for what its own issuer has issued; an old list still tells whom it revoked."""
    for link, issuer in pairwise(chain):
        for crl in crls:
            if not is_issued_by(crl, [issuer]):
                continue
            if crl.get_revoked_certificate_by_serial_number(link.serial_number) is not None:
                raise Untrusted("Certificate revoked")


def _is_holder(policy: verification.Policy, holder: x509.Certificate, value: x509.BasicConstraints | None) -> None:
    if value is not None and value.ca:
        raise ValueError("an authority's certificate is nobody's identity")


def _signs(policy: verification.Policy, holder: x509.Certificate, value: x509.KeyUsage) -> None:
    if not value.digital_signature:
        raise ValueError("the key is not for signatures")


def _is_authority(policy: verification.Policy, authority: x509.Certificate, value: x509.BasicConstraints) -> None:
    if not value.ca:
        raise ValueError("not an authority's certificate")


def _certifies(policy: verification.Policy, authority: x509.Certificate, value: x509.KeyUsage | None) -> None:
    if value is not None and not value.key_cert_sign:
        raise ValueError("the key is not for certificates")


# What Roles Anywhere demands, which is less than the profile of the web: private authorities leave much out.
_HOLDER = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_holder)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs)
)
_AUTHORITY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_authority)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _certifies)
)

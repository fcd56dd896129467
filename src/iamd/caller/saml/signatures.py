"""XML signatures of SAML: one signature, right in what it signs, by a key of the provider's metadata.

Verification is signxml's. What SAML allows is far less than what XML Signature does, and is checked before:
https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf, section 5.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from iamd.caller.saml.document import SIGNATURE, Element, parser
from iamd.caller.saml.refusals import UNSIGNED, Invalid

# By allow-list: no SHA-1, and no HMAC, with which a public key would be a shared secret.
_METHODS: Final = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.SHA384_RSA_MGF1,
        SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
_DIGESTS: Final = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_CANONICAL: Final = frozenset(
    method + comments  # which are gone anyway
    for method in (
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
    )
    for comments in ("", "WithComments" if method.endswith("#") else "#WithComments")
)


def is_signed(element: Element) -> bool:
    """Whether it carries a signature of its own, good or bad."""
    return element.find(f"{SIGNATURE}Signature") is not None


def verified(element: Element, certificates: Sequence[bytes]) -> Element:
    """The element as it was signed, parsed from its canonical form, without the signature.

    The certificates (DER) are those of the provider's metadata; whatever the signature says of its key is ignored, and
    so is when a certificate is valid, as AWS does. Raises Invalid.
    """
    _check_profile(element)
    document = etree.tostring(element, with_tail=False)
    for certificate in certificates:
        signed = _signed(document, x509.load_der_x509_certificate(certificate))
        if signed is not None and signed.tag == element.tag and signed.get("ID") == element.get("ID"):
            return signed
    raise Invalid(UNSIGNED)


def _signed(document: bytes, certificate: x509.Certificate) -> Element | None:
    """What the key of the certificate signed of the document; None when it did not."""
    expected = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        ignore_ambiguous_key_info=True,
        verification_time=certificate.not_valid_before_utc,
    )
    try:
        result = XMLVerifier().verify(
            document, x509_cert=certificate, id_attribute="ID", parser=parser(), expect_config=expected
        )
    except Exception:
        # Strangers write what the library reads here: whatever it stumbles over is not signed.
        return None
    return result.signed_xml if isinstance(result, VerifyResult) else None


def _check_profile(element: Element) -> None:
    """SAML's own rules for a signature. Raises Invalid."""
    signatures = element.findall(f"{SIGNATURE}Signature")
    name = element.get("ID")
    if len(signatures) != 1 or not name or signatures[0].find(f"{SIGNATURE}Object") is not None:
        raise Invalid(UNSIGNED)
    references = signatures[0].findall(f"{SIGNATURE}SignedInfo/{SIGNATURE}Reference")
    if len(references) != 1 or references[0].get("URI") != f"#{name}":
        raise Invalid(UNSIGNED)
    transforms = [t.get("Algorithm") for t in references[0].findall(f"{SIGNATURE}Transforms/{SIGNATURE}Transform")]
    if transforms[:1] != [_ENVELOPED] or len(transforms) > 2 or not _CANONICAL.issuperset(transforms[1:]):
        raise Invalid(UNSIGNED)

"""Encrypted assertions (XML Encryption 1.1): AES in GCM or CBC, its key wrapped with RSA-OAEP.

By allow-list, without RSA PKCS #1 v1.5. CBC tells nobody whether a text was changed; so that nobody learns the text by
changing it and watching the answers, everything that is wrong in here is one and the same refusal.
https://www.w3.org/TR/xmlenc-core1/; https://docs.aws.amazon.com/IAM/latest/UserGuide/id_federation_saml.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from xml.sax.saxutils import quoteattr

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from iamd.caller.saml.document import SAML, SIGNATURE, Element, only, parse, text
from iamd.caller.saml.refusals import UNSIGNED, Invalid

_XMLENC, _XMLENC11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"
_E, _E11 = f"{{{_XMLENC}}}", f"{{{_XMLENC11}}}"
_MOST_WRAPPED_KEYS = 4  # an assertion may be encrypted for several recipients; each costs a private-key operation
_BLOCK = AES.block_size // 8
_NONCE, _TAG = 12, 16

_CIPHERS: Final = {
    **{f"{_XMLENC}aes{bits}-cbc": ("cbc", bits) for bits in (128, 192, 256)},
    **{f"{_XMLENC11}aes{bits}-gcm": ("gcm", bits) for bits in (128, 192, 256)},
}
_HASHES: Final[dict[str, Callable[[], hashes.HashAlgorithm]]] = {
    "http://www.w3.org/2000/09/xmldsig#sha1": hashes.SHA1,
    f"{_XMLENC}sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384,
    f"{_XMLENC}sha512": hashes.SHA512,
    f"{_XMLENC11}mgf1sha1": hashes.SHA1,
    f"{_XMLENC11}mgf1sha256": hashes.SHA256,
    f"{_XMLENC11}mgf1sha384": hashes.SHA384,
    f"{_XMLENC11}mgf1sha512": hashes.SHA512,
}


def decrypted(encrypted: Element, keys: Sequence[bytes]) -> Element:
    """The assertion inside an EncryptedAssertion, by the private keys (PEM) of the provider. Raises Invalid."""
    try:
        data = only(encrypted, f"{_E}EncryptedData")
        mode, bits = _CIPHERS[_algorithm(data)]
        sealed = _cipher_value(data)
        wrapped = list(islice(encrypted.iter(f"{_E}EncryptedKey"), _MOST_WRAPPED_KEYS))
        for secret in _unwrapped(wrapped, keys):
            opened = _opened(mode, bits, secret, sealed, encrypted.nsmap)
            if opened is not None:
                return opened
    except (Invalid, KeyError, ValueError):
        raise Invalid(UNSIGNED) from None
    raise Invalid(UNSIGNED)


def _opened(mode: str, bits: int, secret: bytes, sealed: bytes, namespaces: Mapping[str | None, str]) -> Element | None:
    """The assertion, if the key is the right one. It may use the prefixes that hold where it was encrypted.

    Nothing may stand beside it: what is not under its signature could be changed at will, to learn from the answer
    whether the text is still well-formed.
    """
    if len(secret) * 8 != bits:
        return None
    declared = "".join(f" xmlns{f':{prefix}' if prefix else ''}={quoteattr(uri)}" for prefix, uri in namespaces.items())
    try:
        plain = _gcm(secret, sealed) if mode == "gcm" else _cbc(secret, sealed)
        root = parse(f"<opened{declared}>".encode() + plain + b"</opened>")
        assertion = only(root, f"{SAML}Assertion")
    except (Invalid, InvalidTag, ValueError):
        return None
    return None if len(root) > 1 or root.text or assertion.tail else assertion


def _gcm(key: bytes, sealed: bytes) -> bytes:
    if len(sealed) < _NONCE + _TAG:
        raise ValueError("too short")
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)


def _cbc(key: bytes, sealed: bytes) -> bytes:
    """The plain text; its last byte tells how many bytes of padding there are (XML Encryption, 5.2)."""
    if len(sealed) < 2 * _BLOCK or len(sealed) % _BLOCK:
        raise ValueError("not whole blocks")
    decryptor = Cipher(AES(key), CBC(sealed[:_BLOCK])).decryptor()
    padded = decryptor.update(sealed[_BLOCK:]) + decryptor.finalize()
    if not 1 <= padded[-1] <= _BLOCK:
        raise ValueError("no padding")
    return padded[: -padded[-1]]


def _unwrapped(wrapped: Sequence[Element], keys: Sequence[bytes]) -> Iterator[bytes]:
    """The content keys that the private keys open."""
    for pem in keys:
        # It was checked when it was stored, and sealed since.
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey):
            continue
        for element in wrapped:
            try:
                yield key.decrypt(_cipher_value(element), _padding(element))
            except (ValueError, UnsupportedAlgorithm):
                continue  # for another recipient


def _padding(wrapped: Element) -> OAEP:
    """RSA-OAEP as the EncryptionMethod describes it. Raises ValueError for anything else."""
    method = only(wrapped, f"{_E}EncryptionMethod")
    digest, mask = _HASHES["http://www.w3.org/2000/09/xmldsig#sha1"], hashes.SHA1
    algorithm = method.get("Algorithm")
    if algorithm not in (f"{_XMLENC}rsa-oaep-mgf1p", f"{_XMLENC11}rsa-oaep"):
        raise ValueError("not OAEP")
    given = method.find(f"{SIGNATURE}DigestMethod")
    if given is not None:
        digest = _hash(given)
    function = method.find(f"{_E11}MGF")
    label = method.find(f"{_E}OAEPparams")
    return OAEP(
        mgf=MGF1(algorithm=mask() if function is None else _hash(function)()),
        algorithm=digest(),
        label=None if label is None else base64.b64decode(text(label), validate=True),
    )


def _hash(element: Element) -> Callable[[], hashes.HashAlgorithm]:
    name = element.get("Algorithm", "")
    if name not in _HASHES:
        raise ValueError("unknown digest")
    return _HASHES[name]


def _algorithm(data: Element) -> str:
    return only(data, f"{_E}EncryptionMethod").get("Algorithm", "")


def _cipher_value(element: Element) -> bytes:
    value = text(only(only(element, f"{_E}CipherData"), f"{_E}CipherValue"))
    return base64.b64decode("".join(value.split()), validate=True)

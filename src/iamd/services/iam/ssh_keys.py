"""The encodings of RSA public keys that IAM takes from users: OpenSSH's and PEM."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from iamd.wire.errors import InvalidPublicKey, UnrecognizedPublicKeyEncoding

_KEY_BITS = range(2_048, 16_384 + 1)
_is_ssh = re.compile(r"(ssh-rsa[ \t]+[^\s]+)([ \t][^\r\n]*)?").fullmatch
_is_pem = re.compile(r"-----BEGIN (RSA )?PUBLIC KEY-----.+-----END (RSA )?PUBLIC KEY-----", re.DOTALL).fullmatch


def normalized(body: str) -> str:
    """A key in either encoding as OpenSSH writes it, without a comment.

    Raises UnrecognizedPublicKeyEncoding, and InvalidPublicKey for what is no RSA key of at least 2,048 bits.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html
    """
    key = _parsed(body.strip())
    if key is None or key.key_size not in _KEY_BITS:
        raise InvalidPublicKey("Invalid body for public key")
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _parsed(body: str) -> RSAPublicKey | None:
    """The key; None when there is no RSA key in a body that looks like one."""
    ssh = _is_ssh(body)
    if ssh is None and not _is_pem(body):
        raise UnrecognizedPublicKeyEncoding("Invalid public key uploaded.")
    try:
        key = load_ssh_public_key(ssh[1].encode()) if ssh else load_pem_public_key(body.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def encoded(body: str, encoding: Literal["SSH", "PEM"]) -> str:
    """A normalized key in the encoding that is asked for."""
    if encoding == "SSH":
        return body
    return load_ssh_public_key(body.encode()).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(body: str) -> str:
    """MD5 of a normalized key, as OpenSSH used to print it: 16 bytes in hexadecimal, colons between them."""
    digest = hashlib.md5(base64.b64decode(body.split()[1]), usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))

"""Unique ids and access key ids, in the shapes that AWS gives them.

An access key id carries its account: 40 bits of the nine characters after the prefix hold the account number, offset
by 2**39 and halved, and the ninth character tells whether the number is odd. The rest is random. Ids from before that
scheme carry nothing. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from __future__ import annotations

import base64
import os
import re
from binascii import b2a_base64
from functools import lru_cache

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_CHARACTERS = bytes(ord(_ALPHABET[value % 32]) for value in range(256))
_OFFSET = 2**39

_is_account_id = re.compile(r"[0-9]{12}").fullmatch
_is_access_key_id = re.compile(r"[A-Z]{4}[A-Z2-7]{16}").fullmatch


def unique_id(prefix: str) -> str:
    """A fresh id of an IAM entity: the prefix of its type (`AIDA`, `AROA`, ...) and 17 random characters."""
    return prefix + _characters(os.urandom(17))


def access_key_id(account_id: str, prefix: str = "AKIA") -> str:
    """A fresh access key id of 20 characters that carries the account; `ASIA` marks temporary credentials.

    Raises ValueError when the account id is not 12 digits.
    """
    return _access_key_id(account_id, prefix, os.urandom(8))


def temporary_key(account_id: str) -> tuple[str, str]:
    """A fresh `ASIA` access key id and its secret, of one draw of random bytes: they are issued by the thousand.

    Raises ValueError when the account id is not 12 digits.
    """
    drawn = os.urandom(38)
    return _access_key_id(account_id, "ASIA", drawn[30:]), _secret_access_key(drawn[:30])


def _access_key_id(account_id: str, prefix: str, drawn: bytes) -> str:
    account, parities = _account_part(account_id)
    return prefix + account + parities[drawn[0] % 16] + _characters(drawn[1:])


@lru_cache(maxsize=1024)
def _account_part(account_id: str) -> tuple[str, str]:
    """The eight characters that tell an account, and those of which the ninth is one."""
    if not _is_account_id(account_id):
        raise ValueError("an account id is 12 digits")
    half, odd = divmod(int(account_id), 2)
    return base64.b32encode((half + _OFFSET).to_bytes(5, "big")).decode(), _ALPHABET[16 * odd : 16 * odd + 16]


def account_of(access_key_id: str) -> str | None:
    """The account id that an access key id carries; None when it carries none."""
    if not _is_access_key_id(access_key_id):
        return None
    half = int.from_bytes(base64.b32decode(access_key_id[4:12]), "big") - _OFFSET
    number = 2 * half + (_VALUE[access_key_id[12]] >= 16)
    return f"{number:012d}" if 0 <= number < 10**12 else None


def secret_access_key() -> str:
    """A fresh secret access key: 40 characters of the base64 alphabet, 240 random bits."""
    return _secret_access_key(os.urandom(30))


def _secret_access_key(drawn: bytes) -> str:
    return b2a_base64(drawn, newline=False).decode()


def _characters(drawn: bytes) -> str:
    return drawn.translate(_CHARACTERS).decode()  # five random bits a character

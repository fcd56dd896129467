"""Ids of organizations and what they are made of, in the shapes that AWS gives them.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html and its neighbours.
"""

from __future__ import annotations

import secrets

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def organization_id() -> str:
    return f"o-{_random(10)}"


def root_id() -> str:
    return f"r-{_random(4)}"


def unit_id(root: str) -> str:
    """Units carry the root's id."""
    return f"ou-{root.removeprefix('r-')}-{_random(8)}"


def policy_id() -> str:
    return f"p-{_random(8)}"


def creation_id() -> str:
    return f"car-{secrets.token_hex(16)}"


def account_id() -> str:
    """Twelve digits, the first of which is no zero."""
    return str(secrets.randbelow(9 * 10**11) + 10**11)


def handshake_id() -> str:
    return f"h-{secrets.token_hex(16)}"


def transfer_id() -> str:
    return f"rt-{_random(8)}"


def resource_policy_id() -> str:
    return f"rp-{_random(8)}"

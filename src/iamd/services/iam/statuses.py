"""Credentials that are active or inactive, as input and as output."""

from __future__ import annotations

from iamd.wire.errors import InvalidInput


def status_of(active: bool) -> str:
    return "Active" if active else "Inactive"


def is_active(status: str) -> bool:
    """Whether that status means active. The model knows `Expired`, which nobody may set (seen of live AWS)."""
    if status == "Expired":
        raise InvalidInput("Operation does not support status Expired")
    return status == "Active"

"""What programs hold of people at the access portal, sealed: authorization and device codes, access and refresh tokens.

None of these is kept. Codes work once, because the records that they name do.
"""

from __future__ import annotations

import msgspec

from iamd.services.signin.grants import opened, sealed
from iamd.services.signin.people import Person
from iamd.store.sealing import Sealer

_CODE, _DEVICE = b"portal authorization code", b"portal device code"
_ACCESS, _REFRESH = b"portal access token", b"portal refresh token"
_LONGEST = 4_096  # characters


class Code(msgspec.Struct, frozen=True, array_like=True):
    """What an authorization code stands for. `id` is the session's that it makes; `challenge` and `redirect` are SHA-256
    digests: of the verifier that the client keeps, and of the URI that the code is sent to."""

    id: str
    person: Person
    client_key: str
    scopes: tuple[str, ...]
    challenge: bytes
    redirect: bytes
    issued: int  # seconds of the epoch


class DeviceCode(msgspec.Struct, frozen=True, array_like=True):
    """What a device code stands for: a DeviceAuthorization, by its account, its code and what only this one knows."""

    account_id: str
    code: str
    secret: str
    expires: int  # seconds of the epoch


class Access(msgspec.Struct, frozen=True, array_like=True):
    """What an access token stands for."""

    account_id: str
    session_id: str
    expires: int  # seconds of the epoch


class Refresh(msgspec.Struct, frozen=True, array_like=True):
    """What a refresh token stands for."""

    account_id: str
    session_id: str
    generation: int


def seal_code(sealer: Sealer, code: Code) -> str:
    return sealed(sealer, code, _CODE)


def open_code(sealer: Sealer, text: str) -> Code | None:
    """The code, or None when it is not one of ours; so do the others."""
    return opened(sealer, text[:_LONGEST], _CODE, Code)


def seal_device_code(sealer: Sealer, code: DeviceCode) -> str:
    return sealed(sealer, code, _DEVICE)


def open_device_code(sealer: Sealer, text: str) -> DeviceCode | None:
    return opened(sealer, text[:_LONGEST], _DEVICE, DeviceCode)


def seal_access(sealer: Sealer, access: Access) -> str:
    return sealed(sealer, access, _ACCESS)


def open_access(sealer: Sealer, text: str) -> Access | None:
    return opened(sealer, text[:_LONGEST], _ACCESS, Access)


def seal_refresh(sealer: Sealer, refresh: Refresh) -> str:
    return sealed(sealer, refresh, _REFRESH)


def open_refresh(sealer: Sealer, text: str) -> Refresh | None:
    return opened(sealer, text[:_LONGEST], _REFRESH, Refresh)

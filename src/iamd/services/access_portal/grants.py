"""What programs hold of people at the access portal, sealed: authorization and device codes, access and refresh tokens.

None of these is kept. Codes work once, because the records that they name do.
"""

from __future__ import annotations

from iamd.services.carried import Carried
from iamd.services.signin.people import Person


class Code(Carried, frozen=True, array_like=True):
    """What an authorization code stands for. `id` is the session's that it makes; `challenge` and `redirect` are SHA-256
    digests: of the verifier that the client keeps, and of the URI that the code is sent to."""

    context = b"portal authorization code"

    id: str
    person: Person
    client_key: str
    scopes: tuple[str, ...]
    challenge: bytes
    redirect: bytes
    issued: int  # seconds of the epoch


class DeviceCode(Carried, frozen=True, array_like=True):
    """What a device code stands for: a DeviceAuthorization, by its account, its code and what only this one knows."""

    context = b"portal device code"

    account_id: str
    code: str
    secret: str
    expires: int  # seconds of the epoch


class Access(Carried, frozen=True, array_like=True):
    """What an access token stands for."""

    context = b"portal access token"

    account_id: str
    session_id: str
    expires: int  # seconds of the epoch


class Refresh(Carried, frozen=True, array_like=True):
    """What a refresh token stands for."""

    context = b"portal refresh token"

    account_id: str
    session_id: str
    generation: int

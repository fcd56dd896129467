"""The access portal of an Identity Center instance: how its people sign in, their sessions, and by which tokens an identity
provider tells who they are.

All of it is kept in the account that owns the instance, beside the people themselves (`identity_store`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind


@dataclass(frozen=True, slots=True)
class PortalPassword:
    """A person's password, as Argon2id hashes: the present one and, newest first, those before it. `is_one_time` tells
    that an administrator gave it, for one sign-in at which the person sets another; `failures` and `locked_until` are as
    those of `sign_in.LoginProfile`."""

    account_id: str
    user_id: str
    password: str = field(repr=False)
    changed: datetime
    is_one_time: bool = False
    history: tuple[str, ...] = field(default=(), repr=False)
    failures: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PortalDevice:
    """An authenticator app of a person; `drift`, `last_step` and `used` are as those of `sign_in.MfaDevice`."""

    account_id: str
    id: str
    user_id: str
    name: str
    sealed_seed: bytes = field(repr=False)  # opens with the id
    enabled: datetime
    drift: int = 0
    last_step: int = 0
    used: int = 0


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A person who has signed in, in a browser or for a program, until `expires`.

    `credential` tells with which password, empty where another identity provider vouched. `client` is the name that the
    program has given, empty for a browser; `client_key` is a digest of its id. `id` is also that of the authorization
    code, which so works once: a session that has ended stays for as long as what it came of could be sent. `generation` is the
    number of the refresh token that is good, since `rotated`.
    """

    account_id: str
    id: str
    user_id: str
    credential: str
    started: datetime
    expires: datetime
    mfa_time: datetime | None
    agent: str
    address: str
    client: str = ""
    client_key: str = ""
    scopes: tuple[str, ...] = ()
    generation: int = 0
    rotated: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """A program that waits until a person has allowed what it asks for. `code` is what the person enters; `device` is a
    digest that the program's device code has, too. `state` is `pending`, `allowed` or `denied`; once allowed, `user_id`,
    `credential`, `signed_in` and `mfa_time` tell by whom, as in a PortalSession."""

    account_id: str
    code: str
    device: str
    client: str
    client_key: str
    scopes: tuple[str, ...]
    address: str
    expires: datetime
    state: str = "pending"
    user_id: str | None = None
    credential: str = ""
    signed_in: datetime | None = None
    mfa_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScimToken:
    """By which an identity provider may keep users and groups in step, until `expires`."""

    account_id: str
    id: str
    created: datetime
    expires: datetime


PORTAL_PASSWORDS = Kind("portal_passwords", PortalPassword, lambda r: r.user_id)
PORTAL_DEVICES = Kind("portal_devices", PortalDevice, lambda r: r.id, None, {"user": lambda r: r.user_id})
PORTAL_SESSIONS = Kind("portal_sessions", PortalSession, lambda r: r.id, None, {"user": lambda r: r.user_id})
DEVICE_AUTHORIZATIONS = Kind(
    "device_authorizations", DeviceAuthorization, lambda r: r.code, None, {"address": lambda r: r.address}
)


@dataclass(frozen=True, slots=True)
class IdentitySource:
    """The identity provider that vouches for an instance's people, in place of passwords here: its SAML metadata."""

    account_id: str
    metadata: str = field(repr=False)
    created: datetime


SCIM_TOKENS = Kind("scim_tokens", ScimToken, lambda r: r.id)
IDENTITY_SOURCES = Kind("identity_sources", IdentitySource, lambda r: r.account_id)

KINDS: tuple[Kind[Any], ...] = (
    PORTAL_PASSWORDS,
    PORTAL_DEVICES,
    PORTAL_SESSIONS,
    DEVICE_AUTHORIZATIONS,
    SCIM_TOKENS,
    IDENTITY_SOURCES,
)

"""How people sign in: passwords, the rules for passwords, MFA devices, and for whom programs act meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import Tags, fold, iam_arn


@dataclass(frozen=True, slots=True)
class LoginProfile:
    """A user's password, as Argon2id hashes: the present one and, newest first, those before it.

    `failures` counts the wrong ones in a row since the last right one; `locked_until` is when too many of them are
    forgiven.
    """

    account_id: str
    user_id: str
    created: datetime
    password: str = field(repr=False)
    changed: datetime
    reset_required: bool = False
    history: tuple[str, ...] = field(default=(), repr=False)
    failures: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The account's own rules for its users' passwords, as UpdateAccountPasswordPolicy sets them."""

    account_id: str
    minimum_length: int = 6
    symbols: bool = False
    numbers: bool = False
    uppercase: bool = False
    lowercase: bool = False
    users_may_change: bool = False
    max_age: int = 0  # days; 0: passwords do not expire
    reuse_prevention: int = 0  # so many of the last passwords may not be used again
    hard_expiry: bool = False


@dataclass(frozen=True, slots=True)
class MfaDevice:
    """An MFA device that shows codes, whoever has it; path and name together are unique, whatever their case.

    A virtual device's path begins with `/`, and its ARN is its serial number. A hardware token has no path, and its
    name is the serial number on its back.

    Codes are counted in steps of 30 seconds since 1970. `drift` is by how many steps the device is ahead, `last_step`
    the step of the newest code that was used, and bit n of `used` tells that the code n steps before was used, too.
    """

    account_id: str
    name: str
    path: str
    sealed_seed: bytes = field(repr=False)  # opens with the ARN
    created: datetime
    tags: Tags = ()
    owner_id: str | None = None  # user id, or the account id for the root user; None: not enabled
    enabled: datetime | None = None
    drift: int = 0
    last_step: int = 0
    used: int = 0

    @property
    def arn(self) -> str:
        return iam_arn(self.account_id, f"mfa{self.path}{self.name}")

    @property
    def is_virtual(self) -> bool:
        return self.path != ""

    @property
    def serial_number(self) -> str:
        """What operations call it."""
        return self.arn if self.is_virtual else self.name


@dataclass(frozen=True, slots=True)
class Passkey:
    """A FIDO2 credential that a user or the root user has as MFA device: a passkey, or a security key.

    Its serial number is an ARN with the user's name as it was when the key was enrolled. It works at the host only where
    it was enrolled. `challenged` is when the newest challenge was made that it has answered, in nanoseconds of the
    epoch: none that is older is ever good again.
    """

    account_id: str
    id: str  # the credential's, as base64url
    owner_id: str  # user id, or the account id for the root user
    serial_number: str
    host: str
    public_key: bytes  # COSE
    sign_count: int
    transports: tuple[str, ...]
    enabled: datetime
    challenged: int = 0


@dataclass(frozen=True, slots=True)
class SignInSession:
    """A program that may get credentials of a person who has signed in, as `aws login` does, until `expires`.

    `id` is also that of the authorization code, which so works once. `thumbprint` names the key (RFC 7638) that the
    program proves to have. `generation` is the number of the refresh token that is good, since `rotated`; `proofs` are
    the proofs of possession that were used and would still be good.
    """

    account_id: str
    id: str
    owner_id: str  # user id, or the account id for the root user
    client_id: str
    thumbprint: str
    credential: str  # which password it was: see `services/signin/people.py`
    started: datetime
    expires: datetime
    rotated: datetime
    generation: int = 0
    mfa_time: datetime | None = None  # when a code of an MFA device was given
    proofs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """A person at the console, in one browser, until `expires`.

    `access_key_id` is what the trail calls the session; `agent` and `address` are the browser's, as they were when the
    person signed in. Who came from elsewhere has no password here, but the session of a role or federated user in
    `sealed`, which opens with the master key (`services/signin/federation.py`).
    """

    account_id: str
    id: str
    owner_id: str  # user id, or the account id for the root user; `aws:userid` of who came from elsewhere
    credential: str  # which password it was: see `services/signin/people.py`; empty where there is none
    access_key_id: str
    started: datetime
    expires: datetime
    mfa_time: datetime | None
    agent: str
    address: str
    sealed: str | None = field(default=None, repr=False)


LOGIN_PROFILES = Kind("login_profiles", LoginProfile, lambda r: r.user_id)
PASSWORD_POLICIES = Kind("password_policies", PasswordPolicy, lambda r: r.account_id)
MFA_DEVICES = Kind("mfa_devices", MfaDevice, lambda r: fold(f"{r.path}{r.name}"), None, {"owner": lambda r: r.owner_id})
PASSKEYS = Kind("passkeys", Passkey, lambda r: r.id, None, {"owner": lambda r: r.owner_id})
SIGN_IN_SESSIONS = Kind("sign_in_sessions", SignInSession, lambda r: r.id, None, {"owner": lambda r: r.owner_id})
CONSOLE_SESSIONS = Kind("console_sessions", ConsoleSession, lambda r: r.id, None, {"owner": lambda r: r.owner_id})

KINDS: tuple[Kind[Any], ...] = (
    LOGIN_PROFILES,
    PASSWORD_POLICIES,
    MFA_DEVICES,
    PASSKEYS,
    SIGN_IN_SESSIONS,
    CONSOLE_SESSIONS,
)

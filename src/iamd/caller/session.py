"""What temporary credentials stand for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

SessionKind = Literal["role", "session-token", "federated-user", "root", "delegated", "sign-in", "console"]


class Session(msgspec.Struct, frozen=True, array_like=True, kw_only=True, repr_omit_defaults=True):
    """Temporary credentials and everything that AWS freezes when it issues them.

    INVARIANT: the order of the fields is the format of sealed tokens. New fields are appended and have a default.

    `kind` is `role` (AssumeRole...), `session-token` (GetSessionToken), `federated-user` (GetFederationToken), `root`
    (AssumeRoot), `delegated` (GetDelegatedAccessToken, of a user or the root user), `sign-in` (CreateOAuth2Token,
    too) or `console` (a person there, with a password). `principal_id` is the unique id of the role or user behind it, the account's id for a root user. `issued` and
    `expires` are aware; `policy` is the inline session policy as sent; `mfa_time` is when MFA was given, in seconds of
    the epoch; `chained`, whether temporary credentials asked for the session. `extras` holds the context keys that a
    federation brought; `console`, that somebody acts in it at the console, to whom its secrets are not told.
    """

    kind: SessionKind
    account_id: str
    access_key_id: str
    secret_access_key: str
    principal_id: str
    principal_name: str
    session_name: str
    issued: datetime
    expires: datetime
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()
    source_identity: str | None = None
    mfa_time: int | None = None
    chained: bool = False
    extras: dict[str, str | list[str]] = {}
    delegate: str | None = None  # the account that acts by temporary delegation
    console: bool = False

    def __repr__(self) -> str:
        """Names the session, without its secret."""
        return f"Session({self.kind} {self.access_key_id} of {self.principal_name}, expires {self.expires.isoformat()})"

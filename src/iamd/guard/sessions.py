"""What temporary credentials may not call, whatever their policies say.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

from collections.abc import Mapping

from iamd.caller.caller import Caller
from iamd.caller.session import SessionKind
from iamd.wire.errors import AccessDenied, InvalidClientTokenId

_LONG_TERM_ONLY = frozenset({"GetSessionToken", "GetFederationToken"})

ALLOWED: Mapping[SessionKind, frozenset[str] | None] = {
    "session-token": frozenset({"AssumeRole", "GetCallerIdentity", "GetWebIdentityToken"}),
    "federated-user": frozenset({"GetCallerIdentity"}),
    # A privileged session is for its one task (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html),
    # and root users assume no roles.
    "root": frozenset({"GetCallerIdentity"}),
    # These are limited by policies only: a role's, what the delegation request asked for, a person's own.
    "role": None,
    "delegated": None,
    "sign-in": None,
    "console": None,
}
"""The STS operations of each kind of session, besides those that take long-term credentials; None: all."""


def check(caller: Caller, service: str, operation: str) -> None:
    """Refuse what this kind of session may not call, in AWS's words.

    Raises AccessDenied for STS; for IAM InvalidClientTokenId, with which AWS answers GetSessionToken credentials that
    were issued without MFA, and those of federated users, who may at the console.
    """
    session = caller.session
    if session is None:
        return
    if service == "iam":
        without_mfa = session.kind == "session-token" and session.mfa_time is None
        if without_mfa or (session.kind == "federated-user" and not session.console):
            raise InvalidClientTokenId()
    elif service == "sts":
        allowed = ALLOWED[session.kind]
        if operation in _LONG_TERM_ONLY or (allowed is not None and operation not in allowed):
            raise AccessDenied(f"Cannot call {operation} with session credentials")

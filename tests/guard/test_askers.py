"""Who made a recorded call is read back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from iamd.audit import identity_of
from iamd.audit.asked import TOLD, SessionPolicies
from iamd.caller.caller import Caller, CallerKind
from iamd.caller.session import Session
from iamd.guard.askers import asker
from iamd.guard.context import principal_context
from iamd.guard.gather import principal_of
from iamd.store import Records

ACCOUNT = "123456789012"
NOW = datetime(2026, 3, 24, 21, 11, 59, tzinfo=UTC)
IAM, STS = f"arn:aws:iam::{ACCOUNT}:", f"arn:aws:sts::{ACCOUNT}:"
ANN, ROLE, PROVIDER = f"{IAM}user/x/ann", f"{IAM}role/x/ops", f"{IAM}oidc-provider/idp.example.com"


def session(kind: Any, **more: Any) -> Session:
    given = {
        "access_key_id": "ASIA1",
        "secret_access_key": "",
        "principal_id": "",
        "principal_name": "",
        "session_name": "",
    }
    return Session(kind=kind, account_id=ACCOUNT, issued=NOW, expires=NOW, **given, **more)


def ann(made: Session | None) -> Caller:
    key = "AKIA1" if made is None else "ASIA1"
    return Caller(CallerKind.USER, ACCOUNT, "AIDAANN", "ann", ANN, ANN, "AIDAANN", key, made)


def root(made: Session | None) -> Caller:
    return Caller(CallerKind.ROOT, ACCOUNT, ACCOUNT, "root", f"{IAM}root", f"{IAM}root", ACCOUNT, "AKIA2", made)


CALLERS = {
    "a user": ann(None),
    "a user with MFA": ann(session("session-token", mfa_time=1)),
    "a user's delegate": ann(session("delegated", delegate="210987654321")),
    "root": root(None),
    "root's session": root(session("session-token")),
    "an assumed root": root(
        session("root", policy_arns=("arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials",))
    ),
    "a role": Caller(
        *(CallerKind.ROLE, ACCOUNT, "AROAOPS", "ops", f"{STS}assumed-role/ops/work", ROLE, "AROAOPS:work", "ASIA1"),
        session("role", source_identity="ann", policy="{}"),
    ),
    "a federated user": Caller(
        *(
            CallerKind.FEDERATED,
            ACCOUNT,
            "AIDAANN",
            "ann",
            f"{STS}federated-user/guest",
            ANN,
            f"{ACCOUNT}:guest",
            "ASIA1",
        ),
        session("federated-user"),
    ),
    "a person of an identity provider": Caller(
        *(CallerKind.WEB_IDENTITY, ACCOUNT, PROVIDER, "sub", PROVIDER, PROVIDER, f"{PROVIDER}:aud:sub", ""),
        identity_provider=PROVIDER,
    ),
}


@pytest.mark.parametrize("name", CALLERS)
def test_a_caller_is_read_back_from_its_identity(name: str) -> None:
    caller = CALLERS[name]
    made = caller.session
    policies = None if made is None else SessionPolicies(made.policy, made.policy_arns)
    found = asker(identity_of(caller).element(), policies, ACCOUNT, {})
    assert found is not None
    assert found.principal == principal_of(caller)
    read = found.caller
    assert (read.kind, read.account_id, read.id, read.arn) == (caller.kind, ACCOUNT, caller.id, caller.arn)
    assert (read.principal_arn, read.user_id) == (caller.principal_arn, caller.user_id)
    if made is not None and read.session is not None:
        assert (read.session.policy, read.session.policy_arns) == (made.policy, made.policy_arns)
        assert (read.session.kind == "federated-user") is (made.kind == "federated-user")
    expected = {key: value for key, value in principal_context(caller, Records(ACCOUNT)).items() if key in TOLD}
    assert found.context == expected


def test_who_is_no_principal_of_an_account_is_a_stranger() -> None:
    for identity in (
        {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        {"type": "AWSAccount"},
        {},
        {"type": "Root"},
    ):
        assert asker(identity, None, ACCOUNT, {}) is None

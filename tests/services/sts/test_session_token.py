"""GetSessionToken, and what each kind of temporary credentials may not call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from iamd.caller.caller import Caller, CallerKind
from iamd.caller.ids import account_of
from iamd.caller.session import Session, SessionKind
from iamd.guard import sessions
from iamd.wire.errors import AccessDenied, InvalidClientTokenId
from tests.live import ACCOUNT
from tests.services.iam.documents import statement
from tests.services.iam.support import refused
from tests.services.roles import permit, user_arn

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def lasts(credentials) -> float:
    return (credentials["Expiration"] - datetime.now(UTC)).total_seconds()


@pytest.mark.parametrize(("asked", "seconds"), [(None, 43200), (900, 900), (129600, 129600)])
def test_a_user_gets_a_session_of_its_own(server, user, asked, seconds):
    # AWS issues it even under a policy that denies everything.
    bob = user("bob", statement("*", effect="Deny"))
    answer = bob("sts").get_session_token(**({} if asked is None else {"DurationSeconds": asked}))
    assert set(answer) == {"Credentials", "ResponseMetadata"}
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert account_of(credentials["AccessKeyId"]) == ACCOUNT
    assert seconds - 60 < lasts(credentials) <= seconds
    assert server.client("sts", credentials).get_caller_identity()["Arn"] == user_arn("bob")


def test_roots_session_lasts_an_hour_at_most(server, sts):
    for asked in ({}, {"DurationSeconds": 7200}):
        assert lasts(sts.get_session_token(**asked)["Credentials"]) <= 3600
    credentials = sts.get_session_token(DurationSeconds=900)["Credentials"]
    assert lasts(credentials) <= 900
    assert server.client("sts", credentials).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize("seconds", [899, 129601])
def test_impossible_durations_are_refused(sts, seconds):
    assert refused(sts.get_session_token, DurationSeconds=seconds)[0] == "ValidationError"


def test_what_is_not_supported_is_refused(sts):
    assert refused(sts.get_session_token, MinimumSessionTokenSize=100)[0] == "InvalidInput"


def test_a_session_of_a_user_may_do_little_but_assume_roles(server, bob, app, assumed):
    credentials = bob("sts").get_session_token()["Credentials"]
    sts, iam = server.client("sts", credentials), server.client("iam", credentials)
    assert refused(sts.get_session_token) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )
    assert refused(sts.get_access_key_info, AccessKeyId=credentials["AccessKeyId"])[0] == "AccessDenied"
    assert refused(iam.get_user) == ("InvalidClientTokenId", "The security token included in the request is invalid.")
    session = assumed(sts, app)
    assert session("sts").get_caller_identity()["Arn"].endswith("assumed-role/App/here")


def test_a_role_session_may_do_what_its_policies_allow_but_get_no_token(iam, bob, app, assumed):
    permit(iam, "App", "*")
    session = assumed(bob("sts"), app)
    assert refused(session("sts").get_session_token) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )
    assert session("iam").get_user(UserName="bob")["User"]["UserName"] == "bob"


def caller(kind: str, mfa_time: int | None = None) -> Caller:
    session = Session(
        kind=kind,
        account_id=ACCOUNT,
        access_key_id="ASIA",
        secret_access_key="secret",
        principal_id="AIDA",
        principal_name="bob",
        session_name="",
        issued=NOW,
        expires=NOW + timedelta(hours=1),
        mfa_time=mfa_time,
    )
    return Caller(CallerKind.USER, ACCOUNT, "AIDA", "bob", "arn", "arn", "AIDA", "ASIA", session)


def test_mfa_opens_iam_to_a_session_of_a_user():
    sessions.check(caller("session-token", mfa_time=1), "iam", "GetUser")
    with pytest.raises(InvalidClientTokenId):
        sessions.check(caller("session-token"), "iam", "GetUser")
    with pytest.raises(AccessDenied):
        sessions.check(caller("session-token", mfa_time=1), "sts", "GetFederationToken")


def test_every_kind_of_session_has_its_limits():
    assert set(sessions.ALLOWED) == set(get_args(SessionKind))
    for kind in sessions.ALLOWED:
        sessions.check(caller(kind), "sts", "GetCallerIdentity")
        for operation in ("GetSessionToken", "GetFederationToken"):
            with pytest.raises(AccessDenied, match=f"Cannot call {operation} with session credentials"):
                sessions.check(caller(kind), "sts", operation)
    with pytest.raises(AccessDenied, match="Cannot call AssumeRole with session credentials"):
        sessions.check(caller("root"), "sts", "AssumeRole")


def test_a_federated_user_may_only_ask_who_it_is():
    federated = caller("federated-user")
    sessions.check(federated, "sts", "GetCallerIdentity")
    for operation in ("AssumeRole", "GetSessionToken", "GetFederationToken"):
        with pytest.raises(AccessDenied):
            sessions.check(federated, "sts", operation)
    with pytest.raises(InvalidClientTokenId):
        sessions.check(federated, "iam", "GetUser")

"""What ends or changes a living session: policies at once, what was frozen never."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.live import Live
from tests.services.iam.support import refused
from tests.services.roles import make_role, permit, trusting, user_arn

LIST = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}}


def revoking(moment: datetime) -> str:
    """The policy by which the console revokes a role's sessions."""
    before = {"DateLessThan": {"aws:TokenIssueTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": before}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(("offset", "revoked"), [(timedelta(hours=1), True), (timedelta(hours=-1), False)])
def test_sessions_issued_before_a_moment_are_revoked(
    iam: Any, bob: Any, app: str, assumed: Any, offset: timedelta, revoked: bool
) -> None:
    permit(iam, "App", "iam:ListUsers")
    session = assumed(bob("sts"), app)("iam")
    session.list_users()
    policy = revoking(datetime.now(UTC) + offset)
    iam.put_role_policy(RoleName="App", PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy)
    if revoked:
        assert "with an explicit deny in an identity-based policy" in refused(session.list_users)[1]
    else:
        session.list_users()


def test_a_long_term_key_is_not_revoked_with_sessions(user: Any) -> None:
    deny = json.loads(revoking(datetime.now(UTC) + timedelta(hours=1)))["Statement"][0]
    alice = user("alice", LIST["Statement"], deny)
    alice("iam").list_users()


def test_what_the_role_may_counts_as_it_is_now(iam: Any, bob: Any, app: str, assumed: Any) -> None:
    session = assumed(bob("sts"), app)("iam")
    assert refused(session.list_users)[0] == "AccessDenied"
    permit(iam, "App", "iam:ListUsers")
    session.list_users()
    iam.delete_role_policy(RoleName="App", PolicyName="permitted")
    assert refused(session.list_users)[0] == "AccessDenied"


def test_policy_tags_and_identity_of_the_session_stay_as_they_were_issued(
    iam: Any, bob: Any, app: str, assumed: Any
) -> None:
    own = {"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:SourceIdentity": "bob"}}
    document = {"Version": "2012-10-17", "Statement": {**LIST["Statement"], "Action": "iam:*", "Condition": own}}
    iam.put_role_policy(RoleName="App", PolicyName="own", PolicyDocument=json.dumps(document))
    tags = [{"Key": "team", "Value": "blue"}]
    session = assumed(bob("sts"), app, Policy=json.dumps(LIST), Tags=tags, SourceIdentity="bob")("iam")
    iam.tag_role(RoleName="App", Tags=[{"Key": "team", "Value": "red"}])
    session.list_users()
    assert "no session policy allows" in refused(session.list_groups)[1]


def test_a_key_that_is_deleted_does_not_end_the_sessions_that_it_asked_for(
    iam: Any, bob: Any, app: str, assumed: Any
) -> None:
    session = assumed(bob("sts"), app)("sts")
    (key,) = iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]
    iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    assert refused(bob("sts").get_caller_identity)[0] == "InvalidClientTokenId"
    session.get_caller_identity()


def test_the_boundary_of_the_role_bounds_living_sessions(iam: Any, bob: Any, app: str, assumed: Any) -> None:
    permit(iam, "App", "iam:*")
    session = assumed(bob("sts"), app)("iam")
    session.list_users()
    limit = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    iam.put_role_permissions_boundary(RoleName="App", PermissionsBoundary=limit)
    assert "no permissions boundary allows" in refused(session.list_users)[1]


def test_tokens_of_another_server_open_nothing(server: Live, iam: Any, bob: Any) -> None:
    """The same account, role and key id, sealed under keys that this server never had."""
    arn = make_role(iam, "Next", trusting(user_arn("bob")))
    given = bob("sts").assume_role(RoleArn=arn, RoleSessionName="here")["Credentials"]
    token = given["SessionToken"]
    for forged in (token[:-8] + "AAAAAAAA", token[: len(token) // 2], token + token, "", "x" * 20_000):
        code, _ = refused(server.client("sts", {**given, "SessionToken": forged}).get_caller_identity)
        assert code == "InvalidClientTokenId"

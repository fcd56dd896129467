"""GetFederationToken, and what the sessions of federated users may do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from iamd.caller.caller import Caller
from iamd.caller.identities import session_caller
from iamd.guard.gather import take
from iamd.policy import Attached, Decision, Kind, Request, decide, load
from iamd.wire.errors import InvalidClientTokenId
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import document, statement
from tests.services.iam.support import let, refused
from tests.services.roles import user_arn

FRED = f"arn:aws:sts::{ACCOUNT}:federated-user/fred"
GET = document(statement("s3:GetObject"))
OBJECT = "arn:aws:s3:::bucket/key"
BROKER = statement("sts:GetFederationToken")
FEDERATE = (
    "AccessDenied",
    f"User: {user_arn('bob')} is not authorized to perform: sts:GetFederationToken on resource: {FRED}",
)


@pytest.fixture
def broker(user: Any) -> Any:
    """A user who may get tokens for others, and read every bucket."""
    return user("bob", BROKER, statement("s3:*"))("sts")


def lasts(credentials: dict[str, Any]) -> float:
    return float((credentials["Expiration"] - datetime.now(UTC)).total_seconds())


def federated(server: Live, answer: dict[str, Any]) -> Caller:
    """The caller that those credentials make."""
    records = server.realm.records(ACCOUNT)
    assert records is not None
    return session_caller(server.realm.tokens.open(answer["Credentials"]["SessionToken"]), records)


def decided(server: Live, answer: dict[str, Any], bucket_policy: str | None = None, **context: str) -> Decision:
    """Whether those credentials read an object."""
    records = server.realm.records(ACCOUNT)
    assert records is not None
    snapshot = take(federated(server, answer), records)
    layers = snapshot.layers
    if bucket_policy is not None:
        layers = layers.about(Attached("bucket", load(bucket_policy, Kind.RESOURCE)))
    known = {**snapshot.context, **context}
    return decide(Request(snapshot.principal, "s3:GetObject", OBJECT, resource_account=ACCOUNT, context=known), layers)


def test_the_answer(server: Live, broker: Any) -> None:
    answer = broker.get_federation_token(Name="fred", Policy=GET)
    assert answer["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:fred", "Arn": FRED}
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert 0 < answer["PackedPolicySize"] <= 100
    assert broker.get_federation_token(Name="fred")["PackedPolicySize"] == 0
    identity = server.client("sts", answer["Credentials"]).get_caller_identity()
    assert (identity["UserId"], identity["Account"], identity["Arn"]) == (f"{ACCOUNT}:fred", ACCOUNT, FRED)


@pytest.mark.parametrize(("asked", "seconds"), [({}, 43200), ({"DurationSeconds": 129600}, 129600)])
def test_how_long_it_lasts(sts: Any, broker: Any, asked: dict[str, int], seconds: int) -> None:
    assert seconds - 60 < lasts(broker.get_federation_token(Name="fred", **asked)["Credentials"]) <= seconds
    assert lasts(sts.get_federation_token(Name="fred", **asked)["Credentials"]) <= 3600


def test_what_cannot_be_asked(broker: Any) -> None:
    ask = broker.get_federation_token
    for odd in ({"Name": "f"}, {"Name": "f" * 33}, {"Name": "a b"}, {"Name": "fred", "DurationSeconds": 899}):
        assert refused(ask, **odd)[0] == "ValidationError"
    assert refused(ask, Name="fred", Policy="{}")[0] == "MalformedPolicyDocument"
    assert refused(ask, Name="fred", MinimumSessionTokenSize=100)[0] == "InvalidInput"
    unknown = "arn:aws:iam::aws:policy/Unknown"
    message = f"Policy {unknown} does not exist or is not attachable."
    assert refused(ask, Name="fred", PolicyArns=[{"arn": unknown}]) == ("ValidationError", message)


def test_the_name_is_what_policies_see(iam: Any, user: Any) -> None:
    bob = user("bob", statement("sts:GetFederationToken", FRED))("sts")
    bob.get_federation_token(Name="fred")
    code, message = refused(bob.get_federation_token, Name="anna")
    assert (code, message) == (FEDERATE[0], FEDERATE[1].replace("fred", "anna"))
    let(iam, "bob", statement("sts:*", effect="Deny"))
    message = f"{FEDERATE[1]} with an explicit deny in an identity-based policy"
    assert refused(bob.get_federation_token, Name="fred") == ("AccessDenied", message)


def test_sessions_get_no_federation_token(server: Live, bob: Any, sts: Any) -> None:
    for client in (bob("sts"), sts):
        session = server.client("sts", client.get_session_token()["Credentials"])
        message = "Cannot call GetFederationToken with session credentials"
        assert refused(session.get_federation_token, Name="fred") == ("AccessDenied", message)


def test_a_federated_user_may_call_little(server: Live, broker: Any) -> None:
    credentials = broker.get_federation_token(Name="fred", Policy=document(statement("*")))["Credentials"]
    sts, iam = server.client("sts", credentials), server.client("iam", credentials)
    message = "Cannot call GetSessionToken with session credentials"
    assert refused(sts.get_session_token) == ("AccessDenied", message)
    assert refused(iam.list_users) == ("InvalidClientTokenId", "The security token included in the request is invalid.")


def test_a_session_may_do_what_both_policies_allow(server: Live, iam: Any, broker: Any) -> None:
    get = broker.get_federation_token
    assert decided(server, get(Name="fred", Policy=GET)).allowed
    assert decided(server, get(Name="fred", PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}])).allowed
    assert not decided(server, get(Name="fred", Policy=document(statement("s3:PutObject")))).allowed
    assert not decided(server, get(Name="fred")).allowed
    answer = get(Name="fred", Policy=GET)
    iam.delete_user_policy(UserName="bob", PolicyName="own")
    assert not decided(server, answer).allowed
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="bob")
    iam.put_group_policy(GroupName="readers", PolicyName="p", PolicyDocument=GET)
    assert decided(server, answer).allowed
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonEC2FullAccess")
    assert not decided(server, answer).allowed


def test_without_policies_there_is_what_the_resource_grants(server: Live, broker: Any) -> None:
    answer = broker.get_federation_token(Name="fred")
    for principal, allowed in ((FRED, True), (FRED.replace("fred", "anna"), False), (user_arn("bob"), False)):
        said = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:GetObject", "Resource": OBJECT}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [said]})
        assert decided(server, answer, policy).allowed is allowed


def test_root_passes_on_what_the_policy_says(server: Live, sts: Any) -> None:
    answer = sts.get_federation_token(Name="fred", Policy=GET)
    assert decided(server, answer).allowed
    assert not decided(server, sts.get_federation_token(Name="fred")).allowed
    assert not decided(server, sts.get_federation_token(Name="fred", Policy=document(statement("s3:Put*")))).allowed


def test_what_policies_see_of_a_federated_user(server: Live, iam: Any, broker: Any) -> None:
    iam.tag_user(UserName="bob", Tags=[{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}])
    let(iam, "bob", BROKER, statement("sts:TagSession"), statement("s3:*"))
    answer = broker.get_federation_token(Name="fred", Tags=[{"Key": "Team", "Value": "b"}])
    assert answer["PackedPolicySize"] > 0
    records = server.realm.records(ACCOUNT)
    assert records is not None
    context = take(federated(server, answer), records).context
    assert {
        "aws:principalarn": FRED,
        "aws:principaltype": "FederatedUser",
        "aws:principalaccount": ACCOUNT,
        "aws:userid": f"{ACCOUNT}:fred",
        "aws:principaltag/team": "b",
        "aws:principaltag/cost": "1",
    }.items() <= context.items()
    assert "aws:tokenissuetime" in context
    assert not {"aws:username", "aws:multifactorauthpresent"} & context.keys()


def test_tags_take_the_permission_to_tag(iam: Any, broker: Any) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    message = f"User: {user_arn('bob')} is not authorized to perform: sts:TagSession on resource: {FRED}"
    assert refused(broker.get_federation_token, Name="fred", Tags=tags) == ("AccessDenied", message)
    let(iam, "bob", statement("sts:TagSession", FRED, Condition={"StringEquals": {"aws:RequestTag/team": "a"}}))
    broker.get_federation_token(Name="fred", Tags=tags)
    assert refused(broker.get_federation_token, Name="fred", Tags=[{"Key": "team", "Value": "b"}])[0] == "AccessDenied"
    twice = [*tags, {"Key": "Team", "Value": "a"}]
    message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    assert refused(broker.get_federation_token, Name="fred", Tags=twice) == ("InvalidParameterValue", message)


def test_a_session_ends_with_its_user(server: Live, iam: Any, broker: Any) -> None:
    answer = broker.get_federation_token(Name="fred", Policy=GET)
    for key in iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    client = server.client("sts", answer["Credentials"])
    assert client.get_caller_identity()["Arn"] == FRED  # the session outlives the key that it was made with
    iam.delete_user_policy(UserName="bob", PolicyName="own")
    iam.delete_user(UserName="bob")
    with pytest.raises(InvalidClientTokenId):
        federated(server, answer)
    assert refused(client.get_caller_identity)[0] == "InvalidClientTokenId"

"""Who called, as every event tells it: root, users, sessions of all kinds, callers of other accounts; and why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT, Live
from tests.services.roles import make_role, permit, trusting, user_arn

OTHER = "210987654321"
Factory = Callable[[str], Any]


def events(client: Any, name: str) -> list[dict[str, Any]]:
    """The records of that name, newest first."""
    given = [{"AttributeKey": "EventName", "AttributeValue": name}]
    return [json.loads(each["CloudTrailEvent"]) for each in client.lookup_events(LookupAttributes=given)["Events"]]


def who(client: Any, name: str) -> dict[str, Any]:
    identity: dict[str, Any] = events(client, name)[0]["userIdentity"]
    return identity


def test_the_root_user_and_users_are_told_without_a_session(
    server: Live, iam: Any, trail: Any, user: Callable[..., Factory]
) -> None:
    iam.list_users()
    root = who(trail, "ListUsers")
    assert (root["type"], root["principalId"], root["accountId"]) == ("Root", ACCOUNT, ACCOUNT)
    assert "sessionContext" not in root
    user("bob", {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"})("iam").list_roles()
    bob = who(trail, "ListRoles")
    assert (bob["type"], bob["arn"], bob["userName"]) == ("IAMUser", user_arn("bob"), "bob")
    assert bob["accessKeyId"].startswith("AKIA")


def test_a_role_session_tells_its_role_and_source_identity(
    server: Live, iam: Any, trail: Any, user: Callable[..., Factory]
) -> None:
    allowed = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Resource": "*"}
    bob = user("bob", allowed)
    arn = make_role(iam, "Deploy", trusting(user_arn("bob")))
    permit(iam, "Deploy", "iam:ListGroups")
    given = bob("sts").assume_role(RoleArn=arn, RoleSessionName="build", SourceIdentity="bob@example.com")
    server.client("iam", given["Credentials"]).list_groups()
    told = who(trail, "ListGroups")
    role_id = given["AssumedRoleUser"]["AssumedRoleId"]
    assert (told["type"], told["principalId"]) == ("AssumedRole", role_id)
    context = told["sessionContext"]
    assert context["sessionIssuer"] == {
        "type": "Role",
        "principalId": role_id.partition(":")[0],
        "arn": arn,
        "accountId": ACCOUNT,
        "userName": "Deploy",
    }
    assert (context["sourceIdentity"], context["attributes"]["mfaAuthenticated"]) == ("bob@example.com", "false")
    (assumed,) = events(trail, "AssumeRole")
    assert assumed["responseElements"]["credentials"].keys() == {"accessKeyId", "sessionToken", "expiration"}


def test_sessions_of_users_tell_who_is_behind_them(
    server: Live, iam: Any, trail: Any, user: Callable[..., Factory]
) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    bob = user("bob", everything)("sts")
    federated = bob.get_federation_token(Name="fred", Policy=json.dumps({"Statement": [everything]}))["Credentials"]
    server.client("cloudtrail", federated).list_trails()
    fred = who(trail, "ListTrails")
    assert (fred["type"], fred["principalId"]) == ("FederatedUser", f"{ACCOUNT}:fred")
    assert fred["sessionContext"]["sessionIssuer"]["userName"] == "bob"
    own = bob.get_session_token()["Credentials"]
    server.client("cloudtrail", own).describe_trails()
    told = who(trail, "DescribeTrails")
    assert (told["type"], told["userName"]) == ("IAMUser", "bob")
    assert "sessionIssuer" not in told["sessionContext"]


def test_a_caller_of_another_account_is_in_both_records(server: Live, trail: Any) -> None:
    key = server.add_account(OTHER)
    iam = server.client("iam")
    iam.create_user(UserName="bob")
    arn = make_role(server.client("iam", key), "Shared", trusting(user_arn("bob")))
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=document)
    bob = iam.create_access_key(UserName="bob")["AccessKey"]
    server.client("sts", bob).assume_role(RoleArn=arn, RoleSessionName="visit")
    (here,), (there,) = events(trail, "AssumeRole"), events(server.client("cloudtrail", key), "AssumeRole")
    assert (here["userIdentity"]["type"], there["userIdentity"]["type"]) == ("IAMUser", "AWSAccount")
    assert there["userIdentity"]["accountId"] == ACCOUNT
    assert here["sharedEventID"] == there["sharedEventID"]
    assert (here["recipientAccountId"], there["recipientAccountId"]) == (ACCOUNT, OTHER)


def test_a_denial_is_recorded_with_its_authorization_id(trail: Any, user: Callable[..., Factory]) -> None:
    with pytest.raises(ClientError) as refused:
        user("bob")("iam").delete_user(UserName="root")
    (event,) = events(trail, "DeleteUser")
    assert event["errorCode"] == "AccessDenied"
    assert event["errorMessage"] == refused.value.response["Error"]["Message"]
    assert "with the following authorization id: " in event["errorMessage"]
    assert (event["requestParameters"], event["responseElements"]) == ({"userName": "root"}, None)

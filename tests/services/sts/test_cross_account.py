"""Roles of another account: both sides must allow."""

from __future__ import annotations

import json

import pytest

from tests.live import ACCOUNT
from tests.services.iam.documents import statement
from tests.services.iam.support import refused
from tests.services.roles import make_role, permit, role_arn, trust, trusting, user_arn

OTHER = "210987654321"


@pytest.fixture
def other(server):
    """IAM as the root user of another account of the server."""
    return server.client("iam", server.add_account(OTHER))


def denial(arn, action="sts:AssumeRole"):
    return "AccessDenied", f"User: {user_arn('bob')} is not authorized to perform: {action} on resource: {arn}"


@pytest.mark.parametrize("trusted", [ACCOUNT, "*", user_arn("bob"), f"arn:aws:iam::{ACCOUNT}:root"])
def test_trust_and_own_permission_together_open_a_role(server, other, user, trusted):
    bob = user("bob", statement("sts:AssumeRole"))("sts")
    arn = make_role(other, "Far", trust({"AWS": trusted}))
    permit(other, "Far", "iam:GetRole")
    answer = bob.assume_role(RoleArn=arn, RoleSessionName="visit")
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/Far/visit"
    session = server.client("sts", answer["Credentials"])
    assert session.get_caller_identity()["Account"] == OTHER
    assert server.client("iam", answer["Credentials"]).get_role(RoleName="Far")["Role"]["Arn"] == arn


def test_trust_alone_is_not_enough(other, bob):
    arn = make_role(other, "Far", trusting(user_arn("bob")))
    assert refused(bob("sts").assume_role, RoleArn=arn, RoleSessionName="visit") == denial(arn)


def test_permission_alone_is_not_enough(other, user):
    bob = user("bob", statement("sts:AssumeRole"))("sts")
    arn = make_role(other, "Far", trust({"AWS": OTHER}))
    assert refused(bob.assume_role, RoleArn=arn, RoleSessionName="visit") == denial(arn)
    absent = role_arn("Absent", OTHER)
    assert refused(bob.assume_role, RoleArn=absent, RoleSessionName="visit") == denial(absent)


def test_tags_and_identities_take_both_sides_too(other, user):
    arn = role_arn("Far", OTHER)
    bob = user("bob", statement(["sts:AssumeRole", "sts:TagSession"], arn))("sts")
    make_role(other, "Far", trusting(user_arn("bob")))
    bob.assume_role(RoleArn=arn, RoleSessionName="visit", Tags=[{"Key": "a", "Value": "b"}])
    assert refused(bob.assume_role, RoleArn=arn, RoleSessionName="visit", SourceIdentity="bob") == denial(
        arn, "sts:SetSourceIdentity"
    )


def test_principals_of_other_accounts_are_kept_by_id(iam, other, user):
    assert refused(other.create_role, RoleName="Far", AssumeRolePolicyDocument=trusting(user_arn("bob"))) == (
        "MalformedPolicyDocument",
        f'Invalid principal in policy: "AWS":"{user_arn("bob")}"',
    )
    bob = user("bob", statement("sts:AssumeRole"))
    arn = make_role(other, "Far", trusting(user_arn("bob")))
    bob_id = iam.get_user(UserName="bob")["User"]["UserId"]
    iam.delete_user_policy(UserName="bob", PolicyName="own")
    key = iam.list_access_keys(UserName="bob")["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.delete_access_key(UserName="bob", AccessKeyId=key)
    iam.delete_user(UserName="bob")
    bob = user("bob", statement("sts:AssumeRole"))
    document = other.get_role(RoleName="Far")["Role"]["AssumeRolePolicyDocument"]
    assert document["Statement"][0]["Principal"] == {"AWS": bob_id}
    assert refused(bob("sts").assume_role, RoleArn=arn, RoleSessionName="visit") == denial(arn)


def test_managed_session_policies_are_those_of_the_roles_account(iam, other, user):
    bob = user("bob", statement("sts:AssumeRole"))("sts")
    arn = make_role(other, "Far", trusting(user_arn("bob")))
    document = json.dumps({"Version": "2012-10-17", "Statement": statement("iam:GetRole")})
    mine = iam.create_policy(PolicyName="mine", PolicyDocument=document)["Policy"]["Arn"]
    theirs = other.create_policy(PolicyName="theirs", PolicyDocument=document)["Policy"]["Arn"]
    bob.assume_role(RoleArn=arn, RoleSessionName="visit", PolicyArns=[{"arn": theirs}])
    asked = {"RoleArn": arn, "RoleSessionName": "visit", "PolicyArns": [{"arn": mine}]}
    assert refused(bob.assume_role, **asked)[0] == "ValidationError"


def events(server, key=None):
    found = server.client("cloudtrail", key).lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRole"}]
    )["Events"]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def test_a_call_across_accounts_is_in_both_trails(server, user):
    key = server.add_account(OTHER)
    bob = user("bob", statement("sts:AssumeRole"))("sts")
    arn = make_role(server.client("iam", key), "Far", trusting(user_arn("bob")))
    bob.assume_role(RoleArn=arn, RoleSessionName="visit")
    (ours,), (theirs,) = events(server), events(server, key)
    assert ours["userIdentity"]["arn"] == user_arn("bob")
    principal = ours["userIdentity"]["principalId"]
    assert theirs["userIdentity"] == {"type": "AWSAccount", "principalId": principal, "accountId": ACCOUNT}
    assert (ours["recipientAccountId"], theirs["recipientAccountId"]) == (ACCOUNT, OTHER)
    assert ours["sharedEventID"] == theirs["sharedEventID"]
    assert ours["eventID"] != theirs["eventID"]
    assert ours["resources"] == theirs["resources"] == [{"ARN": arn, "accountId": OTHER, "type": "AWS::IAM::Role"}]
    same = ("requestID", "eventTime", "requestParameters", "responseElements", "sourceIPAddress")
    assert [ours[name] for name in same] == [theirs[name] for name in same]
    assert ours["responseElements"]["credentials"]["accessKeyId"].startswith("ASIA")


def test_a_call_that_is_refused_or_at_home_is_in_one_trail(server, iam, other, user):
    bob = user("bob", statement("sts:AssumeRole"))("sts")
    make_role(other, "Far", trust({"AWS": OTHER}))
    refused(bob.assume_role, RoleArn=role_arn("Far", OTHER), RoleSessionName="visit")
    bob.assume_role(RoleArn=make_role(iam, "Near", trusting(user_arn("bob"))), RoleSessionName="visit")
    home, failed = events(server)
    assert "sharedEventID" not in home
    assert (failed["errorCode"], "sharedEventID" in failed) == ("AccessDenied", False)

"""The IAM Toolbox API: the details of a denial by its authorization id, as the SDK reads them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.iam.documents import document, statement
from tests.services.iam.support import authorization_id, refused
from tests.services.roles import user_arn

BOB = user_arn("bob")
DENY = {"Sid": "NoUsers", "Effect": "Deny", "Action": "iam:List*", "Resource": "*"}
GONE = ("ResourceNotFoundException", "No authorization details were found for this authorization id.")


@pytest.fixture
def toolbox(root: Any) -> Any:
    return root("iam-toolbox")


def test_the_details_tell_who_asked_what_and_what_each_policy_said(iam: Any, toolbox: Any, user: Any) -> None:
    bob = user("bob", statement("iam:*"))("iam")
    arn = iam.create_policy(PolicyName="strict", PolicyDocument=document(DENY))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    told = toolbox.get_request_authorization_details(authorizationId=authorization_id(bob.list_users))
    assert told["requestContext"]["aws:principalarn"] == BOB
    (evaluation,) = told["evaluations"]
    assert evaluation["action"] == "iam:ListUsers"
    assert evaluation["resource"] == f"arn:aws:iam::{ACCOUNT}:user/"
    assert evaluation["evaluatedEffect"] == "EXPLICIT_DENY"
    (check,) = evaluation["checks"]
    assert (check["checkType"], check["evaluatedEffect"], check["targetArn"]) == ("PRINCIPAL", "EXPLICIT_DENY", BOB)
    denied, allowed = check["matchedPolicies"]
    assert denied == {"uri": arn, "matchedStatements": [{"sid": "NoUsers", "evaluatedEffect": "DENY"}]}
    assert allowed["matchedStatements"] == [{"evaluatedEffect": "ALLOW"}]
    policies = {policy["uri"]: policy for policy in told["policies"]}
    assert policies[arn]["inline"] is False
    assert policies[allowed["uri"]]["inline"] is True
    assert policies[arn]["attachedTo"] == [{"arn": BOB}]


def test_the_policies_are_those_of_that_moment(iam: Any, toolbox: Any, user: Any) -> None:
    bob = user("bob", statement("iam:GetUser"))
    denied = authorization_id(bob("iam").list_users)
    iam.delete_user_policy(UserName="bob", PolicyName="own")
    for key in iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="bob")
    told = toolbox.get_request_authorization_details(authorizationId=denied)
    (policy,) = told["policies"]
    answer = toolbox.get_request_authorization_policy(authorizationId=denied, policyUri=policy["uri"])
    assert answer["policyDocument"]["Statement"][0]["Action"] == "iam:GetUser"
    code, _ = refused(toolbox.get_request_authorization_policy, authorizationId=denied, policyUri="other")
    assert code == "ResourceNotFoundException"


def test_who_may_read_them(server: Live, toolbox: Any, user: Any) -> None:
    denied = authorization_id(user("bob")("iam").list_users)
    eve = user("eve")("iam-toolbox")
    code, message = refused(eve.get_request_authorization_details, authorizationId=denied)
    assert code == "AccessDeniedException"
    assert "is not authorized to perform: iam:GetRequestAuthorizationDetails on resource: *" in message
    reader = user("reader", statement("iam:GetRequestAuthorizationDetails"))("iam-toolbox")
    assert reader.get_request_authorization_details(authorizationId=denied)["evaluations"]
    stranger = server.client("iam-toolbox", server.add_account("210987654321"))
    assert refused(stranger.get_request_authorization_details, authorizationId=denied) == GONE


def test_an_organization_shares_them(server: Live, root: Any, user: Any) -> None:
    organizations = root("organizations")
    organizations.create_organization()
    status = organizations.create_account(AccountName="dev", Email="dev@example.com")["CreateAccountStatus"]
    made = organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    denied = authorization_id(user("bob")("iam").list_users)
    admin = user("admin", statement("sts:AssumeRole"))("sts")
    role = f"arn:aws:iam::{made['AccountId']}:role/OrganizationAccountAccessRole"
    session = admin.assume_role(RoleArn=role, RoleSessionName="here")["Credentials"]
    member = server.client("iam-toolbox", session)
    assert member.get_request_authorization_details(authorizationId=denied)["evaluations"]


def test_unknown_ids(toolbox: Any) -> None:
    assert refused(toolbox.get_request_authorization_details, authorizationId="0" * 25) == GONE
    code, message = refused(toolbox.get_request_authorization_details, authorizationId="NO")
    assert code == "ValidationException"
    assert "authorizationId" in message


def test_a_denial_by_the_toolbox_has_an_id_too(user: Any, toolbox: Any) -> None:
    eve = user("eve")("iam-toolbox")
    _, message = refused(eve.get_request_authorization_details, authorizationId="0" * 25)
    assert message.endswith("iam:GetRequestAuthorizationDetails action")

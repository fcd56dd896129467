"""AssumeRoleWithWebIdentity through the public door, with an issuer on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.issuer import AUDIENCE, SUBJECT, Issuer, issuer
from tests.live import ACCOUNT, Live
from tests.services.iam.support import refused
from tests.services.roles import make_role, permit, role_arn, trust
from tests.services.sts.web import NOT_AUTHORIZED, WEB, provider_arn, register, web_role

TAGS = "https://aws.amazon.com/tags"


def test_what_is_answered(iam: Any, idp: Issuer, assume: Callable[..., Any], server: Live) -> None:
    web_role(iam, idp)
    answered = assume(idp.token())
    credentials = answered.pop("Credentials")
    answered.pop("ResponseMetadata")
    role_id = iam.get_role(RoleName="Web")["Role"]["RoleId"]
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/Web/me"
    assert answered == {
        "SubjectFromWebIdentityToken": SUBJECT,
        "AssumedRoleUser": {"AssumedRoleId": f"{role_id}:me", "Arn": session},
        "PackedPolicySize": 0,
        "Provider": provider_arn(idp),
        "Audience": AUDIENCE,
    }
    assert server.client("sts", credentials).get_caller_identity()["Arn"] == session


def test_the_keys_are_fetched_once(iam: Any, idp: Issuer, assume: Callable[..., Any]) -> None:
    web_role(iam, idp)
    for _ in range(3):
        assume(idp.token())
    assert idp.asked == ["/.well-known/openid-configuration", "/keys"]


def test_a_rotated_key_is_fetched_and_the_former_one_refused(iam: Any, idp: Issuer, assume: Callable[..., Any]) -> None:
    web_role(iam, idp)
    former = idp.token()
    assume(former)
    idp.rotate(kid="second")
    assume(idp.token())
    assert refused(assume, token=former)[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("alg", ["RS384", "RS512", "ES256", "ES384", "ES512"])
def test_algorithms(iam: Any, idp: Issuer, assume: Callable[..., Any], alg: str) -> None:
    web_role(iam, idp)
    idp.rotate(alg)
    assume(idp.token())


def test_a_lone_key_needs_no_id(iam: Any, idp: Issuer, assume: Callable[..., Any]) -> None:
    web_role(iam, idp)
    assume(idp.token(header={"kid": None}))


@pytest.mark.parametrize(
    ("claims", "condition"),
    [
        ({}, {"StringEquals": {"{}:aud": AUDIENCE, "{}:sub": SUBJECT}}),
        ({}, {"StringLike": {"{}:sub": "repo:octo-org/*"}}),
        ({"amr": ["pwd", "otp"]}, {"ForAnyValue:StringEquals": {"{}:amr": "otp"}}),
        ({"email": "jane@example.com"}, {"StringEquals": {"{}:email": "jane@example.com"}}),
        ({"level": 3, "staff": True}, {"NumericGreaterThan": {"{}:level": "2"}, "Bool": {"{}:staff": "true"}}),
        ({"https://example.com/team": "red"}, {"StringEquals": {"{}:https://example.com/team": "red"}}),
        ({"azp": AUDIENCE, "aud": ["a", "b"]}, {"ForAllValues:StringEquals": {"{}:oaud": ["a", "b"]}}),
        ({"azp": AUDIENCE, "aud": ["a", "b"]}, {"StringEquals": {"{}:aud": AUDIENCE, "{}:azp": AUDIENCE}}),
        ({}, {"StringEquals": {"sts:RoleSessionName": "me", "aws:PrincipalType": "User"}}),
        ({}, {"Null": {"aws:PrincipalArn": "true", "aws:FederatedProvider": "true"}}),
        ({}, {"ArnEquals": {"aws:userid": "arn:aws:iam::*:oidc-provider/{}"}}),
    ],
)
def test_condition_keys_of_the_trust_policy(
    iam: Any, idp: Issuer, assume: Callable[..., Any], claims: dict[str, Any], condition: dict[str, Any]
) -> None:
    ours = json.loads(json.dumps(condition).replace("{}", idp.host))
    web_role(iam, idp, "Web", **ours)
    web_role(iam, idp, "Other", StringEquals={f"{idp.host}:sub": "someone else"})
    assume(idp.token(**claims))
    assert refused(assume, token=idp.token(**claims), role="Other") == NOT_AUTHORIZED


def test_claims_in_another_case_do_not_stand_for_those_that_were_checked(
    iam: Any, idp: Issuer, assume: Callable[..., Any]
) -> None:
    web_role(iam, idp, "Web", StringEquals={f"{idp.host}:sub": "admin"})
    web_role(iam, idp, "Oaud", StringEquals={f"{idp.host}:oaud": "admin"})
    assert refused(assume, token=idp.token(SUB="admin", Sub="admin")) == NOT_AUTHORIZED
    assert refused(assume, token=idp.token(oaud="admin"), role="Oaud") == NOT_AUTHORIZED


@pytest.mark.parametrize(
    "principal", [{"AWS": "*"}, {"AWS": ACCOUNT}, {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/other"}]
)
def test_whom_else_a_role_trusts_does_not_matter(
    iam: Any, idp: Issuer, assume: Callable[..., Any], principal: Any
) -> None:
    make_role(iam, "Web", trust(principal, ["sts:AssumeRole", WEB]))
    assert refused(assume, token=idp.token()) == NOT_AUTHORIZED
    assert refused(assume, token=idp.token(), role="Missing") == NOT_AUTHORIZED


def test_a_denial_in_the_trust_policy_is_not_told_apart(iam: Any, idp: Issuer, assume: Callable[..., Any]) -> None:
    provider = {"Federated": provider_arn(idp)}
    allow = json.loads(trust(provider, WEB))
    deny = {
        "Effect": "Deny",
        "Principal": provider,
        "Action": WEB,
        "Condition": {"StringLike": {f"{idp.host}:sub": "re*"}},
    }
    make_role(iam, "Web", json.dumps({**allow, "Statement": [*allow["Statement"], deny]}))
    assert refused(assume, token=idp.token()) == NOT_AUTHORIZED
    assume(idp.token(sub="other"))


@pytest.mark.parametrize(
    "claims",
    [
        {TAGS: {"principal_tags": {"team": ["red"], "cost": "1"}, "transitive_tag_keys": ["team"]}},
        {f"{TAGS}/principal_tags/team": ["red"], f"{TAGS}/principal_tags/cost": "1"}
        | {f"{TAGS}/transitive_tag_keys": ["team"]},
    ],
)
def test_session_tags(iam: Any, idp: Issuer, assume: Callable[..., Any], server: Live, claims: Any) -> None:
    web_role(iam, idp, "Plain")
    assert refused(assume, token=idp.token(**claims), role="Plain") == (
        "AccessDenied",
        "Not authorized to perform sts:TagSession",
    )
    keys = {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"], "sts:TransitiveTagKeys": "team"}}
    web_role(iam, idp, "Web", "sts:TagSession", StringEquals={"aws:RequestTag/team": "red"}, **keys)
    make_role(iam, "Next", trust({"AWS": role_arn("Web")}, ["sts:AssumeRole", "sts:TagSession"]))
    permit(iam, "Web", "iam:GetRole", resource="arn:aws:iam::*:role/${aws:PrincipalTag/team}")
    make_role(iam, "red", trust({"AWS": ACCOUNT}))
    answered = assume(idp.token(**claims))
    assert answered["PackedPolicySize"] > 0
    server.client("iam", answered["Credentials"]).get_role(RoleName="red")
    session = server.client("sts", answered["Credentials"])
    asked = {"RoleArn": role_arn("Next"), "RoleSessionName": "on"}
    session.assume_role(**asked)
    said = refused(session.assume_role, **asked, Tags=[{"Key": "Team", "Value": "blue"}])
    assert said[0] == "InvalidParameterValue"  # the tag is transitive


def test_source_identity(iam: Any, idp: Issuer, assume: Callable[..., Any]) -> None:
    claims = {"https://aws.amazon.com/source_identity": "jane"}
    web_role(iam, idp, "Plain")
    web_role(iam, idp, "Web", "sts:SetSourceIdentity", StringEquals={"sts:SourceIdentity": "jane"})
    assert assume(idp.token(**claims))["SourceIdentity"] == "jane"
    assert refused(assume, token=idp.token(**claims), role="Plain")[1].endswith("sts:SetSourceIdentity")


def test_what_requests_of_the_session_know(iam: Any, idp: Issuer, assume: Callable[..., Any], server: Live) -> None:
    web_role(iam, idp)
    known = {f"{idp.host}:aud": AUDIENCE, f"{idp.host}:sub": SUBJECT, "aws:FederatedProvider": provider_arn(idp)}
    allow = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*", "Condition": {"StringEquals": known}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="Web", PolicyName="known", PolicyDocument=document)
    server.client("iam", assume(idp.token())["Credentials"]).list_users()


def test_a_session_policy_narrows(iam: Any, idp: Issuer, assume: Callable[..., Any], server: Live) -> None:
    web_role(iam, idp)
    permit(iam, "Web", "iam:ListUsers", "iam:ListRoles")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}]}
    answered = assume(idp.token(), Policy=json.dumps(policy))
    session = server.client("iam", answered["Credentials"])
    session.list_roles()
    assert refused(session.list_users)[0] == "AccessDenied"
    assert 0 < answered["PackedPolicySize"] <= 100


def test_durations(iam: Any, idp: Issuer, assume: Callable[..., Any]) -> None:
    web_role(iam, idp)
    assert refused(assume, token=idp.token(), DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    assert refused(assume, token=idp.token(), DurationSeconds=899)[0] == "ValidationError"
    assume(idp.token(), DurationSeconds=900)


def test_an_issuer_with_a_path(iam: Any, certificate: Any, tmp_path: Path, assume: Callable[..., Any]) -> None:
    with issuer(tmp_path, certificate, path="/realms/one") as idp:
        register(iam, idp, certificate)
        web_role(iam, idp, "Web", StringEquals={f"{idp.host}:sub": SUBJECT})
        assume(idp.token())


def test_a_resource_control_policy_binds_whom_issuers_vouch_for(
    iam: Any, idp: Issuer, assume: Callable[..., Any], server: Live
) -> None:
    web_role(iam, idp)
    theirs, ours = server.client("organizations", server.add_account("210987654321")), server.client("organizations")
    theirs.create_organization()
    asked = theirs.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": ACCOUNT})["Handshake"]
    ours.accept_handshake(HandshakeId=asked["Id"])
    kind, denial = "RESOURCE_CONTROL_POLICY", {"Effect": "Deny", "Principal": "*", "Resource": "*"}
    condition = {"StringNotLikeIfExists": {f"{idp.url.removeprefix('https://')}:sub": "repo:octo-org/*"}}
    statement = {**denial, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    theirs.enable_policy_type(RootId=theirs.list_roots()["Roots"][0]["Id"], PolicyType=kind)
    made = theirs.create_policy(Type=kind, Name="Ours", Description="", Content=content)["Policy"]["PolicySummary"]
    theirs.attach_policy(PolicyId=made["Id"], TargetId=ACCOUNT)
    assume(idp.token())
    assert refused(assume, token=idp.token(sub="repo:other/repo"))[0] == "AccessDenied"
    theirs.detach_policy(PolicyId=made["Id"], TargetId=ACCOUNT)
    assume(idp.token(sub="repo:other/repo"))

"""Why something is allowed or denied, and whom a principal can become, asked of a server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.server import access_questions
from tests.authorization.conftest import Asker, MakeUser, arn, document, token_of
from tests.live import ACCOUNT, Live
from tests.services.organizations.support import Org

READ = {"Sid": "Read", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
FILE = {"type": "object", "id": "arn:aws:s3:::reports/monday.txt"}


@pytest.fixture
def ask(server: Live, iam: Any, user: MakeUser) -> Asker:
    user("pep", {"Action": ["iamd:ExplainAccess", "iamd:FindEscalations"], "Resource": "*"})
    return Asker(server.endpoint, token_of(iam, "pep")["ServiceCredentialSecret"])


def about(who: str, action: str, resource: Any = FILE) -> dict[str, Any]:
    return {"subject": {"type": "user", "id": who}, "action": {"name": action}, "resource": resource}


def test_an_explanation_tells_whose_policies_decided(ask: Asker, iam: Any, user: MakeUser) -> None:
    user("alice")
    iam.create_group(GroupName="staff")
    iam.put_group_policy(GroupName="staff", PolicyName="reports", PolicyDocument=document(READ))
    iam.add_user_to_group(GroupName="staff", UserName="alice")
    told = ask("explanation", about("alice", "s3:GetObject")).json
    (layer,) = told["layers"]
    assert (told["decision"], told["settledBy"], told["ways"]) == ("allowed", "identity-based", [])
    assert layer["policies"] == [{"name": "reports", "group": "staff"}]
    (statement,) = layer["statements"]
    assert (statement["policy"], statement["sid"], statement["effect"]) == ("reports", "Read", "Allow")
    listed = ask("explanation", about("alice", "s3:ListAllMyBuckets", {"type": "s3", "id": "*"})).json
    assert (listed["resource"], listed["ways"][0][0]["add"]["Resource"]) == ("*", "*")
    refused = ask("explanation", about("alice", "s3:PutObject")).json
    assert refused["decision"] == "implicitDeny"
    assert refused["layers"][0]["nearest"][0]["reasons"] == ["it is about s3:GetObject, and not about s3:PutObject"]
    ((change,),) = refused["ways"]
    assert change["add"] == {"Effect": "Allow", "Action": "s3:PutObject", "Resource": FILE["id"]}
    assert change["advice"].startswith("Add to the policies of the caller")
    allowed = document(*({key: value for key, value in each.items() if key != "Effect"} for each in (change["add"],)))
    iam.put_user_policy(UserName="alice", PolicyName="more", PolicyDocument=allowed)
    assert ask("explanation", about("alice", "s3:PutObject")).json["decision"] == "allowed"


def test_a_boundary_that_does_not_allow_is_told(ask: Asker, iam: Any, user: MakeUser) -> None:
    user("alice", READ)
    only = iam.create_policy(PolicyName="only", PolicyDocument=document({"Action": "iam:*", "Resource": "*"}))[
        "Policy"
    ]["Arn"]
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=only)
    told = ask("explanation", about("alice", "s3:GetObject")).json
    outcomes = {
        each["layer"]: (each["outcome"], [policy["name"] for policy in each["policies"]]) for each in told["layers"]
    }
    assert outcomes == {"identity-based": ("allowed", ["own"]), "permissions boundary": ("implicitDeny", [only])}
    ((change,),) = told["ways"]
    assert change["advice"].startswith("Add to the permissions boundary of the caller")


def test_a_denial_is_explained_by_the_policies_of_then(ask: Asker, iam: Any, user: MakeUser, server: Live) -> None:
    user("alice")
    alice = server.client("iam", iam.create_access_key(UserName="alice")["AccessKey"])
    with pytest.raises(ClientError) as refused:
        alice.list_users()
    found = re.search("authorization id: ([a-z0-9]{25})", str(refused.value))
    assert found is not None
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=document({"Action": "*", "Resource": "*"}))
    told = ask("explanation/denial", {"authorizationId": found[1]}).json
    assert (told["decision"], told["action"]) == ("implicitDeny", "iam:ListUsers")
    ((change,),) = told["ways"]
    assert (change["add"]["Action"], change["add"]["Effect"]) == ("iam:ListUsers", "Allow")
    assert ask("explanation/denial", {"authorizationId": "x" * 25}).status == 404
    stranger = server.add_account("210987654321")
    theirs = server.client("iam", stranger)
    theirs.create_user(UserName="pep")
    theirs.put_user_policy(
        UserName="pep", PolicyName="p", PolicyDocument=document({"Action": "iamd:*", "Resource": "*"})
    )
    other = Asker(server.endpoint, token_of(theirs, "pep")["ServiceCredentialSecret"])
    assert other("explanation/denial", {"authorizationId": found[1]}).status == 404


def test_nothing_is_told_of_what_is_in_the_policies_of_strangers(ask: Asker, user: MakeUser, server: Live) -> None:
    user("alice", {"Action": "*", "Resource": "*"})
    theirs = server.client("organizations", server.add_account("210987654321"))
    organization = theirs.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    root = theirs.list_roots()["Roots"][0]["Id"]
    theirs.enable_policy_type(RootId=root, PolicyType="RESOURCE_CONTROL_POLICY")
    only = {"Condition": {"StringNotEquals": {"aws:PrincipalAccount": "555566667777"}}}
    perimeter = document({"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*", **only})
    policy = {"Name": "perimeter", "Description": "", "Type": "RESOURCE_CONTROL_POLICY", "Content": perimeter}
    made = theirs.create_policy(**policy)["Policy"]["PolicySummary"]["Id"]
    theirs.attach_policy(PolicyId=made, TargetId=root)
    member = Org(server, theirs, organization, root).account("a")
    queue = {"type": "object", "id": f"arn:aws:sqs:us-east-1:{member}:jobs"}
    told = ask("explanation", about("alice", "sqs:SendMessage", queue))
    assert (told.json["decision"], told.json["settledBy"]) == ("explicitDeny", "resource control")
    guards = [each for each in told.json["layers"] if each["layer"] == "resource control"]
    assert {each["outcome"] for each in guards} == {"allowed", "explicitDeny"}
    assert not any(each["policies"] or each["statements"] or each["nearest"] for each in guards)
    assert b"555566667777" not in told.body
    assert made.encode() not in told.body
    assert [each["policies"] for each in told.json["layers"] if each["layer"] == "identity-based"] != [[]]


def test_a_recorded_call_is_explained_with_its_condition_keys(
    ask: Asker, iam: Any, user: MakeUser, server: Live
) -> None:
    here = {"Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}
    user("alice", {"Action": "organizations:List*", "Resource": "*", **here})
    iam.create_role(
        RoleName="other",
        AssumeRolePolicyDocument=document({"Principal": {"AWS": arn("user/alice")}, "Action": "sts:AssumeRole"}),
    )
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    with pytest.raises(ClientError):
        server.client("organizations", key).describe_organization()
    with pytest.raises(ClientError):
        server.client("organizations", key).list_roots()  # allowed, but there is no organization
    server.client("sts", key).assume_role(RoleArn=arn("role/other"), RoleSessionName="run")

    def explained(name: str) -> Any:
        asked = [{"AttributeKey": "EventName", "AttributeValue": name}]
        (event,) = server.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
        return ask("explanation/event", {"eventId": event["EventId"]})

    refused, allowed = explained("DescribeOrganization").json, explained("ListRoots").json
    assert (refused["decision"], refused["action"]) == ("implicitDeny", "organizations:DescribeOrganization")
    assert allowed["decision"] == "allowed"
    assert explained("AssumeRole").json["settledBy"] == "role trust"
    assert ask("explanation/event", {"eventId": "nothing"}).status == 404


def test_escalations_lead_on_from_one_principal(ask: Asker, iam: Any, user: MakeUser) -> None:
    user("alice", {"Action": "sts:AssumeRole", "Resource": arn("role/deployer")})
    trust = document({"Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    services = document({"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    for name, trusted in (("deployer", trust), ("power", services), ("other", trust)):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)
    may = document({"Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"})
    iam.put_role_policy(RoleName="deployer", PolicyName="deploys", PolicyDocument=may)
    everything = document({"Action": "*", "Resource": "*"})
    iam.put_role_policy(RoleName="power", PolicyName="all", PolicyDocument=everything)
    told = ask("escalations", {"subject": {"type": "user", "id": "alice"}}).json
    assert [(each["source"], each["target"], each["method"]) for each in told["edges"]] == [
        (arn("user/alice"), arn("role/deployer"), "assuming"),
        (arn("role/deployer"), arn("role/power"), "passing to: Lambda function"),
    ]
    assert (told["principal"], told["administrators"]) == (arn("user/alice"), [arn("role/power")])
    assert told["complete"]
    (step,) = told["edges"][0]["steps"]
    assert (step["action"], step["statements"][0]["policy"], step["needs"]) == ("sts:AssumeRole", "own", [])
    nowhere = ask("escalations", {"subject": {"type": "role", "id": "other"}}).json
    assert (nowhere["edges"], nowhere["administrators"]) == ([], [])


def test_searches_are_bounded(ask: Asker, user: MakeUser, monkeypatch: pytest.MonkeyPatch) -> None:
    user("alice")
    asked = {"subject": {"type": "user", "id": "alice"}}
    monkeypatch.setattr(access_questions, "MOST", 0)
    assert ask("escalations", asked).json["complete"] is False
    monkeypatch.setattr(access_questions, "LARGEST", 1)
    refused = ask("escalations", asked)
    assert (refused.status, b"use `iamd escalation`" in refused.body) == (400, True)
    monkeypatch.setattr(access_questions, "_asking", {ACCOUNT})
    assert b"Rate exceeded" in ask("escalations", asked).body


def test_what_makes_no_question_is_refused(ask: Asker, user: MakeUser) -> None:
    user("eve")
    for path, body in (
        ("explanation", {}),
        ("explanation", about("nobody", "s3:GetObject")),
        ("explanation", about("eve", "s3:GetObject", {"type": "s3:nothing", "id": "x"})),
        ("explanation/denial", {}),
        ("escalations", {"subject": {"type": "user", "id": "nobody"}}),
        ("escalations", {"subject": 5}),
    ):
        assert ask(path, body).status == 400, (path, body)

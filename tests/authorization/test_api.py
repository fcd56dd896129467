"""Who may ask, about whom and what, and what is recorded of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamd.authorization import search
from iamd.store.kinds.credentials import ServiceCredential
from tests.authorization.conftest import Asker, MakeUser, arn, document, send, token_of
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET, Live

QUESTION = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "s3:GetObject"},
    "resource": {"type": "object", "id": "arn:aws:s3:::reports/monday.txt"},
}
READ = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}


def signed(server: Live, key: tuple[str, str, str | None], service: str = "iamd") -> Any:
    """The answer to the question, signed."""
    url = f"{server.endpoint}/access/v1/evaluation"
    body = json.dumps(QUESTION).encode()
    request = AWSRequest("POST", url, data=body, headers={"content-type": "application/json"})
    SigV4Auth(Credentials(*key), service, "us-east-1").add_auth(request)
    return send(url, body, headers=dict(request.headers.items()))


def test_signed_requests(server: Live, user: MakeUser) -> None:
    user("alice", READ)
    root = ROOT_KEY, ROOT_SECRET, None
    assert signed(server, root).json == {"decision": True}
    assert signed(server, root, "s3").status == 401
    assert signed(server, (ROOT_KEY, "wrong", None)).status == 401


def test_sessions_may_ask(server: Live, iam: Any, user: MakeUser) -> None:
    user("alice", READ)
    trust = {"Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="pep", AssumeRolePolicyDocument=document(trust))
    may = document({"Action": "iamd:Evaluate", "Resource": "*"})
    iam.put_role_policy(RoleName="pep", PolicyName="may", PolicyDocument=may)
    user("app", {"Action": "sts:AssumeRole", "Resource": "*"})
    sts = server.client("sts", iam.create_access_key(UserName="app")["AccessKey"])
    taken = sts.assume_role(RoleArn=arn("role/pep"), RoleSessionName="run")["Credentials"]
    key = taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"]
    assert signed(server, key).json == {"decision": True}


def test_strangers_are_told_nothing(server: Live, ask: Asker) -> None:
    url = f"{server.endpoint}/access/v1/evaluation"
    for header in ("", "Basic YTpi", "Bearer", "Bearer IAMDeA==", f"Bearer {ask.token[:-4]}AAA=", "Bearer x" * 300):
        answer = send(url, QUESTION, headers={"authorization": header} if header else {})
        assert answer.status == 401, header
        assert answer.headers["www-authenticate"] == 'Bearer realm="iamd"'


def test_tokens_are_credentials_of_users(server: Live, iam: Any, ask: Asker, user: MakeUser) -> None:
    user("alice", READ)
    token = token_of(iam, "pep")
    other = Asker(server.endpoint, token["ServiceCredentialSecret"])
    which = {"UserName": "pep", "ServiceSpecificCredentialId": token["ServiceSpecificCredentialId"]}
    assert other("evaluation", QUESTION).json == {"decision": True}
    iam.update_service_specific_credential(**which, Status="Inactive")
    assert other("evaluation", QUESTION).status == 401
    iam.update_service_specific_credential(**which, Status="Active")
    again = iam.reset_service_specific_credential(**which)["ServiceSpecificCredential"]["ServiceCredentialSecret"]
    assert other("evaluation", QUESTION).status == 401
    assert Asker(server.endpoint, again)("evaluation", QUESTION).status == 200
    iam.delete_service_specific_credential(**which)
    assert Asker(server.endpoint, again)("evaluation", QUESTION).status == 401


def test_tokens_end_with_their_age(server: Live, iam: Any, ask: Asker) -> None:
    records = server.realm.store.records(ACCOUNT)
    assert records is not None
    held: ServiceCredential = next(iter(records.service_credentials))

    def outlive(change: Any) -> None:
        change.records(ACCOUNT).service_credentials.replace(held, expires=held.created - timedelta(seconds=1))

    server.run(server.realm.store.write(outlive))
    answer = ask("evaluation", QUESTION)
    assert (answer.status, answer.body) == (401, b"The security token included in the request is expired")


def test_callers_need_permission(server: Live, iam: Any, user: MakeUser) -> None:
    user("evaluates", {"Action": "iamd:Evaluate", "Resource": "*"})
    asker = Asker(server.endpoint, token_of(iam, "evaluates")["ServiceCredentialSecret"])
    assert asker("evaluation", QUESTION).status == 200
    refused = asker("search/action", {key: QUESTION[key] for key in ("subject", "resource")})
    assert refused.status == 403
    assert b"is not authorized to perform: iamd:SearchActions on resource: *" in refused.body


@pytest.mark.parametrize(
    ("subject", "decision"),
    [
        ({"type": "user", "id": "alice"}, True),
        ({"type": "anything", "id": arn("user/team/alice")}, True),
        ({"type": "user", "id": "Alice"}, False),
        ({"type": "user", "id": arn("user/alice")}, False),
        ({"type": "role", "id": "reader"}, True),
        ({"type": "role", "id": arn("role/app/reader")}, True),
        ({"type": "session", "id": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/monday"}, True),
        ({"type": "session", "id": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/tuesday"}, False),
        ({"type": "user", "id": arn("root")}, True),
        ({"type": "user", "id": "arn:aws:iam::999999999999:root"}, False),
        ({"type": "user", "id": "arn:aws:s3:::reports"}, False),
        ({"type": "group", "id": "readers"}, False),
        ({"type": "user", "id": "*"}, False),
    ],
)
def test_subjects(ask: Asker, iam: Any, subject: Any, decision: bool) -> None:
    iam.create_user(UserName="alice", Path="/team/")
    iam.put_user_policy(UserName="alice", PolicyName="read", PolicyDocument=document(READ))
    trust = document({"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName="reader", Path="/app/", AssumeRolePolicyDocument=trust)
    never = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:userid": "*:tuesday"}}}
    iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=document(READ, never))
    answer = ask("evaluation", {**QUESTION, "subject": subject})
    assert answer.json["decision"] is decision, answer.body


@pytest.mark.parametrize(
    ("action", "type_", "id_"),
    [
        ("s3:GetObject", "s3:object", "arn:aws:s3:::reports/monday.txt"),
        ("s3:ListBucket", "s3:bucket", "reports"),
        ("S3:listbucket", "anything", "arn:aws:s3:::reports"),
        ("GetItem", "dynamodb:table", "orders"),
        ("approve", "invoice", "2026/17"),
    ],
)
def test_actions_and_resources(ask: Asker, user: MakeUser, action: str, type_: str, id_: str) -> None:
    user(
        "alice",
        READ,
        {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::reports"},
        {"Action": "dynamodb:GetItem", "Resource": f"arn:aws:dynamodb:*:{ACCOUNT}:table/orders"},
        {"Action": "invoice:approve", "Resource": f"arn:aws:invoice::{ACCOUNT}:invoice/2026/*"},
    )
    assert ask.may("alice", action, type_, id_)
    assert not ask.may("alice", action, type_, f"{id_}-other") or id_.endswith(("txt", "17"))
    assert not ask.may("pep", action, type_, id_)


@pytest.mark.parametrize(
    ("action", "type_", "id_"),
    [
        ("read", "Space Ship", "1"),
        ("a:b:c", "record", "1"),
        ("*", "record", "1"),
        ("read*", "record", "1"),
        ("read", "record", "line\nbreak"),
        ("read", "record", "arn:aws:short"),
        ("s3:GetObject", "s3:object", "reports/monday.txt"),
        ("s3:GetObject", "s3:nothing", "reports"),
    ],
)
def test_what_has_no_words_in_iam_is_denied(ask: Asker, iam: Any, action: str, type_: str, id_: str) -> None:
    resource = {"type": type_, "id": id_}
    subject = {"type": "user", "id": arn("root")}
    answer = ask("evaluation", {"subject": subject, "action": {"name": action}, "resource": resource})
    assert (answer.status, answer.json["decision"]) == (200, False)
    assert answer.json["context"]["error"]["status"] == 400


def test_properties_and_context_are_condition_keys(ask: Asker, user: MakeUser) -> None:
    condition = {
        "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
        "StringEquals": {"authzen:SubjectProperty/Team": "blue", "authzen:Context/channel": "web"},
        "NumericLessThan": {"authzen:ActionProperty/limit": "10"},
        "Bool": {"authzen:ResourceProperty/labels/public": "true"},
        "ForAllValues:StringEquals": {"authzen:ResourceProperty/tags": ["a", "b"]},
        "ForAnyValue:StringEquals": {"s3:prefix": ["x"]},
    }
    user("alice", {"Action": "record:read", "Resource": "*", "Condition": condition})
    asked: dict[str, Any] = {
        "subject": {"type": "user", "id": "alice", "properties": {"team": "blue", "ip_address": "192.0.2.7"}},
        "action": {"name": "read", "properties": {"limit": 9.5}},
        "resource": {
            "type": "record", "id": "1", "properties": {"labels": {"public": True}, "tags": ["a"], "none": None},
        },
        "context": {"channel": "web", "s3:prefix": ["x", "y"]},
    }  # fmt: skip
    assert ask("evaluation", asked).json == {"decision": True}
    for name, part, value in (
        ("subject", "properties", {"team": "blue", "ip_address": "198.51.100.7"}),
        ("action", "properties", {"limit": 11}),
        ("resource", "properties", {"labels": {"public": False}, "tags": ["a"]}),
        ("resource", "properties", {"labels": {"public": True}, "tags": ["a", "c"]}),
        ("context", "channel", "phone"),
    ):
        changed = {**asked, name: {**asked[name], part: value}}
        assert ask("evaluation", changed).json["decision"] is False, name


def test_what_iamd_knows_of_a_subject_cannot_be_given(ask: Asker, user: MakeUser) -> None:
    equals = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    user("alice", {"Action": "record:read", "Resource": "*", "Condition": equals}, team="red")
    assert not ask.may("alice", "read", "record", "1", context={"aws:PrincipalTag/team": "blue"})
    likes = {"StringEquals": {"aws:username": "root"}}
    user("bob", {"Action": "record:read", "Resource": "*", "Condition": likes})
    assert not ask.may("bob", "read", "record", "1", context={"AWS:UserName": "root"})


def test_deep_properties_are_denied(ask: Asker, user: MakeUser) -> None:
    user("alice", {"Action": "*", "Resource": "*"})
    deep: dict[str, Any] = {}
    for _ in range(12):
        deep = {"in": deep or 1}
    assert not ask.may("alice", "read", "record", "1", context={"deep": deep})


def test_questions_are_recorded(server: Live, ask: Asker, user: MakeUser) -> None:
    user("alice", READ)
    ask("evaluation", {**QUESTION, "context": {"secret": "of the subject"}})
    ask("evaluations", {**QUESTION, "evaluations": [{}, {"action": {"name": "s3:PutObject"}}]})
    ask("evaluation", b"{}")
    asked = [{"AttributeKey": "EventSource", "AttributeValue": "authorization.iamd"}]
    found = server.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
    assert "of the subject" not in str(found)
    malformed, several, one = (json.loads(each["CloudTrailEvent"]) for each in found)
    assert {each["eventName"] for each in (malformed, several, one)} == {"Evaluate"}
    assert one["userIdentity"]["userName"] == "pep"
    assert one["additionalEventData"] == {**QUESTION, "decision": True}
    assert several["additionalEventData"] == {**QUESTION, "evaluations": 2, "allowed": 1}
    assert malformed["errorCode"] == "BadRequest"


def test_the_metadata(server: Live) -> None:
    answer = send(f"{server.endpoint}/.well-known/authzen-configuration")
    where = f"{server.endpoint}/access/v1"
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "policy_decision_point": server.endpoint,
        "access_evaluation_endpoint": f"{where}/evaluation",
        "access_evaluations_endpoint": f"{where}/evaluations",
        "search_subject_endpoint": f"{where}/search/subject",
        "search_resource_endpoint": f"{where}/search/resource",
        "search_action_endpoint": f"{where}/search/action",
    }
    assert send(f"{server.endpoint}/.well-known/authzen-configuration", {}).status == 405


def test_the_metadata_below_a_public_url(server: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.realm, "public_url", "https://iam.example.com/pdp")
    url = f"{server.endpoint}/.well-known/authzen-configuration"
    told = send(f"{url}/pdp").json
    assert told["policy_decision_point"] == "https://iam.example.com/pdp"
    assert told["access_evaluation_endpoint"] == "https://iam.example.com/pdp/access/v1/evaluation"
    assert send(url).status == 404
    assert send(f"{url}/other").status == 404


def test_other_paths_and_methods(server: Live, ask: Asker) -> None:
    assert ask("nothing", QUESTION).status == 404
    assert send(f"{server.endpoint}/access/v1/evaluation").status == 405


def test_roles_and_actions_are_found_too(ask: Asker, iam: Any, user: MakeUser) -> None:
    trust = document({"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=document(READ))
    asked = {**QUESTION, "subject": {"type": "role"}}
    assert ask("search/subject", asked).json["results"] == [{"type": "role", "id": "reader"}]
    asked = {"subject": {"type": "role", "id": "reader"}, "resource": QUESTION["resource"]}
    assert ask("search/action", asked).json["results"] == [{"name": "s3:GetObject"}]


def test_actions_of_a_list_may_differ_in_properties_alone(ask: Asker, user: MakeUser) -> None:
    soft = {"Bool": {"authzen:ActionProperty/soft": "true"}}
    user("alice", {"Action": "record:delete", "Resource": "*", "Condition": soft})
    asked = {
        "subject": {"type": "user", "id": "alice"},
        "action": {"name": "delete", "properties": {"soft": True}},
        "resource": {"type": "record", "id": "1"},
        "evaluations": [{}, {"action": {"properties": {"soft": False}}}, {"action": {"properties": {"soft": True}}}],
    }
    assert [each["decision"] for each in ask("evaluations", asked).json["evaluations"]] == [True, False, True]


def test_iamd_knows_its_own_resources(ask: Asker, iam: Any, user: MakeUser) -> None:
    blue = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    assume = {"Action": "sts:AssumeRole", "Resource": "*"}
    user("alice", {"Action": "iam:GetUser", "Resource": "*", "Condition": blue}, assume, team="blue")
    user("bob", assume, team="red")
    assert ask.may("alice", "iam:GetUser", "iam:user", arn("user/alice"))
    assert not ask.may("alice", "iam:GetUser", "iam:user", arn("user/bob"))
    assert not ask.may("alice", "iam:GetUser", "iam:user", arn("user/bob"), context={"aws:ResourceTag/team": "blue"})
    trusts = document({"Principal": {"AWS": arn("user/alice")}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="app", Path="/a/b/", AssumeRolePolicyDocument=trusts)["Role"]["Arn"]
    assert ask.may("alice", "sts:AssumeRole", "iam:role", role)
    assert not ask.may("bob", "sts:AssumeRole", "iam:role", role)
    assert not ask.may("alice", "sts:AssumeRole", "iam:role", arn("role/app"))


def test_searches_go_on_where_they_had_enough(ask: Asker, user: MakeUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "EXAMINED", 2)
    for name in ("ann", "bob", "cid", "dan", "eve"):
        user(name, *([READ] if name in ("ann", "eve") else []))
    asked: dict[str, Any] = {**QUESTION, "subject": {"type": "user"}}
    pages, token = [], ""
    while True:
        page = ask("search/subject", {**asked, "page": {"token": token}}).json
        pages.append([each["id"] for each in page["results"]])
        token = page["page"]["next_token"]
        if not token:
            break
    assert pages == [["ann"], [], ["eve"]]

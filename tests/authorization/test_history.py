"""What changed, and which recorded calls a change would decide otherwise, asked of a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamd.audit import hindsight
from iamd.audit.hindsight import Broken, Busy, Hindsight, Refused
from tests.authorization.conftest import Asker, Reply, document, send, token_of
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET, Live, live
from tests.services.organizations.support import Org

Kept = tuple[Live, dict[str, int]]
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
LISTS = document({"Action": "iam:ListUsers", "Resource": "*"})
NO = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}
DENIAL = {"iam:PutUserPolicy": {"UserName": "alice", "PolicyName": "no", "PolicyDocument": NO}}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A server on a data directory, where alice listed users twice, and revisions of before and after she could."""
    folder = tmp_path_factory.mktemp("data")
    with live(in_memory=False, data_dir=str(folder)) as server:
        iam = server.client("iam")
        before = iam.create_user(UserName="alice")
        after = iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=LISTS)
        alice = server.client("iam", iam.create_access_key(UserName="alice")["AccessKey"])
        for _ in range(2):
            alice.list_users()
        iam.create_user(UserName="pep")
        elsewhere = server.client("iam", server.add_account("210987654321"))
        elsewhere.create_user(UserName="alice")
        elsewhere.create_user(UserName="eve")
        opened = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": {"Sid": "Hidden", **opened}})
        elsewhere.create_role(RoleName="theirs", AssumeRolePolicyDocument=trust)
        revisions = {
            name: int(answer["ResponseMetadata"]["HTTPHeaders"]["x-iamd-revision"])
            for name, answer in (("before", before), ("after", after))
        }
        yield server, revisions


@pytest.fixture
def asker(kept: Kept) -> Asker:
    """A program that may ask about the past."""
    iam = kept[0].client("iam")
    asks = document({"Action": ["iamd:CompareHistory", "iamd:ReplayCalls"], "Resource": "*"})
    iam.put_user_policy(UserName="pep", PolicyName="asks", PolicyDocument=asks)
    return Asker(kept[0].endpoint, token_of(iam, "pep")["ServiceCredentialSecret"])


@pytest.fixture(autouse=True)
def no_more_than_two_tokens(kept: Kept) -> Iterator[None]:
    yield
    iam = kept[0].client("iam")
    for each in iam.list_service_specific_credentials(UserName="pep")["ServiceSpecificCredentials"]:
        iam.delete_service_specific_credential(
            UserName="pep", ServiceSpecificCredentialId=each["ServiceSpecificCredentialId"]
        )


def test_what_changed_between_two_revisions(kept: Kept, asker: Asker) -> None:
    answer = asker("history/diff", kept[1])
    assert answer.status == 200, answer.body
    (alice,) = answer.json["principals"]
    assert alice["principal"] == ALICE
    assert [each["action"] for each in alice["gained"]] == ["iam:ListUsers"]
    assert list(answer.json["texts"]) == [f"{ALICE} inline policy own"]


def test_which_calls_would_flip(kept: Kept, asker: Asker) -> None:
    answer = asker("history/replay", {"changes": [DENIAL], "since": "1h"})
    assert answer.status == 200, answer.body
    (flip,) = answer.json["flips"]
    assert (flip["principal"], flip["action"], flip["would"], flip["calls"]) == (ALICE, "iam:ListUsers", "deny", 2)
    assert flip["statements"] == [{"policy": "no", "index": 0, "sid": None}]


def test_the_question_is_recorded(kept: Kept, asker: Asker) -> None:
    asker("history/replay", {"changes": [DENIAL]})
    attribute = {"AttributeKey": "EventName", "AttributeValue": "ReplayCalls"}
    event = kept[0].client("cloudtrail").lookup_events(LookupAttributes=[attribute])["Events"][0]
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventSource"] == "authorization.iamd"
    assert record["additionalEventData"] == {"changes": 1, "flips": 1}
    assert record["userIdentity"]["userName"] == "pep"


def test_requests_are_tried_besides_and_those_of_other_accounts_are_not(asker: Asker) -> None:
    lists = {"principal": "alice", "action": "iam:ListUsers"}
    answer = asker("history/replay", {"changes": [DENIAL], "requests": [lists], "until": "1d"})
    (tried,) = answer.json["requests"]
    assert (tried["principal"], tried["before"], tried["after"]) == (ALICE, "allowed", "explicitDeny")
    for name in ("arn:aws:iam::210987654321:root", "eve"):
        elsewhere = {"principal": name, "action": "iam:ListUsers"}
        answer = asker("history/replay", {"changes": [], "requests": [elsewhere]})
        assert (answer.status, b"there is no principal" in answer.body) == (400, True)


@pytest.mark.parametrize("name", ["theirs", "absent"])
def test_the_policies_of_another_accounts_resources_are_told_nobody(asker: Asker, name: str) -> None:
    role = f"arn:aws:iam::210987654321:role/{name}"
    assumes = {"principal": "alice", "action": "sts:AssumeRole", "resource": role}
    answer = asker("history/replay", {"changes": [], "requests": [assumes]})
    assert (answer.status, b"210987654321 is not asked about" in answer.body) == (400, True), answer.body
    assert b"Hidden" not in answer.body


def signed(server: Live, path: str, body: Any) -> Reply:
    """What root is answered."""
    url, data = f"{server.endpoint}/access/v1/{path}", json.dumps(body)
    request = AWSRequest("POST", url, headers={"Content-Type": "application/json"}, data=data)
    SigV4Auth(Credentials(ROOT_KEY, ROOT_SECRET), "iamd", "us-east-1").add_auth(request)
    return send(url, data.encode(), method="POST", headers=dict(request.headers.items()))


def test_signatures_are_taken(kept: Kept) -> None:
    answer = signed(kept[0], "history/diff", {"before": "now", "after": "now"})
    assert (answer.status, answer.json) == (200, {"principals": [], "texts": {}})


def test_strangers_and_those_who_may_not_are_refused(kept: Kept, asker: Asker) -> None:
    assert send(f"{asker.endpoint}/access/v1/history/diff", {"before": 1}, method="POST").status == 401
    kept[0].client("iam").delete_user_policy(UserName="pep", PolicyName="asks")
    for path, body in (("history/diff", kept[1]), ("history/replay", {"changes": []})):
        answer = asker(path, body)
        assert answer.status == 403
        assert b"is not authorized to perform: iamd:" in answer.body


SECRET = {"iam:PutUserPolicy": {"UserName": "alice", "PolicyName": "x", "PolicyDocument": {"file": "/etc/hostname"}}}


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("history/diff", {}, "missing required field `before`"),
        ("history/diff", {"before": 1, "account": "2"}, "unknown field `account`"),
        ("history/diff", {"before": "long ago"}, "long ago"),
        ("history/diff", {"before": 9_999_999}, "9999999"),
        ("history/diff", {"before": "1h\0"}, "before"),
        ("history/diff", {"before": "1" * 200_000}, "before"),
        ("history/diff", {"before": 10**30}, "before"),
        ("history/diff", {"before": "210987654321@1"}, "before"),
        ("history/replay", {"changes": [], "since": "--help"}, "since"),
        ("history/replay", {"changes": [], "since": "1h\0"}, "since"),
        ("history/replay", {"changes": [SECRET]}, "a change that is in no file cannot name one"),
        ("history/replay", {"changes": [{"iam:DeleteUser": {"UserName": "nobody"}}]}, "nobody"),
        ("history/replay", {"changes": [{"account": "210987654321", **DENIAL}]}, "changes"),
        ("history/replay", {"changes": [], "serviceControlPolicies": []}, "unknown field"),
        ("history/replay", {"changes": [], "organization": True}, "manages no organization"),
    ],
)
def test_what_cannot_be_answered_is_told(asker: Asker, path: str, body: Any, said: str) -> None:
    answer = asker(path, body)
    assert answer.status == 400, answer.body
    assert said in answer.body.decode()


def test_calls_of_the_whole_organization(tmp_path: Path) -> None:
    """A control policy would bind a member's calls; the account that manages the organization asks."""
    with live(in_memory=False, data_dir=str(tmp_path)) as server:
        iam, client = server.client("iam"), server.client("organizations")
        client.create_organization(FeatureSet="ALL")
        top = client.list_roots()["Roots"][0]["Id"]
        client.enable_policy_type(RootId=top, PolicyType="SERVICE_CONTROL_POLICY")
        iam.create_user(UserName="pep")
        iam.put_user_policy(UserName="pep", PolicyName="all", PolicyDocument=document({"Action": "*", "Resource": "*"}))
        admin = iam.create_access_key(UserName="pep")["AccessKey"]
        member = Org(server, client, "", top).account("member")
        inside = Org(server, client, "", top).enter(lambda service: server.client(service, admin), member)
        inside("iam").list_users()
        asker = Asker(server.endpoint, token_of(iam, "pep")["ServiceCredentialSecret"])
        made = {
            "organizations:CreatePolicy": {
                "Name": "No",
                "Description": "",
                "Content": NO,
                "Type": "SERVICE_CONTROL_POLICY",
            }
        }
        changes = [made, {"organizations:AttachPolicy": {"PolicyId": "No", "TargetId": member}}]
        assert asker("history/replay", {"changes": changes}).json["flips"] == []
        answer = asker("history/replay", {"changes": changes, "organization": True})
        (flip,) = answer.json["flips"]
        role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
        assert (flip["principal"], flip["action"], flip["would"]) == (role, "iam:ListUsers", "deny")


def test_a_server_without_data_directory_says_so(ask: Asker, iam: Any) -> None:
    iam.put_user_policy(UserName="pep", PolicyName="past", PolicyDocument=document({"Action": "*", "Resource": "*"}))
    answer = ask("history/diff", {"before": 1})
    assert answer.status == 400
    assert b"start it with a data directory" in answer.body


def test_questions_wait_for_their_turn_but_not_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hindsight, "WAITING", 0)

    async def run() -> list[Any]:
        asked = Hindsight(tmp_path, None)
        return await asyncio.gather(*(asked.compare(ACCOUNT, "1", "2") for _ in range(2)), return_exceptions=True)

    first, second = asyncio.run(run())
    assert isinstance(first, Refused)
    assert "there is no database" in str(first)
    assert isinstance(second, Busy)


def test_an_account_takes_no_more_than_its_part(tmp_path: Path) -> None:
    async def run() -> list[Any]:
        asked = Hindsight(tmp_path, None)
        accounts = [ACCOUNT] * 4 + ["210987654321"]
        return await asyncio.gather(*(asked.compare(each, "1", "2") for each in accounts), return_exceptions=True)

    assert [type(each) for each in asyncio.run(run())] == [Refused, Refused, Busy, Busy, Refused]


def test_a_command_that_breaks_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hindsight.sys, "executable", "/bin/false")  # type: ignore[attr-defined]
    with pytest.raises(Broken):
        asyncio.run(Hindsight(tmp_path, tmp_path / "key").compare(ACCOUNT, "1", "2"))

"""Answers about resources whose own policies an upstream of the gateway has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from tests.authorization.conftest import Asker
from tests.gateway.policies import allow, deny, document, to
from tests.live import ACCOUNT, Live, live

OTHER = "210987654321"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"


@pytest.fixture(scope="module")
def running() -> Iterator[Live]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    upstream = {"s3": f"http://{host}:{port}", "sqs": f"http://{host}:{port}", "dynamodb": "http://127.0.0.1:9"}
    with live(upstream=upstream, upstream_owners={"arn:aws:s3:::theirs*": OTHER}) as gateway:
        yield gateway
    server.stop()


@pytest.fixture
def ask(running: Live) -> Asker:
    """A program that may ask, about alice, who may read the objects of two buckets."""
    running.reset()
    iam = running.client("iam")
    for name, statement in (
        ("program", allow("iamd:*")),
        ("alice", allow("s3:GetObject", ["arn:aws:s3:::mine/*", "arn:aws:s3:::theirs/*"])),
    ):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(statement))
    made = iam.create_service_specific_credential(UserName="program", ServiceName="iamd")
    return Asker(running.endpoint, made["ServiceSpecificCredential"]["ServiceCredentialSecret"])


def bucket(running: Live, name: str, *statements: dict[str, Any]) -> None:
    """A bucket upstream with that policy, or without any."""
    s3 = running.client("s3")
    if name not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=name)
    if statements:
        s3.put_bucket_policy(Bucket=name, Policy=document(*statements))
    else:
        s3.delete_bucket_policy(Bucket=name)


def test_a_buckets_policy_grants_and_denies(running: Live, ask: Asker) -> None:
    everyone: dict[str, Any] = {"AWS": "*"}
    bucket(running, "mine")
    assert ask.may("alice", "GetObject", "s3:object", "arn:aws:s3:::mine/a")
    assert not ask.may("alice", "PutObject", "s3:object", "arn:aws:s3:::mine/a")
    bucket(
        running,
        "mine",
        to(ALICE, allow("s3:PutObject", "arn:aws:s3:::mine/*")),
        to(everyone, deny("s3:GetObject", "arn:aws:s3:::mine/secret/*")),
    )
    assert ask.may("alice", "PutObject", "s3:object", "arn:aws:s3:::mine/a")
    assert ask.may("alice", "GetObject", "s3:object", "arn:aws:s3:::mine/a")
    assert not ask.may("alice", "GetObject", "s3:object", "arn:aws:s3:::mine/secret/a")


def test_both_accounts_must_allow(running: Live, ask: Asker) -> None:
    theirs = running.client("s3", running.add_account(OTHER))
    theirs.create_bucket(Bucket="theirs")
    assert not ask.may("alice", "GetObject", "s3:object", "arn:aws:s3:::theirs/a")
    grant = document(to(ALICE, allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::theirs/*")))
    theirs.put_bucket_policy(Bucket="theirs", Policy=grant)
    assert ask.may("alice", "GetObject", "s3:object", "arn:aws:s3:::theirs/a")
    assert not ask.may("alice", "PutObject", "s3:object", "arn:aws:s3:::theirs/a")


def test_many_questions_need_each_policy_once(running: Live, ask: Asker) -> None:
    queue = running.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    grants = document(to(ALICE, allow("sqs:SendMessage", QUEUE)))
    running.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": grants})
    bucket(running, "mine")
    resources = [f"arn:aws:s3:::mine/{number}" for number in range(30)] + [QUEUE] * 5
    actions = ["s3:GetObject"] * 30 + ["sqs:SendMessage"] * 4 + ["sqs:ReceiveMessage"]
    body = {
        "subject": {"type": "user", "id": "alice"},
        "evaluations": [
            {"action": {"name": action}, "resource": {"type": "any", "id": arn}}
            for action, arn in zip(actions, resources, strict=True)
        ],
    }
    answers = ask("evaluations", body).json["evaluations"]
    assert [each["decision"] for each in answers] == [True] * 34 + [False]


def test_a_search_finds_whom_a_policy_lets_in(running: Live, ask: Asker) -> None:
    bucket(running, "mine", to(ALICE, allow("s3:DeleteObject", "arn:aws:s3:::mine/*")))
    body = {
        "subject": {"type": "user"},
        "action": {"name": "s3:DeleteObject"},
        "resource": {"type": "s3:object", "id": "arn:aws:s3:::mine/a"},
    }
    found = ask("search/subject", body).json["results"]
    assert [each["id"] for each in found if each["id"] == "alice"] == ["alice"]


def test_what_cannot_be_looked_at_is_not_answered(running: Live, ask: Asker) -> None:
    body = {
        "subject": {"type": "user", "id": "alice"},
        "action": {"name": "dynamodb:GetItem"},
        "resource": {"type": "dynamodb:table", "id": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t"},
    }
    assert ask("evaluation", body).status == 503


def test_minio_is_not_asked_back(running: Live, ask: Asker) -> None:
    bucket(running, "mine", to(ALICE, allow("s3:PutObject", "arn:aws:s3:::mine/*")))
    asked = {"input": {"account": "alice", "action": "s3:PutObject", "bucket": "mine", "object": "a"}}
    assert ask("minio", asked).json == {"result": False}

"""Decisions while a change takes long: whoever has seen it decides again, on what there was before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from iamd.store.interface import Group
from tests.authorization.conftest import Asker, document, send, token_of
from tests.failing import meanwhile, without_key, without_policies
from tests.live import Live
from tests.store.samples import OTHER, new_account

QUESTION = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "s3:GetObject"},
    "resource": {"type": "object", "id": "arn:aws:s3:::bucket/key"},
}
READS_WAIT = 1.0  # second, in which a request sees the change


@pytest.fixture
def token(gateway: Live) -> Iterator[str]:
    """A token of who may do everything, while a change of another account is being committed."""
    iam, store = gateway.client("iam"), gateway.realm.store
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=document({"Action": "*", "Resource": "*"}))
    secret = token_of(iam, "alice")["ServiceCredentialSecret"]
    assert Asker(gateway.endpoint, secret)("evaluation", QUESTION).status == 200  # the first one takes long by itself
    commit, may_end = store._database.commit, asyncio.Event()

    async def slowly(group: Group) -> None:
        if group.changes:
            await may_end.wait()
        await commit(group)

    async def begin() -> asyncio.Task[None]:
        store._database.commit = slowly  # type: ignore[method-assign]
        store._database.reads_wait = READS_WAIT
        change = asyncio.create_task(store.write(new_account(OTHER)))
        while not store.unsettled:
            await asyncio.sleep(0)
        return change

    async def end(change: asyncio.Task[None]) -> None:
        may_end.set()
        await change
        store._database.commit = commit  # type: ignore[method-assign]
        store._database.reads_wait = None

    change = gateway.run(begin())
    yield secret
    gateway.run(end(change))


def test_the_gateway_decides_again(gateway: Live, token: str) -> None:
    assert gateway.client("s3").list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200
    gateway.client("s3").create_bucket(Bucket="slowly")  # against which Block Public Access might be


def test_a_program_is_answered_again(gateway: Live, token: str) -> None:
    answer = Asker(gateway.endpoint, token)("evaluation", QUESTION)
    assert (answer.status, answer.json) == (200, {"decision": True})


def test_a_proxy_is_answered_again(gateway: Live, token: str) -> None:
    told = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/items/1", "Authorization": f"Bearer {token}"}
    assert send(f"{gateway.endpoint}/_iamd/forward-auth/orders", headers=told).status == 200


@pytest.fixture
def key(gateway: Live) -> Any:
    """Of alice, who may do everything."""
    iam = gateway.client("iam")
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=document({"Action": "*", "Resource": "*"}))
    return iam.create_access_key(UserName="alice")["AccessKey"]


def account_of(gateway: Live) -> str:
    account_id: str = gateway.client("sts").get_caller_identity()["Account"]
    return account_id


def test_the_gateway_refuses_nobody_for_a_policy_that_fails(gateway: Live, key: Any) -> None:
    work = without_policies(account_of(gateway))
    listed = meanwhile(gateway, work, gateway.client("s3", key).list_buckets)
    assert listed["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_gateway_refuses_nobody_for_the_end_of_a_key_that_fails(gateway: Live, key: Any) -> None:
    work = without_key(account_of(gateway), key["AccessKeyId"])
    listed = meanwhile(gateway, work, gateway.client("s3", key).list_buckets)
    assert listed["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_no_program_is_refused_for_a_policy_that_fails(gateway: Live, key: Any) -> None:
    secret = token_of(gateway.client("iam"), "alice")["ServiceCredentialSecret"]
    ask = Asker(gateway.endpoint, secret)
    assert ask("evaluation", QUESTION).status == 200
    answer = meanwhile(gateway, without_policies(account_of(gateway)), lambda: ask("evaluation", QUESTION))
    assert (answer.status, answer.json) == (200, {"decision": True})


def test_no_proxy_refuses_for_a_policy_that_fails(gateway: Live, key: Any) -> None:
    secret = token_of(gateway.client("iam"), "alice")["ServiceCredentialSecret"]
    told = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/items/1", "Authorization": f"Bearer {secret}"}
    url = f"{gateway.endpoint}/_iamd/forward-auth/orders"
    assert send(url, headers=told).status == 200
    assert meanwhile(gateway, without_policies(account_of(gateway)), lambda: send(url, headers=told)).status == 200

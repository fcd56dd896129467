"""Tags of upstreams' resources count, what cannot be read is refused, and what was read is forgotten in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from iamd.gateway.facts.at_hand import PoliciesAtHand
from iamd.gateway.facts.facts import Told
from iamd.gateway.facts.memory import Known, Memory
from iamd.gateway.mapped import Need
from iamd.gateway.owners import Owners
from iamd.node.versions import Versions
from iamd.wire.gateway_errors import Unmapped
from tests.gateway.policies import allow, deny, refused
from tests.live import ACCOUNT, Live

Make = Callable[..., Callable[[str], Any]]
BLUE = {"StringEquals": {"aws:ResourceTag/team": "blue"}}


def test_queues_by_their_tags(gateway: Live, user: Make) -> None:
    root, sqs = gateway.client("sqs"), user("alice", allow("sqs:*", **BLUE))("sqs")
    blue = root.create_queue(QueueName="blue", tags={"team": "blue"})["QueueUrl"]
    red = root.create_queue(QueueName="red", tags={"team": "red"})["QueueUrl"]
    sqs.send_message(QueueUrl=blue, MessageBody="x")
    refused(sqs.send_message, QueueUrl=red, MessageBody="x")
    root.tag_queue(QueueUrl=red, Tags={"team": "blue"})
    sqs.send_message(QueueUrl=red, MessageBody="x")
    root.untag_queue(QueueUrl=blue, TagKeys=["team"])
    refused(sqs.send_message, QueueUrl=blue, MessageBody="x")


def test_instances_by_their_tags(gateway: Live, user: Make) -> None:
    root = gateway.client("ec2")
    only = {"StringEquals": {"ec2:ResourceTag/team": "blue"}}
    ec2 = user("alice", allow(["ec2:StartInstances", "ec2:StopInstances"], **only))("ec2")
    made = root.run_instances(ImageId="ami-12c6146b", MinCount=2, MaxCount=2)["Instances"]
    one, other = (each["InstanceId"] for each in made)
    root.create_tags(Resources=[one], Tags=[{"Key": "team", "Value": "blue"}])
    ec2.stop_instances(InstanceIds=[one])
    refused(ec2.stop_instances, "UnauthorizedOperation", InstanceIds=[one, other])


def test_objects_by_their_tags(gateway: Live, user: Make) -> None:
    root, bucket = gateway.client("s3"), "tagged"
    root.create_bucket(Bucket=bucket)
    root.put_object(Bucket=bucket, Key="secret", Body=b"x", Tagging="secret=yes")
    root.put_object(Bucket=bucket, Key="open", Body=b"x")
    secret = {"StringEquals": {"s3:ExistingObjectTag/secret": "yes"}}
    s3 = user("alice", allow("s3:GetObject"), deny("s3:GetObject", **secret))("s3")
    s3.get_object(Bucket=bucket, Key="open")
    assert "explicit deny" in refused(s3.get_object, Bucket=bucket, Key="secret")
    root.delete_object_tagging(Bucket=bucket, Key="secret")
    s3.get_object(Bucket=bucket, Key="secret")


def test_a_fact_that_the_gateway_does_not_know_refuses(gateway: Live, user: Make) -> None:
    gateway.client("s3").create_bucket(Bucket="unknowable")
    odd = {"StringEquals": {"sqs:NoSuchKey": "x"}}
    sqs = user("alice", allow("sqs:*"), deny("sqs:SendMessage", **odd))("sqs")
    url = gateway.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    assert "does not know" in refused(sqs.send_message, QueueUrl=url, MessageBody="x")


def need(resource: str) -> Need:
    return Need("sqs:SendMessage", resource)


def test_owners_by_patterns() -> None:
    owners = Owners(ACCOUNT, {"arn:aws:sqs:*:*:theirs-*": "210987654321"})
    ours = f"arn:aws:sqs:us-east-1:{ACCOUNT}"
    assert owners.settle(need(f"{ours}:q"), "us-east-1", ACCOUNT, keeps_accounts=False).owner == ACCOUNT
    image, other = need("arn:aws:ec2:us-east-1::image/ami-1"), "210987654321"
    assert owners.settle(image, "us-east-1", other, keeps_accounts=True).owner == other
    assert owners.settle(need("arn:aws:s3:::b"), "us-east-1", other, keeps_accounts=True).owner == ACCOUNT
    settled = owners.settle(need(f"{ours}:theirs-q"), "us-east-1", ACCOUNT, keeps_accounts=False)
    assert (settled.owner, settled.resource) == ("210987654321", "arn:aws:sqs:us-east-1:210987654321:theirs-q")


def test_what_an_upstream_without_accounts_would_take_for_its_own_is_refused() -> None:
    """The name of another account's queue would be found among one's own."""
    foreign = need("arn:aws:sqs:us-east-1:210987654321:q")
    with pytest.raises(Unmapped):
        Owners(ACCOUNT).settle(foreign, "us-east-1", ACCOUNT, keeps_accounts=False)
    assert Owners(ACCOUNT).settle(foreign, "us-east-1", ACCOUNT, keeps_accounts=True).owner == "210987654321"
    with pytest.raises(Unmapped):
        Owners(ACCOUNT).settle(need(f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"), "us-east-1", ACCOUNT, keeps_accounts=False)


class TestMemory:
    def test_an_answer_is_kept_for_its_time_and_until_it_is_forgotten(self) -> None:
        now, asked = [0.0], []

        async def ask() -> int:
            asked.append(now[0])
            return len(asked)

        async def work() -> None:
            memory = Memory(10, clock=lambda: now[0])
            assert [await memory.get("a", "q", ask) for _ in range(2)] == [1, 1]
            now[0] = 10.0
            assert await memory.get("a", "q", ask) == 2
            memory.forget("a")
            assert await memory.get("a", "q", ask) == 3
            assert await memory.get("b", "q", ask) == 4

        asyncio.run(work())

    def test_all_who_ask_at_once_wait_for_one_answer(self) -> None:
        asked = []

        async def ask() -> str:
            asked.append(1)
            await asyncio.sleep(0)
            return "told"

        async def work() -> None:
            memory = Memory(10)
            assert await asyncio.gather(*(memory.get("a", "q", ask) for _ in range(5))) == ["told"] * 5

        asyncio.run(work())
        assert len(asked) == 1

    def test_what_was_being_asked_when_it_changed_is_not_kept(self) -> None:
        async def work() -> None:
            memory, answered = Memory(10), asyncio.Event()

            async def old() -> str:
                await answered.wait()
                return "old"

            async def new() -> str:
                return "new"

            first = asyncio.ensure_future(memory.get("a", "q", old))
            await asyncio.sleep(0)
            memory.forget("a")
            answered.set()
            assert await first == "old"
            assert await memory.get("a", "q", new) == "new"

        asyncio.run(work())

    def test_a_failure_is_not_kept(self) -> None:
        async def fail() -> str:
            raise LookupError

        async def work() -> None:
            memory = Memory(10)
            for _ in range(2):
                with pytest.raises(LookupError):
                    await memory.get("a", "q", fail)
            assert not memory._about  # else questions that are never answered would fill it

        asyncio.run(work())

    def test_it_holds_no_more_than_it_may(self) -> None:
        async def work() -> None:
            memory, asked = Memory(10, most=2), []

            async def ask() -> int:
                asked.append(1)
                return len(asked)

            for about in "abca":
                await memory.get(about, "q", ask)
            assert len(asked) == 4
            for region in range(100):  # ever new questions about one thing
                await memory.get("c", region, ask)
            assert [region for region in range(100) if memory.known("c", region)] == [98, 99]
            assert memory.known("a", "q") is None
            memory.forget("c")
            for about in "abab":
                await memory.get(about, "q", ask)
            assert len(asked) == 106

        asyncio.run(work())

    def test_long_answers_take_the_room_of_many(self) -> None:
        """A key may have 50,000 grants."""

        async def work() -> None:
            memory = Memory(10, longest=10_000)

            async def ask(length: int) -> str:
                return "x" * length

            async def asked(about: str, length: int) -> None:
                assert len(await memory.get(about, "q", partial(ask, length))) == length

            def held() -> str:
                return "".join(about for about in "abcdef" if memory.known(about, "q"))

            for about in "abc":
                await asked(about, 4_000)
            assert held() == "bc"
            memory.forget("b")
            await asked("d", 4_000)
            assert held() == "cd"
            await asked("e", 40_000)  # nobody would come to a decision on what is never kept
            assert held() == "e"
            await asked("f", 10)
            assert held() == "f"

        asyncio.run(work())

    def test_long_questions_take_room_too(self) -> None:
        async def work() -> None:
            memory = Memory(10, longest=10_000)

            async def nothing() -> None:
                return None

            for letter in "abc":
                await memory.get(letter * 4_000, "q", nothing)
            assert [memory.known(letter * 4_000, "q") is not None for letter in "abc"] == [False, True, True]

        asyncio.run(work())


class TestPoliciesAtHand:
    def test_they_count_as_long_as_what_is_remembered_and_there_alone(self) -> None:
        versions = Versions(8)
        memory, policies = Memory(10, versions=versions), PoliciesAtHand(versions)
        subject, later = ("bucket",), time.monotonic() + 60
        key = Need("s3:GetObject", "arn:aws:s3:::b/k").owned(ACCOUNT)
        policies.note(key, "us-east-1", subject, Known(Told("policy"), later, versions.of(subject)))
        other = Need("s3:PutObject", "arn:aws:s3:::b/other").owned(ACCOUNT)
        told = policies.of(other, "us-east-1")
        assert told is not None
        assert told.value == "policy"
        assert policies.of(other, "eu-west-1") is None
        assert policies.of(other.owned("210987654321"), "us-east-1") is None
        assert policies.of(Need("s3:GetObject", "arn:aws:s3:::c/k").owned(ACCOUNT), "us-east-1") is None
        memory.forget(subject)
        assert policies.of(other, "us-east-1") is None
        policies.note(key, "us-east-1", subject, Known(Told("policy"), time.monotonic(), versions.of(subject)))
        assert policies.of(other, "us-east-1") is None

"""Services that call others through the gateway are decided as their service principals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from iamd.audit.event import ApiEvent
from tests.gateway.policies import allow, document, refused
from tests.live import ACCOUNT, Live, live

KEY = {"AccessKeyId": "SNSUPSTREAMKEY00", "SecretAccessKey": "its own secret"}
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"


@pytest.fixture(scope="module")
def gateway(moto: str) -> Iterator[Live]:
    services = f"sns.amazonaws.com={KEY['AccessKeyId']}:{KEY['SecretAccessKey']}"
    with live(upstream={"*": moto}, upstream_services=services) as server:
        yield server


def client(gateway: Live, **headers: str) -> Any:
    """SQS as the notification service calls it, for the source that those headers name."""
    sqs = gateway.client("sqs", KEY)

    def add(request: Any, **_: Any) -> None:
        for name, value in headers.items():
            request.headers[name.replace("_", "-")] = value

    sqs.meta.events.register("before-sign.sqs", add)
    return sqs


def queue(gateway: Live, **condition: Any) -> str:
    """The URL of a queue to which the notification service may send on that condition."""
    statement = allow("sqs:SendMessage", QUEUE, **condition) | {"Principal": {"Service": "sns.amazonaws.com"}}
    root = gateway.client("sqs")
    url: str = root.create_queue(QueueName="orders")["QueueUrl"]
    root.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})
    return url


def test_a_service_sends_where_a_policy_lets_it(gateway: Live) -> None:
    url = queue(gateway, ArnEquals={"aws:SourceArn": TOPIC}, StringEquals={"aws:SourceAccount": ACCOUNT})
    client(gateway, x_amz_source_arn=TOPIC).send_message(QueueUrl=url, MessageBody="x")
    message = refused(client(gateway, x_amz_source_arn=TOPIC + "2").send_message, QueueUrl=url, MessageBody="x")
    assert message.startswith("User: sns.amazonaws.com is not authorized to perform: sqs:SendMessage")
    refused(client(gateway).send_message, QueueUrl=url, MessageBody="x")
    refused(client(gateway, x_amz_source_arn=TOPIC).receive_message, QueueUrl=url)


def test_nothing_but_a_resources_policy_grants_to_a_service(gateway: Live) -> None:
    root = gateway.client("sqs")
    url = root.create_queue(QueueName="plain")["QueueUrl"]
    refused(client(gateway, x_amz_source_arn=TOPIC).send_message, QueueUrl=url, MessageBody="x")
    refused(client(gateway).list_queues)


def test_a_service_needs_its_secret_and_a_source_that_is_one(gateway: Live) -> None:
    url = queue(gateway)
    client(gateway).send_message(QueueUrl=url, MessageBody="x")
    wrong = gateway.client("sqs", {**KEY, "SecretAccessKey": "another"})
    refused(wrong.send_message, "SignatureDoesNotMatch", "InvalidSignatureException", QueueUrl=url, MessageBody="x")
    for headers in ({"x_amz_source_arn": "news"}, {"x_amz_source_arn": TOPIC, "x_amz_source_account": "210987654321"}):
        refused(client(gateway, **headers).send_message, "InvalidRequest", QueueUrl=url, MessageBody="x")


def test_calls_of_services_are_recorded_as_theirs(gateway: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[ApiEvent] = []
    url = queue(gateway)
    monkeypatch.setattr(type(gateway.realm.store), "append_event", lambda store, event: kept.append(event))
    client(gateway, x_amz_source_arn=TOPIC).send_message(QueueUrl=url, MessageBody="x")
    assert kept[0].record()["userIdentity"] == {"type": "AWSService", "invokedBy": "sns.amazonaws.com"}

"""EC2 tells whom it refuses little, and those who may decode its message everything."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.gateway.policies import allow, deny, refused
from tests.live import ACCOUNT, Live

Make = Callable[..., Callable[[str], Any]]
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
ENCODED = ". Encoded authorization failure message: "


def stop(ec2: Any) -> tuple[str, str]:
    """The sentence and the message with which stopping an instance is refused."""
    said = refused(ec2.stop_instances, "UnauthorizedOperation", InstanceIds=["i-0123456789abcdef0"])
    sentence, _, message = said.partition(ENCODED)
    return sentence, message


def test_the_details_are_for_those_who_may_decode_them(gateway: Live, user: Make) -> None:
    alice = user("alice", allow("ec2:*"), deny("ec2:Stop*"))
    sentence, message = stop(alice("ec2"))
    instance = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0"
    assert sentence == (
        "You are not authorized to perform this operation. "
        f"User: {ALICE} is not authorized to perform: ec2:StopInstances on resource: {instance} "
        "with an explicit deny in an identity-based policy"
    )
    refused(alice("sts").decode_authorization_message, EncodedMessage=message)
    told = json.loads(gateway.client("sts").decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
    assert (told["allowed"], told["explicitDeny"]) == (False, True)
    assert told["context"]["principal"]["arn"] == ALICE
    assert (told["context"]["action"], told["context"]["resource"]) == ("ec2:StopInstances", instance)
    [statement] = told["matchedStatements"]["items"]
    assert statement["effect"] == "DENY"
    assert statement["actions"] == {"items": [{"value": "ec2:Stop*"}]}


def test_another_account_cannot_decode_it(gateway: Live, user: Make) -> None:
    _, message = stop(user("alice")("ec2"))
    other = gateway.client("sts", gateway.add_account("210987654321"))
    with pytest.raises(ClientError, match="InvalidAuthorizationMessageException"):
        other.decode_authorization_message(EncodedMessage=message)


def test_what_only_describes_has_no_message(user: Make) -> None:
    said = refused(user("alice")("ec2").describe_instances, "UnauthorizedOperation")
    assert said.startswith("You are not authorized to perform this operation. ")
    assert ENCODED not in said


def test_other_services_have_no_message(user: Make) -> None:
    said = refused(user("alice")("sqs").create_queue, QueueName="x")
    assert said.startswith(f"User: {ALICE} is not authorized to perform: sqs:CreateQueue")
    assert ENCODED not in said

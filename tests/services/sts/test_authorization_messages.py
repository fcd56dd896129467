"""DecodeAuthorizationMessage: who may read what a caller was not told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from iamd.guard.denials import Denial, new_id
from iamd.guard.messages import encode
from iamd.policy import Layers, Principal, Request
from tests.live import ACCOUNT, Live
from tests.services.iam.support import refused
from tests.services.roles import user_arn

BOB = user_arn("bob")


def message(server: Live, account: str = ACCOUNT) -> str:
    """As a service would answer it that tells callers nothing."""
    request = Request(Principal.from_text(BOB), "ec2:RunInstances", "*", account)
    return encode(server.realm.sealer, account, "AIDA1", Denial(new_id(), BOB, request, Layers()), datetime.now(UTC))


def test_a_message_is_decoded_by_those_who_may(server: Live, sts: Any, user: Any) -> None:
    answer = sts.decode_authorization_message(EncodedMessage=message(server))
    told = json.loads(answer["DecodedMessage"])
    assert told["context"]["principal"]["arn"] == BOB
    assert told["allowed"] is told["explicitDeny"] is False
    assert refused(user("bob")("sts").decode_authorization_message, EncodedMessage=message(server)) == (
        "AccessDenied",
        f"User: {BOB} is not authorized to perform: sts:DecodeAuthorizationMessage on resource: *",
    )


def test_anything_else_is_refused(server: Live, sts: Any) -> None:
    for text in (message(server, "210987654321"), message(server)[:-4], "x" * 10_240):
        assert refused(sts.decode_authorization_message, EncodedMessage=text) == (
            "InvalidAuthorizationMessageException",
            "The encoded authorization message is invalid or has expired.",
        )
    assert refused(sts.decode_authorization_message, EncodedMessage="x" * 10_241)[0] == "ValidationError"

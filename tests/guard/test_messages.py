"""Encoded authorization messages: read by the account that they are for, whole, for a day."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from iamd.guard.denials import Denial, needed, new_id, restored
from iamd.guard.messages import GOOD_FOR, LONGEST, decode, encode
from iamd.policy import Attached, Kind, Layers, Principal, Request, explain, load
from iamd.store.sealing import Sealer, new_key
from iamd.wire.errors import InvalidAuthorizationMessageException

ACCOUNT = "123456789012"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
SEALER = Sealer({1: new_key()})

ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}'
DENY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "NotHere",
            "Effect": "Deny",
            "Action": "ec2:RunInstances",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
        },
    }
)


def denial(**context: str | tuple[str, ...]) -> Denial:
    request = Request(
        Principal.from_text(BOB, unique_id="AIDA1"),
        "ec2:RunInstances",
        "*",
        ACCOUNT,
        {"aws:requestedregion": "eu-west-1", **context},
    )
    identity = (Attached("own", load(ALLOW, Kind.IDENTITY)),)
    levels = ((Attached("p-1", load(ALLOW, Kind.SCP)),), (Attached("p-2", load(DENY, Kind.SCP)),))
    session = (Attached("session", load(ALLOW, Kind.SESSION)),)
    return Denial(new_id(), BOB, request, Layers(identity=identity, session=session, scps=levels))


def test_a_message_tells_what_was_decided():
    told = json.loads(decode(SEALER, ACCOUNT, encode(SEALER, ACCOUNT, "AIDA1", denial(), NOW), NOW))
    assert (told["allowed"], told["explicitDeny"]) == (False, True)
    (statement,) = told["matchedStatements"]["items"]
    assert statement["statementId"] == "NotHere"
    assert statement["effect"] == "DENY"
    assert statement["actions"] == {"items": [{"value": "ec2:RunInstances"}]}
    context = told["context"]
    assert context["principal"] == {"id": "AIDA1", "name": "bob", "arn": BOB}
    assert (context["action"], context["resource"]) == ("ec2:RunInstances", "*")
    region = {"key": "aws:requestedregion", "values": {"items": [{"value": "eu-west-1"}]}}
    assert context["conditions"]["items"] == [region]


def test_other_accounts_other_keys_and_later_days_read_nothing():
    message = encode(SEALER, ACCOUNT, "AIDA1", denial(), NOW)
    day = timedelta(seconds=GOOD_FOR)
    assert decode(SEALER, ACCOUNT, message, NOW + day)
    for sealer, account, now in (
        (SEALER, "210987654321", NOW),
        (Sealer({1: new_key()}), ACCOUNT, NOW),
        (Sealer({2: new_key()}), ACCOUNT, NOW),
        (SEALER, ACCOUNT, NOW + day + timedelta(seconds=1)),
    ):
        with pytest.raises(InvalidAuthorizationMessageException):
            decode(sealer, account, message, now)


@pytest.mark.parametrize(
    "change", [lambda m: m[:-1], lambda m: m[:20], lambda m: "A" * 40, lambda m: "é", lambda m: "+"]
)
def test_what_is_altered_or_cut_is_refused(change):
    message = encode(SEALER, ACCOUNT, "AIDA1", denial(), NOW)
    with pytest.raises(InvalidAuthorizationMessageException):
        decode(SEALER, ACCOUNT, change(message), NOW)


def test_a_message_is_never_longer_than_the_operation_takes():
    many = {f"aws:requesttag/{number}": sha256(b"%d" % number).hexdigest() for number in range(1000)}
    told = json.loads(decode(SEALER, ACCOUNT, encode(SEALER, ACCOUNT, "AIDA1", denial(**many), NOW), NOW))
    assert len(encode(SEALER, ACCOUNT, "AIDA1", denial(**many), NOW)) <= LONGEST
    assert told["matchedStatements"]["items"]
    assert 0 < len(told["context"]["conditions"]["items"]) < 1000


def test_a_denial_is_explained_from_what_is_stored_of_it():
    first = denial(**{"aws:tagkeys": ("a", "b")})
    record, documents = first.encode(), first.documents()
    assert sorted(needed(record)) == sorted(documents)
    assert len(documents) == 2, "each document is stored once"
    again = restored(first.id, record, documents)
    assert explain(again.request, again.layers).to_json() == explain(first.request, first.layers).to_json()
    assert again.caller_arn == BOB


def test_what_utf8_cannot_carry_is_stored_spelled_out():
    odd = denial(**{"aws:useragent": "\ud800"})
    assert restored(odd.id, odd.encode(), odd.documents()).request.context["aws:useragent"] == "\\ud800"

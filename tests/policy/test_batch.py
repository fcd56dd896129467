"""`decide_many` answers as `decide` does."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from iamd.cli.requests import read
from iamd.policy import Attached, Kind, Layers, Principal, Request, decide, decide_many, load
from tests.effort import examples
from tests.spec import generate


@examples(50)
@given(generate.requests(), st.data())
def test_each_answer_is_that_of_a_single_decision(asked: dict[str, Any], data: st.DataObject) -> None:
    request, layers = read(asked)
    drawn = st.tuples(st.sampled_from(generate.ACTIONS), st.sampled_from(generate.RESOURCES), st.booleans())
    requests = [
        Request(request.principal, action, resource, request.resource_account, request.context if same else {})
        for action, resource, same in data.draw(st.lists(drawn, max_size=12))
    ]
    assert decide_many(requests, layers) == [decide(each, layers) for each in requests]


def test_requests_that_differ_in_one_thing_are_each_decided() -> None:
    """Account, user, action, resource, owner and context each tell two requests apart, wherever they stand."""
    written = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::b/*",
                "Condition": {"StringEquals": {"aws:username": "alice"}},
            },
        }
    )
    layers = Layers(identity=(Attached("p", load(written, Kind.IDENTITY)),))
    alice, bob = (Principal.from_text(f"arn:aws:iam::{account}:user/u") for account in ("111122223333", "444455556666"))
    known = {"aws:username": "alice"}
    right = Request(alice, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333", known)
    wrong = [
        Request(bob, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333", known),
        Request(alice, "s3:PutObject", "arn:aws:s3:::b/k", "111122223333", known),
        Request(alice, "s3:GetObject", "arn:aws:s3:::c/k", "111122223333", known),
        Request(alice, "s3:GetObject", "arn:aws:s3:::b/k", "444455556666", known),
        Request(alice, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333", {"aws:username": "bob"}),
    ]
    for each in wrong:
        assert [found.allowed for found in decide_many([right, each, right], layers)] == [True, False, True]
        assert [found.allowed for found in decide_many([each, right, each], layers)] == [False, True, False]


def test_more_actions_than_are_remembered_are_each_found_once() -> None:
    statement = {"Effect": "Allow", "Action": "s3:*7", "Resource": "*"}
    layers = Layers(identity=(Attached("p", load(json.dumps({"Statement": statement}), Kind.IDENTITY)),))
    alice = Principal.from_text("arn:aws:iam::111122223333:user/alice")
    requests = [Request(alice, f"s3:Get{number % 1000}") for number in range(3000)]
    assert [each.allowed for each in decide_many(requests, layers)] == [number % 10 == 7 for number in range(3000)]
    assert decide_many([], layers) == []

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


def test_more_actions_than_are_remembered_are_each_found_once() -> None:
    statement = {"Effect": "Allow", "Action": "s3:*7", "Resource": "*"}
    layers = Layers(identity=(Attached("p", load(json.dumps({"Statement": statement}), Kind.IDENTITY)),))
    alice = Principal.from_text("arn:aws:iam::111122223333:user/alice")
    requests = [Request(alice, f"s3:Get{number % 1000}") for number in range(3000)]
    assert [each.allowed for each in decide_many(requests, layers)] == [number % 10 == 7 for number in range(3000)]
    assert decide_many([], layers) == []

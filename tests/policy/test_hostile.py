"""Documents and requests that are made to hurt: what they cost is bounded."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest

from iamd.policy import Attached, Kind, Layers, MalformedPolicy, Principal, Request, decide, load

WHO = Principal.from_text("arn:aws:iam::111122223333:user/alice")
BUCKET = "arn:aws:s3:::"


def written(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(resource: Any = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": resource, **elements}


def asking(values: Any) -> dict[str, Any]:
    return allow(Condition={"ForAllValues:StringLike": {"k:k": values}})


MANY = range(10_000)
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "stars and holes": (written(allow(BUCKET + "*?" * 1000)), BUCKET + "a" * 2000, {}),
    "holes that never fit": (written(allow(BUCKET + "*?a?" * 500 + "b")), BUCKET + "a" * 2000, {}),
    "stars in every field": (written(allow("arn:" + "a*" * 500 + ":*a:?*:*:" + "*a" * 500)), "arn:" + "a:" * 1000, {}),
    "nested beginnings": (written(*(allow(BUCKET + "a" * n + "*") for n in range(2000))), BUCKET + "b" * 2000, {}),
    "the same star often": (written(*(allow(BUCKET + "*a*b*") for _ in MANY)), BUCKET + "a" * 2000, {}),
    "ends in one statement": (written(allow([f"{BUCKET}*-{n}/x" for n in MANY])), BUCKET + "a-9999/y", {}),
    "many statements": (written(*(allow(f"{BUCKET}*-{n}-*/x") for n in MANY)), BUCKET + "a" * 2000, {}),
    "many values": (written(asking("*a*b")), BUCKET, {"k:k": ("ab" * 20,) * 100_000}),
    "many operands": (written(asking([f"*{n}?" for n in MANY])), BUCKET, {"k:k": tuple("ab" * 20 for _ in range(10))}),
    "long variables": (written(allow([BUCKET + "${k:k}*" * 50] * 10)), BUCKET + "x" * 2000, {"k:k": "x" * 2000}),
    "services in doubt": (written(*(allow(Action=f"?*3:{'*?e' * 100}{n}") for n in range(2000))), BUCKET, {}),
    "many ARNs": (
        written(allow(Condition={"ForAllValues:ArnLike": {"k:k": [f"arn:*{':?a*' * 5}{n}" for n in range(5000)]}})),
        BUCKET,
        {"k:k": ("arn" + ":aaa" * 500,) * 20},
    ),
    "unlike actions": (written(*(allow(Action=f"s3:Get{n}*Object") for n in MANY)), BUCKET, {}),
    "long numbers": (
        written(allow(Condition={"NumericLessThan": {"k:k": ["9" * 500 + f"e{n}" for n in range(1000)]}})),
        BUCKET,
        {"k:k": "1e9999"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_worst_decision_is_bounded(name: str) -> None:
    text, resource, context = CASES[name]
    started = time.process_time()
    policy = load(text, Kind.IDENTITY)
    loaded = time.process_time()
    layers = Layers(identity=(Attached("p", policy),))
    slowest = 0.0
    for _ in range(6):  # the index is made on the way
        begun = time.process_time()
        decide(Request(WHO, "s3:GetObject", resource, context=context), layers)
        slowest = max(slowest, time.process_time() - begun)
    assert loaded - started < 10
    assert slowest < 5


REFUSED = {
    "arrays in arrays": "[" * 1_000_000,
    "objects in objects": '{"Statement":' * 100_000,
    "statements in statements": '{"Statement":[' + "{" * 100_000,
    "nothing but backslashes": '"' + "\\" * 1_000_000,
    "a number of a million digits": '{"Version":' + "9" * 1_000_000 + "}",
    "a hundred thousand elements": "{" + ",".join(f'"k{n}":1' for n in range(100_000)) + "}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_no_policy_is_refused_soon_and_within_bounds(text: str) -> None:
    started = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(MalformedPolicy):
            load(text, Kind.IDENTITY)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 10
    assert peak < 100 * len(text) + 10_000_000

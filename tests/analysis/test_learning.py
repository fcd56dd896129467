"""Policies learned from what was done: they allow all of it, and are as narrow as they say."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.analysis.learning import Done, learned, narrowed
from iamd.policy import Attached, Kind, Layers, Principal, Request, decide, load, parse

WHO = Principal.from_text("arn:aws:iam::111122223333:user/alice")
BUCKET = "arn:aws:s3:::reports"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([], []),
        ([BUCKET], [BUCKET]),
        ([f"{BUCKET}/{n}" for n in range(4)], [f"{BUCKET}/{n}" for n in range(4)]),
        ([f"{BUCKET}/{n}" for n in range(5)], [f"{BUCKET}/*"]),
        ([BUCKET, *(f"{BUCKET}/{n}" for n in range(5))], [BUCKET, f"{BUCKET}/*"]),
        ([f"{BUCKET}/a/{n}" for n in range(5)] + [f"{BUCKET}/b"], [f"{BUCKET}/a/*", f"{BUCKET}/b"]),
        ([f"{BUCKET}/{n}/x" for n in range(9)], [f"{BUCKET}/*"]),
        ([f"arn:aws:s3:::bucket{n}" for n in range(6)], [f"arn:aws:s3:::bucket{n}" for n in range(6)]),
        (["*", BUCKET], ["*"]),
        (["arn:aws:ec2:r:1:volume/*"], ["arn:aws:ec2:r:1:volume/*"]),
        (["arn:aws:secretsmanager:r:1:secret:a-??????"], ["arn:aws:secretsmanager:r:1:secret:a-??????"]),
        ([f"{BUCKET}/*"], [f"{BUCKET}/${{*}}"]),
        ([f"{BUCKET}/a*b?${{c}}"], [f"{BUCKET}/a${{*}}b${{?}}${{$}}{{c}}"]),
    ],
)
def test_resources_are_narrowed_to_what_was_seen(resources: list[str], expected: list[str]) -> None:
    assert narrowed(resources) == expected


def test_actions_that_are_alike_share_a_statement() -> None:
    done = [Done("s3:PutObject", f"{BUCKET}/a"), Done("s3:GetObject", f"{BUCKET}/a"), Done("s3:ListAllMyBuckets")]
    assert learned(done) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{BUCKET}/a"},
        ],
    }


def test_conditions_that_every_request_met() -> None:
    role = "arn:aws:iam::111122223333:role/web"
    passed = [Done("iam:PassRole", role, {"iam:passedtoservice": "lambda.amazonaws.com"})]
    document = learned(passed * 2)
    assert document is not None
    assert document["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": role,
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        }
    ]
    for other in (Done("iam:PassRole", role), Done("iam:PassRole", role, {"iam:passedtoservice": ""})):
        assert "Condition" not in json.dumps(learned([*passed, other]))
    many = [Done("s3:ListBucket", BUCKET, {"s3:prefix": str(n)}) for n in range(5)]
    assert "Condition" not in json.dumps(learned(many))


def test_what_needs_no_permission_gives_no_policy() -> None:
    assert learned([Done("sts:GetCallerIdentity")]) is None


NAMES = st.text("ab*?${}", min_size=1, max_size=4)
RESOURCES = st.one_of(
    st.just("*"),
    st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: f"arn:aws:s3:::{'/'.join(parts)}"),
)
DONE = st.builds(
    Done,
    st.sampled_from(["s3:GetObject", "s3:ListBucket", "s3:PutObject", "iam:PassRole"]),
    RESOURCES,
    st.dictionaries(st.sampled_from(["s3:prefix", "iam:passedtoservice"]), NAMES, max_size=2),
)


@given(st.lists(DONE, min_size=1, max_size=12))
@settings(max_examples=150)
def test_everything_that_was_done_is_allowed(done: list[Done]) -> None:
    text = json.dumps(learned(done))
    parse(text, Kind.MANAGED)
    layers = Layers(identity=(Attached("learned", load(text, Kind.IDENTITY)),))
    for each in done:
        request = Request(WHO, each.action, each.resource, "111122223333", dict(each.context))
        assert decide(request, layers).allowed, (each, text)

"""What a caller may not do at all: told beforehand only where every decision says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.analysis.barred import Bar, barred
from iamd.policy import Attached, Kind, Layer, Layers, Principal, Request, decide, load

ANN = Principal.from_text("arn:aws:iam::123456789012:user/ann")
BUCKET = "arn:aws:s3:::reports"


def policy(*statements: dict[str, Any], kind: Kind = Kind.IDENTITY) -> Attached:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return Attached("p", load(text, kind))


def allow(action: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def deny(action: str = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, **more), "Effect": "Deny"}


IF_MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
ALL = (policy(allow()),)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (Layers(), Bar(Layer.IDENTITY)),
        (Layers(ALL), None),
        (Layers((policy(allow("s3:Get*")),)), Bar(Layer.IDENTITY)),
        (Layers((policy(allow("s3:*", Resource=BUCKET, **IF_MFA)),)), None),
        (Layers((policy(allow(), deny("s3:List*")),)), Bar(Layer.IDENTITY, "p")),
        (Layers((policy(allow(), deny("s3:List*", Resource=BUCKET)),)), None),
        (Layers((policy(allow(), deny("s3:List*", **IF_MFA)),)), None),
        (Layers(ALL, boundaries=(policy(allow("iam:*")),)), Bar(Layer.BOUNDARY)),
        (Layers(ALL, session=()), Bar(Layer.SESSION)),
        (Layers(ALL, scps=(ALL, (policy(allow("iam:*"), kind=Kind.SCP),))), Bar(Layer.SCP)),
        (Layers(ALL, scps=((policy(allow(), deny("s3:*"), kind=Kind.SCP),),)), Bar(Layer.SCP, "p")),
    ],
)
def test_what_stands_in_the_way(layers: Layers, said: Bar | None) -> None:
    assert barred(layers, "s3:ListBucket") == said


def test_root_needs_no_policy() -> None:
    assert barred(Layers(), "s3:ListBucket", is_root=True) is None


STATEMENTS = st.builds(
    lambda effect, action, resource, condition: {
        "Effect": effect,
        "Action": action,
        "Resource": resource,
        **({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}} if condition else {}),
    },
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["*", "s3:*", "s3:ListBucket", "iam:*"]),
    st.sampled_from(["*", BUCKET, "arn:aws:s3:::other"]),
    st.booleans(),
)
POLICIES = st.lists(STATEMENTS, min_size=1, max_size=3).map(lambda statements: (policy(*statements),))


@settings(max_examples=100)
@given(POLICIES, st.one_of(st.just(()), POLICIES), st.one_of(st.none(), POLICIES), st.booleans())
def test_what_is_barred_is_never_allowed(identity: Any, boundaries: Any, session: Any, mfa: bool) -> None:
    layers = Layers(identity, boundaries=boundaries, session=session)
    if barred(layers, "s3:ListBucket") is not None:
        context = {"aws:multifactorauthpresent": "true"} if mfa else {}
        for resource in (BUCKET, "arn:aws:s3:::other", "*"):
            request = Request(ANN, "s3:ListBucket", resource, "123456789012", context)
            assert not decide(request, layers).allowed

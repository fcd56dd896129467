"""Access from outside, proved: what statements, conditions and denials together leave to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.analysis.external import Grant, Zone, grants
from iamd.policy import Attached, Kind, Layers, Policy, decide, load
from iamd.policy.parse import read_document

OWN, OTHER, BUCKET = "123456789012", "999988887777", "arn:aws:s3:::b"
ORG = "o-abcdefghij"
ACCOUNT, ORGANIZATION = Zone(frozenset({OWN})), Zone(frozenset({OWN, "210987654321"}), ORG)
ANYTHING = Attached(
    "any", load('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', Kind.IDENTITY)
)


def allow(principal: Any = "*", action: Any = "s3:GetObject", resource: Any = f"{BUCKET}/*", **condition: Any) -> Any:
    named = principal if isinstance(principal, dict) or principal == "*" else {"AWS": principal}
    return {
        "Effect": "Allow",
        "Principal": named,
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    }


def deny(*args: Any, **more: Any) -> Any:
    return {**allow(*args, **more), "Effect": "Deny"}


def found(*statements: Any, zone: Zone = ACCOUNT, rcp: Any = None) -> list[Grant]:
    document = read_document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), Kind.RESOURCE)
    denials = ()
    if rcp is not None:
        denials = read_document(json.dumps({"Version": "2012-10-17", "Statement": rcp}), Kind.RCP).statements
    return list(grants(document, BUCKET, zone, denials))


@pytest.mark.parametrize(
    ("statements", "more"),
    [
        ([allow(OWN)], {}),
        ([allow({"Service": "cloudtrail.amazonaws.com"})], {}),
        ([allow(StringEquals={"aws:PrincipalAccount": OWN})], {}),
        ([allow(StringEquals={"aws:SourceAccount": OWN})], {}),
        ([allow(ArnLike={"aws:SourceArn": f"arn:aws:sns:*:{OWN}:*"})], {}),
        ([allow(ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"})], {}),
        ([allow(StringEquals={"aws:PrincipalOrgID": ORG})], {"zone": ORGANIZATION}),
        ([allow(**{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORG}/r-1/*"}})], {"zone": ORGANIZATION}),
        ([allow("210987654321")], {"zone": ORGANIZATION}),
        ([allow(OTHER), deny(OTHER, "s3:*", [BUCKET, f"{BUCKET}/*"])], {}),
        ([allow(), deny(StringNotEqualsIfExists={"aws:PrincipalAccount": OWN})], {}),
        ([allow(), deny("*", "s3:Get*", StringNotEqualsIfExists={"aws:PrincipalOrgID": ORG})], {"zone": ORGANIZATION}),
        ([allow(OTHER, resource="arn:aws:s3:::another/*")], {}),
        ([allow(OTHER, Bool={"aws:PrincipalIsAWSService": "true"})], {}),
        ([allow(OTHER, StringEquals={"aws:PrincipalAccount": "111122223333"})], {}),
        (
            [allow(OTHER)],
            {"rcp": deny(resource="*", action="s3:*", StringNotEqualsIfExists={"aws:PrincipalAccount": OWN})},
        ),
    ],
)
def test_what_only_insiders_can_get_is_not_reported(statements: list[Any], more: Any) -> None:
    assert found(*statements, **more) == []


@pytest.mark.parametrize(
    ("statements", "more", "told"),
    [
        ([allow()], {}, ("*", True, ("s3:GetObject",))),
        ([allow(StringEquals={"aws:PrincipalOrgID": ORG})], {}, ("*", False, ("s3:GetObject",))),
        ([allow(StringNotEquals={"aws:PrincipalAccount": OWN})], {}, ("*", True, ("s3:GetObject",))),
        ([allow(IpAddress={"aws:SourceIp": "203.0.113.0/24"})], {}, ("*", False, ("s3:GetObject",))),
        ([allow(IpAddress={"aws:SourceIp": "0.0.0.0/1"})], {}, ("*", True, ("s3:GetObject",))),
        ([allow(OTHER, ["s3:GetObject", "s3:PutObject"]), deny("*", "s3:Put*")], {}, (OTHER, False, ("s3:GetObject",))),
        ([allow(OTHER), deny(Bool={"aws:SecureTransport": "false"})], {}, (OTHER, False, ("s3:GetObject",))),
        ([allow(f"arn:aws:iam::{OTHER}:role/a"), deny(f"arn:aws:iam::{OTHER}:role/b")], {}, (f"arn:aws:iam::{OTHER}:role/a", False, ("s3:GetObject",))),
        ([allow({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"})], {}, ("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", False, ("s3:GetObject",))),
        ([{**allow(), "Principal": None, "NotPrincipal": {"AWS": OWN}}], {}, ("*", True, ("s3:GetObject",))),
        ([allow(OTHER)], {"rcp": deny(resource="*", action="sqs:*")}, (OTHER, False, ("s3:GetObject",))),
        ([allow("AIDAQ3EGU5XFBNZXYZ2A4")], {}, ("AIDAQ3EGU5XFBNZXYZ2A4", False, ("s3:GetObject",))),
    ],
)  # fmt: skip
def test_what_outsiders_can_get_is_reported(statements: list[Any], more: Any, told: Any) -> None:
    kept = [{name: value for name, value in each.items() if value is not None} for each in statements]
    (grant,) = found(*kept, **more)
    assert (grant.principal, grant.is_public, grant.actions) == told
    assert grant.witness is not None
    assert grant.witness.principal.account != OWN


def test_an_api_may_be_named_without_its_arn() -> None:
    statement = allow(OTHER, "execute-api:Invoke", "execute-api:/prod/GET/*")
    document = read_document(json.dumps({"Version": "2012-10-17", "Statement": statement}), Kind.RESOURCE)
    (grant,) = grants(document, f"arn:aws:execute-api:us-east-1:{OWN}:a1b2c3d4e5", ACCOUNT)
    assert (grant.principal, grant.actions) == (OTHER, ("execute-api:Invoke",))


_CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {"StringEquals": {"aws:PrincipalAccount": OWN}},
    {"StringEquals": {"aws:PrincipalOrgID": ORG}},
    {"StringNotEqualsIfExists": {"aws:PrincipalAccount": OWN}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
)
_STATEMENTS = st.builds(
    lambda make, who, actions, condition: make(who, actions, [BUCKET, f"{BUCKET}/*"], **condition),
    st.sampled_from([allow, deny]),
    st.sampled_from(["*", OWN, OTHER, f"arn:aws:iam::{OTHER}:role/a"]),
    st.sampled_from(["s3:GetObject", "s3:*", ["s3:Put*", "s3:ListBucket"]]),
    st.sampled_from(_CONDITIONS),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_STATEMENTS, min_size=1, max_size=4))
def test_every_witness_gets_through_and_more_denials_never_report_more(statements: list[Any]) -> None:
    told = found(*statements)
    policy = load(json.dumps({"Version": "2012-10-17", "Statement": statements}), Kind.RESOURCE)
    layers = Layers(identity=(ANYTHING,), session=(ANYTHING,), resource=Attached("b", Policy(policy.document)))
    for grant in told:
        assert grant.witness is not None
        assert decide(grant.witness, layers).allowed
    fewer = found(*statements, deny("*", "s3:Get*", [BUCKET, f"{BUCKET}/*"]))
    assert {(each.statement, each.principal) for each in fewer} <= {(each.statement, each.principal) for each in told}

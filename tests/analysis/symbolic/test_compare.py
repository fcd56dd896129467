"""Comparisons whose answers are known, with the requests that show them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.analysis.checks import access_not_granted
from iamd.analysis.symbolic import Access, Budget, Undecided, Witness, new_access
from iamd.policy import Document, Kind
from iamd.policy.parse import read_document


def document(*statements: dict[str, Any], kind: Kind = Kind.IDENTITY) -> Document:
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), kind)


def allow(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def deny(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return {**allow(action, resource, **condition), "Effect": "Deny"}


def found(new: list[dict[str, Any]], old: list[dict[str, Any]], **more: Any) -> Witness | None:
    return new_access(Access.of(document(*new, **more)), Access.of(document(*old, **more)))


REGION = {"aws:RequestedRegion": "eu-west-1"}


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ([allow("s3:GetObject")], [allow("S3:get*")]),
        ([allow("s3:Get*", "arn:aws:s3:::a/*")], [allow(["s3:GetO*", "s3:*"], "arn:aws:s3:::a*")]),
        ([allow("*"), deny("*", StringNotEquals=REGION)], [allow("*", StringEquals=REGION)]),
        ([allow("*", IpAddress={"aws:SourceIp": "10.0.0.0/8"})], [allow("*", IpAddress={"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]})]),
        ([allow("*", NumericLessThan={"s3:max-keys": "5"})], [allow("*", NumericLessThanEquals={"s3:max-keys": "5"})]),
        ([allow("*", DateLessThan={"aws:CurrentTime": "2026-01-01"})], [allow("*", DateLessThan={"aws:CurrentTime": "2026-01-01T00:00:01Z"})]),
        ([allow("*", Bool={"aws:SecureTransport": "true"})], [allow("*", StringEqualsIgnoreCase={"aws:SecureTransport": "TRUE"})]),
        ([allow("*", **{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}})], [allow("*", Null={"aws:TagKeys": "false"})]),
        ([allow("*", **{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}})], [allow("*", **{"ForAnyValue:StringLike": {"aws:TagKeys": "a*"}})]),
        ([allow("s3:*", "arn:aws:s3:::a/${aws:username}/*")], [allow("s3:*", "arn:aws:s3:::a/${aws:username}/*")]),
        ([allow("s3:*", "arn:aws:s3:::a/${aws:username}/*")], [allow("s3:*", "arn:aws:s3:::a/*")]),
        ([allow("s3:*"), deny("s3:*")], [deny("*")]),
        ([allow("sts:GetCallerIdentity")], [deny("*")]),
        ([allow("*", BinaryEquals={"k:b": "QUFB"})], [allow("*", BinaryEquals={"k:b": ["QUFB", "QkJC"]})]),
    ],
)  # fmt: skip
def test_what_is_covered_is_proved(new: list[dict[str, Any]], old: list[dict[str, Any]]) -> None:
    assert found(new, old) is None


@pytest.mark.parametrize(
    ("new", "old", "told"),
    [
        ([allow("s3:*")], [allow("s3:Get*")], {}),
        ([allow("*")], [allow("s3:*")], {}),
        ([allow("s3:GetObject", "arn:aws:s3:::a*")], [allow("s3:*", "arn:aws:s3:::a/*")], {}),
        ([allow("*")], [allow("*"), deny("*", StringEquals=REGION)], {"aws:requestedregion": "eu-west-1"}),
        ([allow("*", NumericLessThanEquals={"s3:max-keys": "5"})], [allow("*", NumericLessThan={"s3:max-keys": "5"})], {"s3:max-keys": "5"}),
        ([allow("s3:*", "arn:aws:s3:::a/${aws:username}/*")], [allow("s3:*", "arn:aws:s3:::a/*"), deny("s3:*", "arn:aws:s3:::a/bob/*")], {"aws:username": "bob"}),
        ([allow("s3:*", "arn:aws:s3:::a/*")], [allow("s3:*", "arn:aws:s3:::a/${aws:username}/*")], {"aws:username": "someone"}),
        ([allow("*", **{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}})], [allow("*", **{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}})], {}),
        ([allow("*", StringEquals={"aws:PrincipalTag/a": ["x", "y"]})], [allow("*", StringEquals={"aws:PrincipalTag/a": "x"})], {"aws:principaltag/a": "y"}),
    ],
)  # fmt: skip
def test_what_is_new_is_shown(new: list[dict[str, Any]], old: list[dict[str, Any]], told: dict[str, Any]) -> None:
    witness = found(new, old)
    assert witness is not None
    assert witness.request.context == told


def test_a_request_passes_every_gate() -> None:
    identity, boundary = document(allow("s3:*"), allow("ec2:*")), document(allow("s3:Get*"), kind=Kind.BOUNDARY)
    bounded, reads = Access.of(identity, boundary), Access.of(document(allow("s3:G*")))
    assert new_access(bounded, reads) is None
    witness = new_access(reads, Access.of(identity, document(deny("s3:GetObject"), allow("*"), kind=Kind.SCP)))
    assert witness is not None
    assert witness.request.action == "s3:GetObject"
    assert new_access(Access.of([document(allow("s3:G*")), document(allow("s3:P*"))]), Access.of(identity)) is None


def test_a_resources_policy_is_looked_at_alone() -> None:
    mine = document({**allow("s3:*"), "Principal": "*"}, kind=Kind.RESOURCE)
    with pytest.raises(ValueError, match="looked at alone"):
        Access.of(mine, mine)


ROLE = "arn:aws:iam::111122223333:role/dev"


@pytest.mark.parametrize(
    ("new", "old", "more"),
    [
        ({"AWS": ROLE}, {"AWS": "111122223333"}, False),
        ({"AWS": "111122223333"}, {"AWS": ROLE}, True),
        ("*", {"AWS": "111122223333"}, True),
        ({"Service": "lambda.amazonaws.com"}, {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}, False),
        ({"Service": "lambda.amazonaws.com"}, {"AWS": "*"}, False),
        ({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, {"AWS": ROLE}, True),
    ],
)
def test_callers_are_compared_by_what_names_them(new: Any, old: Any, more: bool) -> None:
    statements = ([{**allow("s3:GetObject"), "Principal": who}] for who in (new, old))
    assert (found(*statements, kind=Kind.RESOURCE) is not None) is more


@pytest.mark.parametrize(
    ("named", "condition"),
    [
        ({"AWS": "111122223333"}, {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}),
        ({"AWS": ROLE}, {"ArnEquals": {"aws:PrincipalArn": ROLE}}),
        ({"Service": "sns.amazonaws.com"}, {"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}}),
    ],
)
def test_what_is_said_of_callers_is_true(named: Any, condition: Any) -> None:
    by_name = [{**allow("s3:GetObject"), "Principal": named}]
    by_key = [{**allow("s3:GetObject", **condition), "Principal": "*"}]
    assert found(by_name, by_key, kind=Kind.RESOURCE) is None
    assert found(by_key, by_name, kind=Kind.RESOURCE) is None


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike"])
def test_services_that_conditions_alone_name_count(operator: str) -> None:
    name = "lambda.amazonaws.com" if operator == "StringEquals" else "lam*"
    by_key = [{**allow("s3:GetObject", **{operator: {"aws:PrincipalServiceName": name}}), "Principal": "*"}]
    witness = found(
        by_key, [{**allow("s3:GetObject"), "Principal": {"Service": "s3.amazonaws.com"}}], kind=Kind.RESOURCE
    )
    assert witness is not None
    assert witness.request.principal.arn.startswith("lam")
    assert found(by_key, [{**allow("s3:*"), "Principal": "*"}], kind=Kind.RESOURCE) is None


def test_resources_that_are_no_arns_count() -> None:
    stage = [allow("execute-api:Invoke", "execute-api:/prod/GET/*")]
    witness = found(stage, [allow("s3:*")])
    assert witness is not None
    assert witness.request.resource.startswith("execute-api:/prod/GET/")
    assert found(stage, [allow("execute-api:*", "execute-api:/prod/*")]) is None


def test_what_is_named_as_its_type_is_counts() -> None:
    for service, name, type_ in (("lambda", "InvokeFunction", "function"), ("states", "StopExecution", "execution")):
        arn = f"arn:aws:{service}:us-east-1:111122223333:{type_}"
        action = f"{service}:{name}"
        assert found([allow(action, f"{arn}:{type_}:*")], [allow(action, f"{arn}:other:*")]) is not None
        wild = f"arn:aws:{service}:*:*:{type_}"
        assert access_not_granted(document(allow(action, f"{wild}:dev*")), [action], [f"{wild}:prod*"]).passed


def test_federated_users_count() -> None:
    typed = [{**allow("s3:GetObject", StringEquals={"aws:PrincipalType": "FederatedUser"}), "Principal": {"AWS": "*"}}]
    named = [{**allow("s3:GetObject"), "Principal": {"AWS": "arn:aws:sts::111122223333:federated-user/ann"}}]
    nothing = [{**deny("s3:*"), "Principal": "*"}]
    for statements in (typed, named):
        witness = found(statements, nothing, kind=Kind.RESOURCE)
        assert witness is not None
        assert ":federated-user/" in witness.request.principal.arn
    assert found(named, typed, kind=Kind.RESOURCE) is None


def test_federated_callers_of_roles_differ_from_others() -> None:
    def trust(principal: Any, action: str) -> list[dict[str, Any]]:
        return [{"Effect": "Allow", "Action": action, "Principal": principal}]

    web = trust({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity")
    assert found(trust({"AWS": ROLE}, "sts:*"), trust({"AWS": ROLE}, "sts:AssumeRole"), kind=Kind.TRUST) is not None
    assert found(web, trust({"AWS": "*"}, "sts:*"), kind=Kind.TRUST) is not None
    assert found(trust({"AWS": "*"}, "sts:AssumeRoleWithWebIdentity"), web, kind=Kind.TRUST) is None


def test_questions_that_are_too_hard_are_not_answered() -> None:
    hard = [allow(f"*{'abcd'[number % 4]}?{number}*:*x{number}*") for number in range(30)]
    with pytest.raises(Undecided, match="no answer within 2000 steps"):
        new_access(Access.of(document(*hard)), Access.of(document(*hard[1:])), budget=Budget(2_000))
    many = [allow(f"s3:Get{number}") for number in range(401)]
    with pytest.raises(Undecided, match="400 statements"):
        found(many, [allow("s3:*")])
    mixed = allow("*", NumericEquals={"a:b": "5"}, StringLike={"a:b": "?*?"}, StringNotEquals={"a:b": "5.0"})
    with pytest.raises(Undecided, match="another type"):
        found([mixed], [allow("s3:*")])

"""Fine points of conditions, patterns and principals, each of which a careless change would lose."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from iamd.policy import Attached, Grant, Kind, Layer, Layers, Principal, Request, decide, load
from iamd.policy.arns import resource_pattern
from iamd.policy.patterns import Pattern, mark, units
from iamd.policy.variables import keys

ACCOUNT, OTHER = "111122223333", "444455556666"
ALICE = Principal.from_text(f"arn:aws:iam::{ACCOUNT}:user/alice")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example"
Context = dict[str, str | tuple[str, ...]]


def policy(*statements: dict[str, Any], kind: Kind = Kind.IDENTITY, name: str = "p") -> Attached:
    return Attached(name, load(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), kind))


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:*", "Resource": "*", **elements}


def bucket(*statements: dict[str, Any]) -> Layers:
    return Layers(resource=policy(*statements, kind=Kind.RESOURCE, name="bucket"))


def asked(context: Context | None = None, who: Principal = ALICE) -> Request:
    return Request(who, "s3:GetObject", "arn:aws:s3:::bucket/key", ACCOUNT, context or {})


@pytest.mark.parametrize(
    ("operator", "operands", "context", "expected"),
    [
        ("ForAnyValue:StringEquals", "alice", {"k:k": "alice"}, True),
        ("ForAllValues:StringLike", "al*", {"k:k": "alice"}, True),
        ("ForAnyValue:StringEquals", "${aws:username}", {"k:k": ("bob", "alice"), "aws:username": "alice"}, True),
        ("ForAllValues:StringEquals", "${aws:username}", {"k:k": ("alice",)}, False),
        ("ForAllValues:StringEquals", "x", {"k:k": ("",)}, True),
        ("ForAllValues:StringEquals", "x", {"k:k": ("", "")}, False),
        # An operand of the wrong type grants nothing, the others do.
        ("NumericEquals", ["wrong", "5"], {"k:k": "5"}, True),
        ("NumericEquals", ["wrong", "5"], {"k:k": "6"}, False),
        ("ArnLike", ["wrong", "arn:aws:s3:::${k:b}"], {"k:k": "arn:aws:s3:::x", "k:b": "x"}, True),
        ("ArnNotLike", ["wrong", "arn:aws:s3:::y"], {"k:k": "arn:aws:s3:::x"}, False),
        # A variable that brings in the whole ARN, colons in its resource part and all.
        ("ArnEquals", "${k:b}", {"k:k": "arn:aws:sns:::a:b:c", "k:b": "arn:aws:sns:::a:b:c"}, True),
        ("ArnEquals", "${k:b}", {"k:k": "arn:aws:sns:::a:b:c", "k:b": "arn:aws:sns:::a:b:d"}, False),
        ("ArnEquals", "${k:b}", {"k:k": "arn:aws:sns:::a", "k:b": "a"}, False),
        ("ArnEquals", ["arn:aws:s3:::${k:b}", "arn:aws:sns:::${k:b}"], {"k:k": "arn:aws:sns:::a", "k:b": "a"}, True),
        ("ArnLike", [f"arn:aws:sns:::{n}-*" for n in range(30)], {"k:k": "arn:aws:sns:::7-a"}, True),
        ("ArnLike", [f"arn:aws:sns:::{n}-*" for n in range(30)], {"k:k": "arn:aws:sns:::77-a"}, False),
        ("ArnEquals", "arn:aws:sns:::a:b:${k:b}", {"k:k": "arn:aws:sns:::a:b:x", "k:b": "x"}, True),
        ("ArnEquals", "arn:aws:sns:${k:b}:1:a:b:c", {"k:k": "arn:aws:sns:x:y:1:a:b:c", "k:b": "x:y"}, False),
        ("StringEquals", [str(n) for n in range(30)], {"k:k": "7"}, True),
        ("StringEquals", [str(n) for n in range(30)], {"k:k": "70"}, False),
        ("StringEquals", "a*?", {"k:k": "a*?"}, True),
        ("StringEquals", "a*?", {"k:k": "abc"}, False),
        ("Null", "true", {"k:k": ("",)}, True),
        ("Null", "false", {"k:k": ("",)}, False),
        ("Null", "false", {"k:k": ""}, True),
        ("StringEqualsIgnoreCase", "${k:b}", {"k:k": "ALICE", "k:b": "Alice"}, True),
        ("StringEquals", "${k:b}", {"k:k": "ALICE", "k:b": "Alice"}, False),
        ("StringEquals", "${k:b}", {"k:k": "Alice", "k:b": "Alice"}, True),
        ("ArnLike", "arn:*:s3:::b", {"k:k": "arn:aws:s3:::b"}, True),
        ("ArnLike", "arn:*:s3:::b", {"k:k": "arn:aws:s3:::c"}, False),
        ("ArnLike", "arn:*:s3:::b:c:*", {"k:k": "arn:aws:s3:::b:c:d"}, True),
        ("ArnLike", "arn:a*:s3:::b", {"k:k": "arn:cn:s3:::b"}, False),
        ("ArnLike", "arn:aws:s3:*::b*", {"k:k": "arn:aws:s3:eu:1:b"}, False),
    ],
)
def test_conditions(operator: str, operands: Any, context: Context, expected: bool) -> None:
    granting = Layers(identity=(policy(statement(Condition={operator: {"k:k": operands}})),))
    assert decide(asked(context), granting).allowed is expected


@pytest.mark.parametrize("operator", ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "ArnEquals"])
def test_the_first_version_knows_no_variables(operator: str) -> None:
    arn = "arn:aws:s3:::${k:b}"
    written = json.dumps({"Statement": statement(Resource=arn, Condition={operator: {"k:k": arn}})})
    layers = Layers(identity=(Attached("p", load(written, Kind.IDENTITY)),))
    request = Request(ALICE, "s3:GetObject", arn, ACCOUNT)
    for value, allowed in ((arn, True), ("arn:aws:s3:::x", False)):
        request.context = {"k:k": value, "k:b": "x"}
        assert decide(request, layers).allowed is allowed
    request.resource = "arn:aws:s3:::x"
    request.context = {"k:k": arn, "k:b": "x"}
    assert not decide(request, layers).allowed


@pytest.mark.parametrize(
    ("operator", "operands", "context", "expected"),
    [
        ("IpAddress", ["wrong", "10.0.0.0/8"], {"k:k": "192.0.2.1"}, True),
        ("IpAddress", ["wrong", "10.0.0.0/8"], {"k:k": "nowhere"}, False),
        ("ArnLike", ["wrong", "arn:aws:s3:::${k:b}"], {"k:k": "arn:aws:s3:::x"}, True),
        ("ArnLike", "wrong", {"k:k": "x"}, False),
        ("ArnNotLike", "*", {"k:k": "arn:aws:s3:::x"}, False),
        ("BinaryEquals", "wrong", {"k:k": "QUI="}, True),
        ("BinaryEquals", "QUI=", {"k:k": "QUI="}, True),
        ("BinaryEquals", "QUI=", {"k:k": "QQ=="}, False),
        ("NumericLessThan", "wrong", {"k:k": "1"}, True),
        ("NumericLessThan", "1", {"k:k": "1"}, False),
        ("DateGreaterThan", ["wrong", "2026-01-01"], {"k:k": "2025-01-01"}, True),
        ("DateGreaterThan", "2026-01-01", {"k:k": "2025-01-01"}, False),
    ],
)
def test_an_operand_of_the_wrong_type_denies_what_can_be_compared(
    operator: str, operands: Any, context: Context, expected: bool
) -> None:
    denial = statement("Deny", Condition={operator: {"k:k": operands}})
    layers = Layers(identity=(policy(statement()),), session=(policy(statement(), denial, kind=Kind.SESSION),))
    assert decide(asked(context), layers).allowed is not expected


@pytest.mark.parametrize("operator", ["ForAnyValue:StringEquals", "StringEquals", "StringLike", "Null"])
def test_keys_and_variables_without_a_value_are_told(operator: str) -> None:
    lacking = policy(statement(Condition={operator: {"k:k": "false"}}))
    assert decide(asked(), Layers(identity=(lacking,))).missing == ("k:k",)


@pytest.mark.parametrize(
    ("operator", "value"), [("ForAnyValue:StringLike", ("x",)), ("ArnLike", "arn:aws:s3:::x"), ("StringLike", "x")]
)
def test_a_variable_without_a_value_is_told_beside_any_operator(operator: str, value: str | tuple[str, ...]) -> None:
    for operands in ("${k:none}", "arn:aws:s3:::${k:none}", ["wrong", "arn:aws:s3:::${k:none}"]):
        lacking = policy(statement(Condition={operator: {"k:k": operands}}))
        assert decide(asked({"k:k": value}), Layers(identity=(lacking,))).missing == ("k:none",)


def test_a_variable_without_a_value_in_resources_is_told() -> None:
    for resource in ("arn:aws:${k:none}", "arn:aws:s3:::${k:none}/*"):
        layers = Layers(identity=(policy(statement(Resource=resource)),))
        request = Request(ALICE, "s3:GetObject", "arn:aws:s3:::bucket/a:b", ACCOUNT)
        assert decide(request, layers).missing == ("k:none",)


def test_the_statement_that_grants_from_another_account_is_told() -> None:
    root, bob = (Principal.from_text(f"arn:aws:iam::{OTHER}:{name}") for name in ("root", "user/bob"))
    shared = bucket(statement(Sid="Share", Principal={"AWS": OTHER}))
    grant = (Grant("bucket", 0, "Share"),)
    assert decide(asked(who=root), shared).statements == grant
    both = Layers(identity=(policy(statement()),), resource=shared.resource)
    assert decide(asked(who=bob), both).statements == grant


def test_the_statement_that_grants_to_a_service_or_a_role_is_told() -> None:
    for who, named in ((f"service:{OTHER}", {"Service": OTHER}), (SESSION, {"AWS": ROLE}), (SESSION, {"AWS": SESSION})):
        granted = decide(asked(who=Principal.from_text(who)), bucket(statement(Sid="Share", Principal=named)))
        assert granted.statements == (Grant("bucket", 0, "Share"),)


def test_the_identity_statement_is_told_where_a_key_leaves_it_to_the_account() -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
    theirs = policy(statement(Action="kms:*", Principal={"AWS": ACCOUNT}), kind=Kind.RESOURCE, name="key")
    mine = policy(statement(Sid="Mine", Action="kms:*"), name="mine")
    decision = decide(Request(ALICE, "kms:Decrypt", key, ACCOUNT), Layers(identity=(mine,), resource=theirs))
    assert decision.statements == (Grant("mine", 0, "Mine"),)


@pytest.mark.parametrize(("kind", "layer"), [(Kind.ENDPOINT, Layer.ENDPOINT), (Kind.RCP, Layer.RCP)])
def test_a_shared_layer_that_denies_is_told_among_many_statements(kind: Kind, layer: Layer) -> None:
    denials = [statement("Deny", Principal="*", Resource=f"arn:aws:s3:::bucket/{name}") for name in ("key", *range(30))]
    shared = policy(statement(Principal="*"), *denials, kind=kind)
    granting = Layers(identity=(policy(statement()),))
    over = replace(granting, endpoint=(shared,)) if kind is Kind.ENDPOINT else replace(granting, rcps=((shared,),))
    for _ in range(8):  # the index is made on the way
        assert decide(asked(), over).layer is layer
    assert decide(Request(ALICE, "s3:GetObject", "arn:aws:s3:::bucket/other", ACCOUNT), over).allowed


def test_what_was_looked_for_in_vain_is_told_of_an_allowed_request_too() -> None:
    lacking = statement(Condition={"StringEquals": {"k:k": "x"}})
    decision = decide(asked(), Layers(identity=(policy(lacking), policy(statement(Resource="arn:aws:s3:::bucket/*")))))
    assert decision.allowed
    assert decision.missing == ("k:k",)


def test_a_resource_that_is_no_arn_is_matched_as_a_whole() -> None:
    layers = Layers(identity=(policy(statement(Resource="a?c*e:d:f")),))
    for resource, allowed in (("a:cde:d:f", True), ("a:c:e:d:f", True), ("a:cde:d:g", False)):
        assert decide(Request(ALICE, "s3:GetObject", resource, ACCOUNT), layers).allowed is allowed


def test_a_provider_beside_everyone_is_named() -> None:
    who = Principal.from_text(f"federated:{PROVIDER}")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity"}
    request = Request(who, "sts:AssumeRoleWithWebIdentity", ROLE)
    for principals, allowed in (({"AWS": "*", "Federated": PROVIDER}, True), ({"AWS": "*"}, False)):
        layers = Layers(resource=policy(trust | {"Principal": principals}, kind=Kind.TRUST))
        assert decide(request, layers).allowed is allowed


@pytest.mark.parametrize(
    ("unique_id", "listed", "spared"),
    [
        ("AROAEXAMPLE", [SESSION, "AROAEXAMPLE", ACCOUNT], True),
        ("AROAEXAMPLE", [SESSION, ACCOUNT], False),
        (None, [SESSION, ACCOUNT], False),
        ("AROAEXAMPLE", ["AROAEXAMPLE", ACCOUNT], False),
    ],
)
def test_not_principal_knows_a_role_by_its_id(unique_id: str | None, listed: list[str], spared: bool) -> None:
    who = Principal.from_text(SESSION, unique_id=unique_id)
    denial = statement("Deny", NotPrincipal={"AWS": listed})
    layers = Layers(identity=(policy(statement()),), resource=bucket(denial).resource)
    assert decide(asked(who=who), layers).allowed is spared


@pytest.mark.parametrize(
    ("who", "issuer"),
    [
        (SESSION, "app"),
        (SESSION, f"arn:aws:sts::{ACCOUNT}:role/app"),
        (SESSION, f"arn:aws:iam::{OTHER}:role/app"),
        (SESSION, f"arn:aws:iam::{ACCOUNT}:user/alice"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/carol", ROLE),
    ],
)
def test_what_cannot_stand_behind_a_session(who: str, issuer: str) -> None:
    with pytest.raises(ValueError, match=f"session issuer `{issuer}` is no principal of account `{ACCOUNT}`"):
        Principal.from_text(who, session_issuer=issuer)


def test_the_last_of_several_resources_with_variables_counts() -> None:
    resources = ["arn:aws:s3:::${k:none}/x", "arn:aws:s3:::${k:b}/y", "arn:aws:s3:::${k:b}/*"]
    layers = Layers(identity=(policy(statement(Resource=resources)),))
    assert decide(asked({"k:b": "bucket"}), layers).allowed
    assert decide(asked({"k:b": "other"}), layers).layer is Layer.IDENTITY
    assert not decide(Request(ALICE, "s3:GetObject", "bucket", ACCOUNT, {"k:b": "bucket"}), layers).allowed


def test_a_value_with_a_colon_cannot_shift_the_account_of_a_resource() -> None:
    layers = Layers(identity=(policy(statement(Action="sqs:*", Resource="arn:aws:sqs:eu-west-1:${k:b}:*")),))
    request = Request(ALICE, "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:a:b", ACCOUNT)
    for value, allowed in ((ACCOUNT, True), (f"{ACCOUNT}:a", False)):
        request.context = {"k:b": value}
        assert decide(request, layers).allowed is allowed


def test_layers_about_a_resource_are_the_same_but_for_it() -> None:
    one, theirs = policy(statement()), policy(statement(Principal="*"), kind=Kind.RESOURCE)
    layers = Layers((one,), (one, one), (one, one, one), ((one,), ()), ((), (theirs,)), None, (theirs,), OTHER)
    assert layers.about(theirs) == replace(layers, resource=theirs)


def test_a_pattern_with_holes_begins_where_the_resource_does() -> None:
    pattern = resource_pattern(mark("arn:aws:?:*:*:x"))
    assert pattern.matches("arn:aws:q:r:1:x")
    assert not pattern.matches("zrn:aws:q:r:1:x")


def test_variables_side_by_side_are_each_told() -> None:
    assert keys("${a}${b}c${d") == ["a", "b"]


@pytest.mark.parametrize("char", ["\uffff", "\ud800"])
def test_lone_units_stay_as_they_are(char: str) -> None:
    assert units(char) == char
    assert units(char + "\U0001f600") == char + "\ud83d\ude00"
    assert Pattern(mark("?")).matches(char)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("?*bc*?", "abcd", True),
        ("?*bc*?", "abd", False),
        ("a*b?d*e", "abXdbcde", True),
        ("a*b?d*e", "abXXde", False),
        ("*a?*a?*", "axay", True),
        ("*a?*a?*", "axa", False),
        ("a?*?a", "axa", False),
        ("*?b?*c", "abc", False),
        ("x*aab?*", "xaaabz", True),
        ("x*y?*z", "yxz", False),
        ("a*?a*b", "aab", False),
        ("x*?b*", "xbcc", False),
        ("x*x?*", "xab", False),
        ("a*b?c*", "aXXXX", False),
    ],
)
def test_runs_with_holes_in_between(pattern: str, value: str, expected: bool) -> None:
    assert Pattern(mark(pattern)).matches(value) is expected

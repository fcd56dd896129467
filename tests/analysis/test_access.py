"""Who can, what can: what is listed is what single decisions say."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamd.analysis.access import Holder, Permission, Question, Reach, permissions, who_can
from iamd.cli.requests import read
from iamd.policy import Act, Attached, Kind, Layers, Principal, Request, decide, load
from tests.spec import generate

ALICE = Principal.from_text(generate.ALICE)
lawful = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def policy(*statements: dict[str, Any], kind: Kind = Kind.IDENTITY, name: str = "p") -> Attached:
    return Attached(name, load(json.dumps({"Version": "2012-10-17", "Statement": statements}), kind))


def statement(effect: str, action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def holding(*statements: dict[str, Any], context: dict[str, Any] | None = None, **layers: Any) -> Holder:
    return Holder(ALICE, Layers(identity=(policy(*statements),), **layers), context or {})


def listed(holder: Holder, *actions: str, resources: bool = True, **reach: Any) -> list[Permission]:
    return list(permissions(holder, [(action, resources) for action in actions], Reach(**reach)))


@lawful
@given(
    st.lists(generate.requests(), min_size=1, max_size=4),
    st.sampled_from(generate.ACTIONS),
    st.sampled_from(generate.RESOURCES),
)
def test_who_is_listed_as_allowed_is_who_a_decision_allows(
    asked: list[dict[str, Any]], action: str, resource: str
) -> None:
    holders = []
    for each in asked:
        request, layers = read(each)
        holders.append(Holder(request.principal, layers.about(None), request.context))
    own = read({**asked[0], "action": "s3:GetObject"})[1].resource
    question = Question(action, resource, generate.ACCOUNT, own)
    found = list(who_can(holders, question))
    expected = [decide(*question.by(holder)).allowed for holder in holders]
    allowed = [access.holder for access in found if access.decision.allowed]
    assert [any(holder is each for each in allowed) for holder in holders] == expected
    for access in found:
        assert bool(access.needs) != access.decision.allowed


@lawful
@given(generate.requests())
def test_what_is_listed_is_what_decisions_allow(asked: dict[str, Any]) -> None:
    request, layers = read(asked)
    holder = Holder(request.principal, layers.about(None), request.context)
    found = {each.action: each for each in listed(holder, *generate.ACTIONS)}
    for action in generate.ACTIONS:
        for resource in found[action].resources if action in found else ():
            assert decide(Request(request.principal, action, resource, None, request.context), holder.layers).allowed
        for resource in found[action].denied if action in found else ():
            assert not decide(
                Request(request.principal, action, resource, None, request.context), holder.layers
            ).allowed
        if decide(Request(request.principal, action, "*", None, request.context), holder.layers).allowed:
            assert found[action].resources == ("*",)


@lawful
@given(generate.requests(), st.sampled_from(generate.RESOURCES))
def test_on_a_given_resource_the_list_is_complete(asked: dict[str, Any], resource: str) -> None:
    request, layers = read(asked)
    holder = Holder(request.principal, layers.about(None), request.context)
    found = {each.action for each in listed(holder, *generate.ACTIONS, resource=resource)}
    for action in generate.ACTIONS:
        asking = Request(request.principal, action, resource, None, request.context)
        assert (action in found) == decide(asking, holder.layers).allowed


def test_open_conditions_are_told() -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    outside = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    holder = holding(
        statement("Allow", "s3:*", "*", Condition=mfa), statement("Deny", "s3:Delete*", "*", Condition=outside)
    )
    (access,) = who_can([holder], Question("s3:DeleteObject", "arn:aws:s3:::b/k"))
    assert [change.act for change in access.needs] == [Act.SPARE, Act.MEET]
    known = Question("s3:GetObject", context={"aws:multifactorauthpresent": "false"})
    assert list(who_can([holder], known)) == []
    right = dataclasses.replace(known, context={"aws:multifactorauthpresent": "true"})
    assert [access.needs for access in who_can([holder], right)] == [()]


def test_who_lacks_more_than_conditions_is_not_listed() -> None:
    tagged = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    holder = holding(
        statement("Allow", "s3:Get*", "*", Condition=tagged), boundaries=(policy(statement("Allow", "ec2:*", "*")),)
    )
    assert list(who_can([holder], Question("s3:GetObject"))) == []


def test_resources_are_told_as_policies_name_them() -> None:
    holder = holding(
        statement(
            "Allow", "s3:Get*", ["arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/alice/x", "arn:a:${q}"]
        ),
        context={"aws:username": "alice"},
    )
    assert listed(holder, "s3:GetObject", "s3:PutObject") == [
        Permission("s3:GetObject", ("arn:aws:s3:::home/alice/*",))
    ]


def test_the_narrowest_layer_says_where() -> None:
    edge = policy(statement("Allow", "s3:*", "arn:aws:s3:::reports/2026/*"), kind=Kind.BOUNDARY)
    holder = holding(statement("Allow", "*", "*"), boundaries=(edge,))
    assert listed(holder, "s3:GetObject") == [Permission("s3:GetObject", ("arn:aws:s3:::reports/2026/*",))]


def test_denied_parts_are_told() -> None:
    holder = holding(
        statement("Allow", "s3:*", "arn:aws:s3:::reports/*"),
        statement("Deny", "s3:Get*", ["arn:aws:s3:::reports/secret/*", "arn:aws:s3:::elsewhere/*"]),
    )
    assert listed(holder, "s3:GetObject", "s3:PutObject") == [
        Permission("s3:GetObject", ("arn:aws:s3:::reports/*",), ("arn:aws:s3:::reports/secret/*",)),
        Permission("s3:PutObject", ("arn:aws:s3:::reports/*",)),
    ]


def test_all_but_some_is_told_with_the_exception() -> None:
    other = {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::mine/*"}
    assert listed(holding(statement("Allow", "s3:*", "*"), other), "s3:GetObject") == [
        Permission("s3:GetObject", ("arn:aws:s3:::mine/*",))
    ]


def test_an_action_without_resources_needs_all() -> None:
    holder = holding(statement("Allow", "s3:*", "arn:aws:s3:::reports/*"))
    assert listed(holder, "s3:ListAllMyBuckets", resources=False) == []


@pytest.mark.parametrize("trusted", [True, False])
def test_a_role_is_assumed_where_it_trusts(trusted: bool) -> None:
    arn = f"arn:aws:iam::{generate.ACCOUNT}:role/r"
    who = generate.ALICE if trusted else f"arn:aws:iam::{generate.ACCOUNT}:user/bob"
    trust = policy(
        {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}, kind=Kind.TRUST, name=arn
    )
    found = listed(holding(statement("Allow", "*", "*")), "sts:AssumeRole", policies={arn: trust})
    assert found == ([Permission("sts:AssumeRole", (arn,))] if trusted else [])


def test_what_a_resource_grants_or_denies_is_told() -> None:
    bucket = "arn:aws:s3:::reports"
    granting = policy(
        statement("Allow", "s3:ListBucket", bucket, Principal={"AWS": generate.ALICE}), kind=Kind.RESOURCE
    )
    nothing = holding(statement("Allow", "none:None", "*"))
    assert listed(nothing, "s3:ListBucket", policies={bucket: granting}) == [Permission("s3:ListBucket", (bucket,))]
    denying = policy(statement("Deny", "s3:*", bucket, Principal="*"), kind=Kind.RESOURCE)
    everything = holding(statement("Allow", "*", "*"))
    assert listed(everything, "s3:ListBucket", policies={bucket: denying}) == [
        Permission("s3:ListBucket", ("*",), (bucket,))
    ]


def test_what_is_tried_is_bounded() -> None:
    many = [f"arn:aws:s3:::b/{number}" for number in range(1000)]
    (found,) = listed(holding(statement("Allow", "s3:*", many)), "s3:GetObject")
    assert 0 < len(found.resources) <= 200


def test_the_owner_of_a_resource_decides_whether_its_policy_must_allow() -> None:
    bucket = "arn:aws:s3:::reports"
    silent = policy(statement("Allow", "s3:ListBucket", bucket, Principal={"AWS": generate.OTHER}), kind=Kind.RESOURCE)
    holder = holding(statement("Allow", "s3:*", bucket))
    assert listed(holder, "s3:ListBucket", policies={bucket: silent}) != []
    assert listed(holder, "s3:ListBucket", policies={bucket: silent}, owners={bucket: generate.OTHER}) == []

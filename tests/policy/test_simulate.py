"""The simulator's sums, and that they are the decision's wherever AWS's simulator does not differ."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.policy import Attached, Effect, Kind, Layer, Layers, Principal, Request, decide
from iamd.policy.simulate import Simulated, Simulator, asked_keys, load_simulated, strictest

USER = Principal.from_text("arn:aws:iam::111122223333:user/bob")
QUEUE = "arn:aws:sqs:us-east-1:111122223333:q"
OTHERS = "arn:aws:sqs:us-east-1:999999999999:q"
ALLOWED, SILENT, DENIED = Effect.ALLOWED, Effect.IMPLICIT_DENY, Effect.EXPLICIT_DENY


def policy(*statements: dict[str, Any], kind: Kind = Kind.IDENTITY, name: str = "own") -> Attached:
    return Attached(name, load_simulated(json.dumps({"Version": "2012-10-17", "Statement": statements}), kind))


def allow(action: str = "sqs:*", resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str = "sqs:*", resource: str = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def on_queue(*statements: dict[str, Any], who: Any = "arn:aws:iam::111122223333:root") -> Attached:
    return policy(*({"Principal": {"AWS": who}, **each} for each in statements), kind=Kind.RESOURCE, name="queue")


def ask(layers: Layers, resource: str = QUEUE, eligible: bool = True, **context: str | tuple[str, ...]) -> Simulated:
    return Simulator(layers, USER, context).simulate("sqs:SendMessage", resource, eligible)


def names(found: Simulated) -> list[tuple[Layer, str, int]]:
    return [(match.layer, match.policy, match.statement.index) for match in found.matches]


def test_all_statements_that_allow_are_told_and_of_denials_only_those() -> None:
    both = (policy(allow(), allow("sqs:SendMessage"), name="one"), policy(allow("sqs:Send*"), name="two"))
    found = ask(Layers(identity=both))
    assert found.effect is ALLOWED
    assert sorted(names(found)) == sorted(
        [(Layer.IDENTITY, "one", 0), (Layer.IDENTITY, "one", 1), (Layer.IDENTITY, "two", 0)]
    )
    found = ask(Layers(identity=(*both, policy(deny("sqs:SendMessage"), name="three"))))
    assert (found.effect, names(found)) == (DENIED, [(Layer.IDENTITY, "three", 0)])


def test_no_policy_is_an_implicit_denial() -> None:
    assert ask(Layers()) == Simulated(SILENT)


@pytest.mark.parametrize(
    ("boundary", "effect", "within"),
    [
        (allow(), ALLOWED, True),
        (allow("s3:*"), SILENT, False),
        (deny(), DENIED, False),
        (allow(resource=QUEUE), ALLOWED, True),
    ],
)
def test_a_boundary_narrows(boundary: dict[str, Any], effect: Effect, within: bool) -> None:
    bounded = Layers(identity=(policy(allow()),), boundaries=(policy(boundary, kind=Kind.BOUNDARY, name="limit"),))
    found = ask(bounded)
    assert (found.effect, found.boundary) == (effect, within)
    if effect is DENIED:
        assert names(found) == [(Layer.BOUNDARY, "limit", 0)]


def test_a_boundary_that_allows_everything_may_deny_some() -> None:
    limit = policy(allow("*"), deny("sqs:SendMessage"), kind=Kind.BOUNDARY, name="limit")
    found = ask(Layers(identity=(policy(allow()),), boundaries=(limit,)))
    assert (found.effect, found.boundary, names(found)) == (DENIED, False, [(Layer.BOUNDARY, "limit", 1)])


def test_a_grant_to_the_account_passes_a_silent_boundary_unlike_in_force() -> None:
    limit = policy(allow("s3:*"), kind=Kind.BOUNDARY)
    layers = Layers(boundaries=(limit,), resource=on_queue(allow(resource=QUEUE)))
    found = ask(layers)
    assert (found.effect, found.boundary, found.details) == (ALLOWED, False, {})
    assert names(found) == [(Layer.RESOURCE, "queue", 0)]
    assert not decide(Request(USER, "sqs:SendMessage", QUEUE), layers).allowed


def test_denials_win_wherever_they_are() -> None:
    granted = on_queue(allow(resource=QUEUE))
    assert ask(Layers(identity=(policy(deny()),), resource=granted)).effect is DENIED
    limit = policy(deny(), kind=Kind.BOUNDARY)
    assert ask(Layers(identity=(policy(allow()),), boundaries=(limit,), resource=granted)).effect is DENIED
    found = ask(Layers(identity=(policy(allow()),), resource=on_queue(allow(resource=QUEUE), deny(resource=QUEUE))))
    assert (found.effect, names(found)) == (DENIED, [(Layer.RESOURCE, "queue", 1)])


def test_a_resource_policy_for_others_says_nothing() -> None:
    found = ask(
        Layers(resource=on_queue(allow(resource=QUEUE), deny(resource=QUEUE), who="arn:aws:iam::999999999999:root"))
    )
    assert found.effect is SILENT


def test_between_accounts_all_sides_must_allow_and_each_is_told() -> None:
    granted = on_queue(allow(resource=OTHERS))
    found = ask(Layers(resource=granted), OTHERS)
    assert (found.effect, found.details) == (SILENT, {Layer.IDENTITY: SILENT, Layer.RESOURCE: ALLOWED})
    limit = policy(allow("s3:*"), kind=Kind.BOUNDARY)
    found = ask(Layers(identity=(policy(allow()),), boundaries=(limit,), resource=granted), OTHERS)
    assert found.details == {Layer.IDENTITY: ALLOWED, Layer.RESOURCE: ALLOWED, Layer.BOUNDARY: SILENT}
    assert found.effect is SILENT
    found = ask(Layers(identity=(policy(allow()),), resource=granted), OTHERS)
    assert (found.effect, len(found.matches)) == (ALLOWED, 2)


def test_the_owner_counts_where_the_arn_names_none() -> None:
    bucket = policy({"Principal": "*", **allow("s3:*", "arn:aws:s3:::b/*")}, kind=Kind.RESOURCE)
    layers = Layers(resource=bucket)
    assert Simulator(layers, USER, {}, "999999999999").simulate("s3:GetObject", "arn:aws:s3:::b/k").effect is SILENT
    assert Simulator(layers, USER, {}).simulate("s3:GetObject", "arn:aws:s3:::b/k").effect is ALLOWED


def test_answers_are_shared_between_actions_that_the_same_statements_are_about() -> None:
    simulator = Simulator(Layers(identity=(policy(allow("sqs:*"), allow("s3:Get*")),)), USER, {})
    assert simulator.simulate("sqs:SendMessage", QUEUE) is simulator.simulate("sqs:DeleteQueue", QUEUE)
    assert simulator.simulate("sqs:SendMessage", QUEUE) is not simulator.simulate("sqs:SendMessage", QUEUE, False)
    assert simulator.simulate("s3:GetObject", QUEUE).effect is ALLOWED
    assert simulator.simulate("s3:PutObject", QUEUE).effect is SILENT


@pytest.mark.parametrize("layer", ["boundaries", "scps"])
def test_an_action_that_a_limit_leaves_free_is_not_taken_for_one_that_it_shuts_out(layer: str) -> None:
    limit = (policy(allow("sqs:Send*"), kind=Kind.BOUNDARY),)
    layers = Layers(identity=(policy(allow()),), **{layer: (limit,) if layer == "scps" else limit})
    simulator = Simulator(layers, USER, {})
    assert simulator.simulate("sqs:DeleteQueue", QUEUE).effect is SILENT
    assert simulator.simulate("sqs:SendMessage", QUEUE).effect is ALLOWED


def test_control_policies_come_first_and_hide_the_rest() -> None:
    everything, nothing = policy(allow("*"), kind=Kind.SCP), policy(allow("s3:*"), kind=Kind.SCP)
    identity = (policy(allow()),)
    assert ask(Layers(identity=identity, scps=((everything,), (everything,)))).organizations is True
    assert ask(Layers(identity=identity, scps=((everything,), (nothing,)))) == Simulated(SILENT, organizations=False)
    closed = policy(allow("*"), deny("sqs:SendMessage"), kind=Kind.SCP)
    assert ask(Layers(identity=identity, scps=((everything, closed),))) == Simulated(DENIED, organizations=False)
    one_of_two = ((nothing, policy(allow("sqs:*", QUEUE), kind=Kind.SCP)),)
    assert ask(Layers(identity=identity, scps=one_of_two)).effect is ALLOWED


def test_a_resource_of_another_type_cannot_be_allowed() -> None:
    limit = policy(allow("*"), kind=Kind.BOUNDARY)
    granted = on_queue(allow(resource=QUEUE))
    found = ask(Layers(identity=(policy(allow("*")),), boundaries=(limit,), resource=granted), eligible=False)
    assert (found.effect, found.boundary, found.matches) == (SILENT, False, ())


def when(operator: str, value: str) -> Layers:
    return Layers(identity=(policy(allow(Condition={operator: {"a:b": value}})),))


def test_numeric_not_equals_of_no_number_is_false_unlike_in_force() -> None:
    layers = when("NumericNotEquals", "1")
    assert ask(layers, **{"a:b": "one"}).effect is SILENT
    assert ask(layers, **{"a:b": "2"}).effect is ALLOWED
    assert ask(layers, **{"a:b": "1.0"}).effect is SILENT


@pytest.mark.parametrize("value", ["", ("",)])
def test_an_empty_text_is_a_value_unlike_in_force(value: str | tuple[str, ...]) -> None:
    assert ask(when("Null", "false"), **{"a:b": value}).effect is ALLOWED
    assert ask(when("ForAnyValue:StringEquals", ""), **{"a:b": value}).effect is ALLOWED
    assert ask(when("ForAllValues:StringEquals", "x"), **{"a:b": value}).effect is SILENT
    assert ask(when("ForAllValues:StringEquals", "x"), **{"a:b": ()}).effect is ALLOWED
    assert ask(when("Null", "true"), **{"a:b": ()}).effect is ALLOWED


def test_keys_of_all_statements_each_spelling_once() -> None:
    statement = allow(
        resource="arn:aws:sqs:::${aws:username}",
        Condition={"StringEquals": {"AWS:UserName": ["${s3:Prefix}", "${*}"], "x:y": "1"}},
    )
    asked = asked_keys(policy(statement, statement).policy.document)
    assert asked == ["AWS:UserName", "x:y", "aws:username", "s3:Prefix"]
    old = json.dumps({"Version": "2008-10-17", "Statement": statement})
    assert asked_keys(load_simulated(old, Kind.IDENTITY).document) == ["AWS:UserName", "x:y"]


def test_the_strictest_of_nothing_is_allowed() -> None:
    assert strictest([]) is ALLOWED
    assert strictest([ALLOWED, DENIED, SILENT]) is DENIED


statements = st.builds(
    lambda effect, action, resource, condition: {**effect(action, resource), **condition},
    st.sampled_from([allow, deny]),
    st.sampled_from(["*", "sqs:*", "sqs:SendMessage", "s3:*"]),
    st.sampled_from(["*", QUEUE, OTHERS]),
    st.sampled_from(
        [{}, {"Condition": {"StringEquals": {"a:b": "x"}}}, {"Condition": {"StringNotEquals": {"a:b": "x"}}}]
    ),
)
documents = st.lists(statements, min_size=1, max_size=3)


@given(
    st.lists(documents, max_size=3),
    st.none() | documents,
    st.lists(st.lists(documents, min_size=1, max_size=2), max_size=2),
    st.sampled_from([{}, {"a:b": "x"}, {"a:b": "y"}]),
)
def test_it_agrees_with_the_decision_without_a_resource_policy(
    identity: list[Any], boundary: list[Any] | None, scps: list[Any], context: dict[str, str]
) -> None:
    layers = Layers(
        identity=tuple(policy(*each) for each in identity),
        boundaries=() if boundary is None else (policy(*boundary, kind=Kind.BOUNDARY),),
        scps=tuple(tuple(policy(*each, kind=Kind.SCP) for each in level) for level in scps),
    )
    simulated = ask(layers, **context)
    decided = decide(Request(USER, "sqs:SendMessage", QUEUE, None, dict(context)), layers)
    if simulated.organizations is False and decided.effect is DENIED:
        assert simulated.effect in (SILENT, DENIED)  # a closed level is told before a denial below it
    else:
        assert simulated.effect is decided.effect

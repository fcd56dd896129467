"""Decisions as values: the layer that settles them, the statements behind them, the keys looked for in vain."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.policy import (
    Attached,
    Condition,
    Decision,
    Effect,
    Grant,
    Kind,
    Layer,
    Layers,
    MalformedPolicy,
    Principal,
    PrincipalKind,
    Request,
    decide,
    explain,
    load,
)
from iamd.policy.conditions import compile_conditions

ACCOUNT = "111122223333"
ALICE = Principal.from_text(f"arn:aws:iam::{ACCOUNT}:user/alice")
BOB = Principal.from_text("arn:aws:iam::444455556666:user/bob")
ROOT = Principal.from_text(f"arn:aws:iam::{ACCOUNT}:root")
OBJECT = "arn:aws:s3:::bucket/key"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"


def policy(*statements: dict[str, Any], kind: Kind = Kind.IDENTITY, name: str = "p") -> Attached:
    return Attached(name, load(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), kind))


def allow(action: str = "s3:*", resource: str = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def deny(action: str = "s3:*", resource: str = "*", **elements: Any) -> dict[str, Any]:
    return allow(action, resource, **elements) | {"Effect": "Deny"}


def bucket(*statements: dict[str, Any]) -> Attached:
    return policy(*statements, kind=Kind.RESOURCE, name="bucket")


def get(who: Principal = ALICE, **context: str | tuple[str, ...]) -> Request:
    return Request(who, "s3:GetObject", OBJECT, ACCOUNT, {key.replace("__", ":"): v for key, v in context.items()})


FULL = policy(allow("*"), kind=Kind.SCP)
GRANTING = policy(allow(Sid="Read"), name="arn:aws:iam::aws:policy/Read")
NARROW = policy(allow("ec2:*"), kind=Kind.BOUNDARY)


def test_a_grant_names_its_policy_and_statement() -> None:
    first = policy(allow("ec2:*"), allow(Sid="Read"), name="inline")
    expected = Decision(Effect.ALLOWED, Layer.IDENTITY, (Grant("inline", 1, "Read"),))
    assert decide(get(), Layers(identity=(first,))) == expected


@pytest.mark.parametrize(
    ("layers", "layer"),
    [
        (Layers(), Layer.IDENTITY),
        (Layers(identity=(GRANTING,), boundaries=(NARROW,)), Layer.BOUNDARY),
        (Layers(identity=(GRANTING,), session=(NARROW,)), Layer.SESSION),
        (Layers(identity=(GRANTING,), session=()), Layer.SESSION),
        (Layers(identity=(GRANTING,), scps=((FULL,), (NARROW,))), Layer.SCP),
        (Layers(identity=(GRANTING,), scps=((),)), Layer.SCP),
        (Layers(identity=(GRANTING,), rcps=((),)), Layer.RCP),
        (Layers(identity=(GRANTING,), endpoint=(NARROW,)), Layer.ENDPOINT),
    ],
)
def test_an_implicit_denial_names_the_layer_that_does_not_allow(layers: Layers, layer: Layer) -> None:
    assert decide(get(), layers) == Decision(Effect.IMPLICIT_DENY, layer)


@pytest.mark.parametrize(
    ("layers", "layer"),
    [
        (Layers(identity=(policy(allow(), deny()),)), Layer.IDENTITY),
        (Layers(identity=(GRANTING,), boundaries=(policy(allow(), deny()),)), Layer.BOUNDARY),
        (Layers(identity=(GRANTING,), session=(policy(allow(), deny()),)), Layer.SESSION),
        (Layers(identity=(GRANTING,), scps=((FULL,), (policy(deny()), FULL))), Layer.SCP),
        (Layers(identity=(GRANTING,), resource=bucket(deny(Principal="*"))), Layer.RESOURCE),
    ],
)
def test_an_explicit_denial_names_its_layer_and_statement(layers: Layers, layer: Layer) -> None:
    decision = decide(get(), layers)
    assert (decision.effect, decision.layer) == (Effect.EXPLICIT_DENY, layer)
    assert len(decision.statements) == 1


def test_between_accounts_the_side_that_lacks_is_named() -> None:
    named = bucket(allow(Principal={"AWS": BOB.arn}))
    assert decide(get(BOB), Layers(resource=named)).layer is Layer.IDENTITY
    assert decide(get(BOB), Layers(identity=(GRANTING,))).layer is Layer.RESOURCE
    assert decide(get(BOB), Layers(identity=(GRANTING,), resource=named)).allowed


def test_keys_looked_for_in_vain_are_told_once() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/Team": "x"}, "Null": {"aws:TokenIssueTime": "true"}}
    asked = policy(allow(Condition=condition), allow(Condition=condition, Resource="arn:aws:s3:::${aws:Username}/*"))
    decision = decide(get(), Layers(identity=(asked,)))
    assert decision == Decision(Effect.IMPLICIT_DENY, Layer.IDENTITY, (), ("aws:principaltag/team", "aws:username"))


@pytest.mark.parametrize("action", ["sts:GetCallerIdentity", "sts:getsessiontoken"])
def test_some_calls_cannot_be_refused(action: str) -> None:
    nothing = Layers(identity=(policy(deny("*")),), scps=((),))
    assert decide(Request(ALICE, action), nothing) == Decision(Effect.ALLOWED)
    assert not decide(Request(ALICE, "sts:GetAccessKeyInfo"), nothing).allowed


def test_a_role_must_be_trusted_whatever_identities_allow() -> None:
    request = Request(ALICE, "sts:AssumeRole", ROLE)
    able = policy(allow("sts:*"))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    service = policy(trust | {"Principal": {"Service": "ec2.amazonaws.com"}}, kind=Kind.TRUST)
    account = policy(trust | {"Principal": {"AWS": ACCOUNT}}, kind=Kind.TRUST)
    user = policy(trust | {"Principal": {"AWS": ALICE.arn}}, kind=Kind.TRUST)
    assert decide(request, Layers(identity=(able,))).layer is Layer.TRUST
    assert decide(request, Layers(identity=(able,), resource=service)).layer is Layer.TRUST
    assert decide(request, Layers(resource=account)).layer is Layer.IDENTITY
    assert decide(request, Layers(identity=(able,), resource=account)).allowed
    assert decide(request, Layers(resource=user)).layer is Layer.TRUST
    assert decide(request, Layers(resource=user)).allowed
    assert not decide(Request(ROOT, "sts:AssumeRole", ROLE), Layers(resource=account)).allowed


def test_a_key_policy_must_allow_even_root() -> None:
    account = policy({**allow("kms:*"), "Principal": {"AWS": ACCOUNT}}, kind=Kind.RESOURCE)
    able = policy(allow("kms:*"))
    for who in (ALICE, ROOT):
        request = Request(who, "kms:Decrypt", KEY)
        assert not decide(request, Layers(identity=(able,))).allowed
        assert decide(request, Layers(identity=(able,), resource=account)).allowed
    assert decide(Request(ALICE, "kms:ListKeys"), Layers(identity=(able,))).allowed


def test_root_recovers_a_bucket_that_denies_everyone() -> None:
    locked = Layers(resource=bucket(deny(Principal="*")))
    for action in ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"):
        request = Request(ROOT, action, "arn:aws:s3:::bucket", ACCOUNT)
        assert decide(request, locked).allowed
        assert not decide(request, Layers(resource=locked.resource, scps=((policy(deny()), FULL),))).allowed
    assert not decide(get(ROOT), locked).allowed


def test_a_task_policy_of_denials_is_a_ceiling_over_root() -> None:
    task = Layers(session=(policy({"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}),))
    assert decide(get(ROOT), task).allowed
    assert not decide(Request(ROOT, "s3:PutObject", OBJECT, ACCOUNT), task).allowed
    assert not decide(get(ROOT), Layers(session=(NARROW,))).allowed
    assert decide(get(ROOT), Layers(session=())) == Decision(Effect.IMPLICIT_DENY, Layer.SESSION)


def test_only_roles_and_their_sessions_are_service_linked() -> None:
    linked = "role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/s"
    assert Principal.from_text(f"arn:aws:iam::{ACCOUNT}:{linked}").is_service_linked
    assert Principal.from_text(session, f"arn:aws:iam::{ACCOUNT}:{linked}").is_service_linked
    assert not Principal.from_text(
        f"federated:arn:aws:iam::{ACCOUNT}:oidc-provider/example.com/:{linked}"
    ).is_service_linked
    assert not Principal.from_text(f"service:x:{linked}").is_service_linked


def test_many_denials_of_a_resource_are_found_each_time() -> None:
    denials = [deny(resource=f"arn:aws:s3:::bucket/{number}/*", Principal="*") for number in range(40)]
    layers = Layers(identity=(GRANTING,), resource=bucket(*denials))
    for _ in range(8):  # the index is made on the way
        for key, allowed in (("7/x", False), ("39/x", False), ("40/x", True)):
            request = Request(ALICE, "s3:GetObject", f"arn:aws:s3:::bucket/{key}", ACCOUNT)
            assert decide(request, layers).allowed is allowed


def test_a_resource_that_asks_for_a_key_in_vain_tells_so() -> None:
    guarded = bucket(deny(Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    found = decide(get(), Layers(identity=(GRANTING,), resource=guarded))
    assert (found.allowed, found.missing) == (True, ("aws:securetransport",))


def not_principal(*arns: str) -> Attached:
    return bucket({**deny(), "NotPrincipal": {"AWS": list(arns)}})


def test_not_principal_spares_only_who_is_listed_with_role_and_account() -> None:
    session = Principal.from_text(f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s")
    able = Layers(identity=(GRANTING,))
    assert decide(get(), able.about(not_principal(ALICE.arn, ACCOUNT))).allowed
    assert not decide(get(), able.about(not_principal(ALICE.arn))).allowed
    assert not decide(get(), able.about(not_principal(ACCOUNT))).allowed
    assert decide(get(session), able.about(not_principal(session.arn, ROLE, ACCOUNT))).allowed
    assert not decide(get(session), able.about(not_principal(session.arn, ACCOUNT))).allowed
    assert not decide(get(session), able.about(not_principal(ROLE, ACCOUNT))).allowed


def test_not_principal_never_spares_who_has_a_boundary() -> None:
    bounded = Layers(identity=(GRANTING,), boundaries=(policy(allow()),))
    spared = not_principal(ALICE.arn, ACCOUNT)
    assert decide(get(), bounded.about(spared)).effect is Effect.EXPLICIT_DENY


def test_a_unique_id_names_only_its_own_bearer() -> None:
    named = Layers(resource=bucket(allow(Principal={"AWS": "AIDAEXAMPLEEXAMPLE123"})))
    assert not decide(get(), named).allowed
    bearer = Principal.from_text(ALICE.arn, unique_id="AIDAEXAMPLEEXAMPLE123")
    assert decide(get(bearer), named).allowed


def test_an_identity_provider_is_not_everyone() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example"
    request = Request(Principal.from_text(f"federated:{provider}"), "sts:AssumeRoleWithWebIdentity", ROLE)
    trust = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity"}
    everyone = policy(trust | {"Principal": {"AWS": "*"}}, kind=Kind.TRUST)
    itself = policy(trust | {"Principal": {"Federated": provider}}, kind=Kind.TRUST)
    assert not decide(request, Layers(resource=everyone)).allowed
    assert decide(request, Layers(resource=itself)).allowed
    open_rcp = policy(allow("*", Principal="*"), kind=Kind.RCP)
    assert decide(request, Layers(resource=itself, rcps=((open_rcp,),))).allowed


@pytest.mark.parametrize("operator", ["NumericEquals", "NumericNotEquals", "IpAddress", "ArnLike", "ArnNotLike"])
def test_a_wrong_literal_cannot_grant_and_denies(operator: str) -> None:
    value = {"N": "5", "I": "10.0.0.1", "A": "arn:aws:s3:::b"}[operator[0]]
    granting = policy(allow(Condition={operator: {"k:k": "wrong"}}), kind=Kind.SESSION)
    denying = policy(allow(), deny(Condition={operator: {"k:k": "wrong"}}), kind=Kind.SESSION)
    assert not decide(get(k__k=value), Layers(identity=(GRANTING,), session=(granting,))).allowed
    refused = decide(get(k__k=value), Layers(identity=(GRANTING,), session=(denying,)))
    assert refused.effect is Effect.EXPLICIT_DENY


@pytest.mark.parametrize(
    ("operator", "operand", "value", "expected"),
    [
        ("StringNotEquals", "x", ("y",), False),  # a multivalued key with a scalar operator never matches
        ("StringEqualsIfExists", "x", ("x",), False),
        ("NumericNotEquals", "1", "many", True),
        ("DateNotEquals", "2026-01-01", "soon", True),
        ("NotIpAddress", "10.0.0.0/8", "AWS Internal", False),
        ("ArnNotLike", "arn:aws:s3:::b", "b", False),
        ("StringEqualsIgnoreCase", "S", "\u017f", False),
        ("StringEqualsIgnoreCase", "\u0391\u03a3", "\u03b1\u03c2", True),
        ("StringLike", "??", "\U0001f600", True),
        ("StringLike", "a[b*", "a[b\nc", True),
        ("Bool", "anything", "false", True),
        ("BinaryEquals", "QUI=", "QUI=", True),
        ("BinaryEquals", "QUI=", "AB", False),
        ("ForAllValues:StringEquals", "x", "", True),
        ("ForAnyValue:StringNotEquals", "x", (), False),
        ("Null", ["true", "false"], "x", True),
    ],
)
def test_observed_operator_details(operator: str, operand: Any, value: str | tuple[str, ...], expected: bool) -> None:
    granting = policy(allow(Condition={operator: {"K:k": operand}}))
    assert decide(get(k__k=value), Layers(identity=(granting,))).allowed is expected


def test_a_value_with_a_colon_cannot_shift_the_fields_of_an_arn() -> None:
    granting = policy(allow("sqs:*", "arn:aws:sqs:${aws:principaltag/region}:222233334444:q"))
    context: dict[str, str | tuple[str, ...]] = {"aws:principaltag/region": f"eu-west-1:{ACCOUNT}:q"}
    request = Request(ALICE, "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q:222233334444:q", ACCOUNT, context)
    assert not decide(request, Layers(identity=(granting,))).allowed


def test_a_variable_without_a_value_grants_nothing_by_not_resource() -> None:
    rest = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::${aws:username}/*"}
    layers = Layers(identity=(policy(rest),))
    assert not decide(get(), layers).allowed
    assert decide(get(aws__username="alice"), layers).allowed
    denying = Layers(identity=(GRANTING, policy(rest | {"Effect": "Deny"})))
    assert decide(get(), denying).effect is Effect.EXPLICIT_DENY


def test_layers_share_what_they_know_across_resources() -> None:
    layers = Layers(identity=(GRANTING,))
    assert decide(get(), layers.about(bucket(deny(Principal="*")))).effect is Effect.EXPLICIT_DENY
    assert decide(get(), layers).allowed
    assert layers.about(None).plan("s3:GetObject") is layers.plan("s3:GetObject")


def test_an_explanation_lists_every_layer() -> None:
    layers = Layers(identity=(GRANTING,), boundaries=(NARROW,), scps=((FULL,),), resource=bucket(allow(Principal="*")))
    found = explain(get(), layers)
    assert found.decision == decide(get(), layers)
    assert [(trace.layer, trace.outcome.value) for trace in found.layers] == [
        (Layer.SCP, "allowed"),
        (Layer.RESOURCE, "allowed"),
        (Layer.IDENTITY, "allowed"),
        (Layer.BOUNDARY, "implicitDeny"),
    ]
    shown = json.loads(json.dumps(found.to_json()))
    assert shown["layers"][2]["statements"] == [
        {"policy": "arn:aws:iam::aws:policy/Read", "index": 0, "sid": "Read", "line": 1, "effect": "Allow"}
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"arn:aws:iam::{ACCOUNT}:root", PrincipalKind.ROOT),
        (f"arn:aws-cn:iam::{ACCOUNT}:user/a/b", PrincipalKind.USER),
        (f"arn:aws:iam::{ACCOUNT}:role/b", PrincipalKind.ROLE),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/b/s", PrincipalKind.SESSION),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/b", PrincipalKind.FEDERATED_USER),
        ("service:lambda.amazonaws.com", PrincipalKind.SERVICE),
        ("federated:accounts.google.com", PrincipalKind.FEDERATED),
        ("*", PrincipalKind.ANONYMOUS),
    ],
)
def test_principals_are_read(text: str, kind: PrincipalKind) -> None:
    assert Principal.from_text(text).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "service:",
        "arn:aws:iam::1:user/alice",
        f"arn:aws:iam::{ACCOUNT}:user/",
        f"arn:aws:iam::{ACCOUNT}:group/g",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/r",
        f"arn:aws:s3::{ACCOUNT}:user/alice",
    ],
)
def test_what_is_no_principal(text: str) -> None:
    with pytest.raises(ValueError, match="principal"):
        Principal.from_text(text)


def test_an_unknown_operator_is_never_compiled() -> None:
    with pytest.raises(ValueError, match="unknown condition operator"):
        compile_conditions((Condition("StringIs", "a:b", ("c",)),), variables=True, allow=False, simulated=False)


def test_what_has_no_meaning_cannot_be_loaded() -> None:
    for statement in (allow(Condition={"StringIs": {"a": "b"}}), allow(Effect="deny"), allow(Extra=1)):
        with pytest.raises(MalformedPolicy):
            policy(statement)


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("arn:aws:s3:::*-prod/*", "arn:aws:s3:::x-prod/key", True),
        ("arn:aws:s3:::*-prod/*", "arn:aws:s3:::x-test/key", False),
        ("arn:aws:s3:::?/key", "arn:aws:s3:::b/key", True),
        ("arn:aws:s3:::a*a", "arn:aws:s3:::a", False),
        ("arn:aws:sqs:*:*:", "arn:aws:sqs:a:b:c:d:", True),
        ("arn:aws:sqs:a*:b:", "arn:aws:sqs:a:c:b:", True),
        ("arn:aws:sqs:*a:b:", "arn:aws:sqs:c:a:b:", False),
        ("arn:aws:lambda:*:function:${aws:username}", "arn:aws:lambda:eu-west-1:111122223333:function:alice", True),
        ("arn:aws:${aws:username}:*:function:f", "arn:aws:lambda:eu-west-1:111122223333:function:f", False),
        ("arn:aws:sqs:*:*:", "arn:aws:sqs:a:b:", True),
        ("arn:aws:sqs:e?-*:111122223333:*q", "arn:aws:sqs:eu-west-1:111122223333:a:q", True),
        ("arn:aws:sqs:e?-*:111122223333:*q", "arn:aws:sqs:eu-west-1:444455556666:q", False),
        ("arn:*", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::alice", True),
        ("arn:aws:${aws:username}", "arn:aws:alice:::b", True),
        ("arn:aws:${aws:username}", "arn:aws:bob:::b", False),
        ("execute-api:/*/GET/*", "execute-api:/stage/GET/pets", True),
        ("execute-api:/*/GET/*", "execute-api:/stage/POST/pets", False),
    ],
)
def test_resource_patterns(pattern: str, resource: str, expected: bool) -> None:
    granting = policy(allow("any:*", pattern))
    request = Request(ALICE, "any:Do", resource, ACCOUNT, {"aws:username": "alice"})
    assert decide(request, Layers(identity=(granting,))).allowed is expected


@pytest.mark.parametrize(
    ("operator", "operand", "value", "expected"),
    [
        ("ArnLike", "${aws:principalarn}", ALICE.arn, True),
        ("ArnLike", "${aws:principalarn}", ROLE, False),
        ("ArnLike", "arn:aws:iam::*:user/${aws:username}", ALICE.arn, True),
        ("ArnLike", ["arn:aws:s3:::*", "arn:aws:iam::1*:user/*"], ALICE.arn, True),
        ("ArnLike", "arn:aws:iam::${aws:none}:root", f"arn:aws:iam::{ACCOUNT}:root", False),
        ("StringLike", ["plain", "a*c*e"], "abcde", True),
        ("StringLike", ["plain", "a*c*e"], "plain", True),
        ("StringLike", "${aws:principalarn}*", ALICE.arn + "/x", True),
        ("StringEqualsIgnoreCase", "${aws:principalarn}", ALICE.arn.upper(), True),
        ("BinaryEquals", "QUI=", "no base64", False),
        ("Unknown", None, "x", True),
    ],
)
def test_operands_of_every_form(operator: str, operand: Any, value: str, expected: bool) -> None:
    granting = policy(allow(Condition={operator: {} if operand is None else {"k:k": operand}}))
    request = get(k__k=value, aws__principalarn=ALICE.arn, aws__username="alice")
    assert decide(request, Layers(identity=(granting,))).allowed is expected


def test_services_and_canonical_users_are_named_as_such() -> None:
    service = Principal.from_text("service:sns.amazonaws.com")
    only_service = bucket(allow(Principal={"Service": "sns.amazonaws.com"}))
    assert decide(get(service), Layers(resource=only_service)).allowed
    assert not decide(get(Principal.from_text("service:sqs.amazonaws.com")), Layers(resource=only_service)).allowed
    canonical = Principal.from_text(ALICE.arn, canonical_user="c" * 64)
    delegated = bucket(allow(Principal={"CanonicalUser": "c" * 64}))
    assert decide(get(canonical), Layers(resource=delegated)).layer is Layer.IDENTITY


def test_not_principal_and_those_without_an_account() -> None:
    spared = bucket(allow(Principal="*"), {**deny(), "NotPrincipal": {"Service": "sns.amazonaws.com", "AWS": ACCOUNT}})
    assert decide(get(Principal.from_text("service:sns.amazonaws.com")), Layers(resource=spared)).allowed
    assert not decide(get(Principal.from_text("*")), Layers(resource=spared)).allowed
    assert decide(get(ROOT), Layers(resource=spared)).allowed
    elsewhere = Principal.from_text("service:sns.amazonaws.com", account="444455556666")
    assert decide(get(elsewhere), Layers(resource=spared)).allowed


@pytest.mark.parametrize("written", ["photos/${aws:username}/*", "photos:${aws:username}/*", "${team}/alice/*"])
def test_variables_count_in_resources_that_are_no_arns(written: str) -> None:
    """Services of one's own may name theirs as they please."""
    resource = written.replace("${aws:username}", "alice").replace("${team}", "photos").replace("*", "1")
    context: dict[str, str | tuple[str, ...]] = {"aws:username": "alice", "team": "photos"}
    everything, own = policy(allow("x:*")), policy(allow("x:*", written), name="own")
    for of, allowed in ((resource, True), (resource.replace("alice", "bob"), False)):
        request = Request(ALICE, "x:View", of, ACCOUNT, context)
        assert decide(request, Layers(identity=(own,))).allowed is allowed
        denied = Layers(identity=(everything, policy(deny("x:*", written))))
        assert decide(request, denied).allowed is not allowed


def test_what_is_remembered_is_bounded() -> None:
    layers = Layers(identity=(GRANTING,))
    for number in range(1000):
        decide(Request(ALICE, f"s3:Get{number}"), layers)
    assert len(layers.plans) <= 256


def test_a_federated_user_of_root_has_what_the_session_policy_allows() -> None:
    passed_on = Principal.from_text(f"arn:aws:sts::{ACCOUNT}:federated-user/carol", session_issuer=ROOT.arn)
    assert decide(get(passed_on), Layers(session=(GRANTING,))).allowed
    assert not decide(get(passed_on), Layers(session=(NARROW,))).allowed


def test_levels_and_callers_out_of_reach_are_told() -> None:
    layers = Layers(identity=(GRANTING,), scps=((FULL,), (policy(deny()),)), management_account=ACCOUNT)
    outcomes = [(trace.layer, trace.level, trace.outcome.value) for trace in explain(get(), layers).layers]
    assert outcomes == [
        (Layer.SCP, 0, "notApplicable"),
        (Layer.SCP, 1, "notApplicable"),
        (Layer.IDENTITY, None, "allowed"),
    ]
    other = bucket(allow(Principal={"AWS": BOB.arn}))
    rcp = policy(allow("*", Principal="*"), kind=Kind.RCP)
    resource = explain(get(), Layers(resource=other, endpoint=(GRANTING,), rcps=((rcp,),))).layers[2]
    assert (resource.layer, resource.outcome.value) == (Layer.RESOURCE, "implicitDeny")

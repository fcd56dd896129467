"""What an explanation tells: lines, near misses, denials' conditions, and what would allow the request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.policy import Act, Attached, Kind, Layer, Layers, Outcome, Principal, Request, decide, explain, load

ACCOUNT, OTHER = "111122223333", "444455556666"
ALICE = Principal.from_text(f"arn:aws:iam::{ACCOUNT}:user/alice")
ROOT = Principal.from_text(f"arn:aws:iam::{ACCOUNT}:root")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
KEY = "arn:aws:s3:::reports/2026.csv"

Statement = dict[str, Any]


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> Statement:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def policy(
    *statements: Statement, kind: Kind = Kind.IDENTITY, name: str = "p", version: str = "2012-10-17"
) -> Attached:
    return Attached(name, load(json.dumps({"Version": version, "Statement": statements}, indent=2), kind))


def asking(action: str = "s3:PutObject", resource: str = KEY, who: Principal = ALICE, **context: Any) -> Request:
    return Request(who, action, resource, ACCOUNT, {key.replace("_", ":"): value for key, value in context.items()})


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', [1]),
        ('{\n "Statement":\n {\n "Effect": "Allow", "Action": "*", "Resource": "*"}}', [3]),
        ('{"Statement": [\n\n{"Effect": "Allow", "Action": "*", "Resource": "*"}]}', [3]),
        (
            '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},\n {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}',
            [1, 2],
        ),
    ],
)
def test_a_statement_is_cited_by_the_line_of_its_brace(text: str, lines: list[int]) -> None:
    found = explain(asking(), Layers(identity=(Attached("p", load(text, Kind.IDENTITY)),)))
    assert [cited.line for cited in found.layers[0].allows] == lines


def test_the_nearest_statements_are_those_that_fail_on_the_fewest_elements() -> None:
    one = allow("s3:GetObject", "arn:aws:s3:::reports/*", Sid="Read")
    two = allow("s3:GetObject", "arn:aws:s3:::other/*")
    far = allow("ec2:*")
    found = explain(asking(), Layers(identity=(policy(two, far, one),)))
    (trace,) = found.layers
    (miss,) = trace.nearest
    assert (miss.statement.sid, miss.statement.index, trace.about) == ("Read", 2, 2)
    (element,) = miss.failed
    assert (element.name, element.expected, element.actual) == ("Action", ("s3:GetObject",), "s3:PutObject")


def test_at_most_three_near_misses_are_told() -> None:
    many = [policy(allow(f"s3:Get{number}"), name=str(number)) for number in range(9)]
    (trace,) = explain(asking(), Layers(identity=tuple(many))).layers
    assert [miss.statement.policy for miss in trace.nearest] == ["0", "1", "2"]
    assert trace.about == 9


def test_a_condition_is_told_with_its_value_and_what_was_expected() -> None:
    statement = allow(
        "s3:*", "*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": "true"}}
    )
    found = explain(asking(aws_sourceip="192.0.2.1", aws_securetransport="true"), Layers(identity=(policy(statement),)))
    (miss,) = found.layers[0].nearest
    assert [element.to_json() for element in miss.failed] == [
        {
            "element": "Condition",
            "operator": "IpAddress",
            "key": "aws:SourceIp",
            "expected": ["10.0.0.0/8"],
            "actual": "192.0.2.1",
        }
    ]
    (way,) = found.ways
    assert [change.act for change in way] == [Act.MEET]
    assert way[0].conditions == miss.failed


def test_variables_are_shown_filled() -> None:
    home = allow("s3:*", ["arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::${aws:none}"])
    found = explain(asking(aws_username="alice"), Layers(identity=(policy(home),)))
    (element,) = found.layers[0].nearest[0].failed
    assert element.filled == ("arn:aws:s3:::home/alice/*", "arn:aws:s3:::${aws:none}")
    old = explain(asking(aws_username="alice"), Layers(identity=(policy(home, version="2008-10-17"),)))
    assert old.layers[0].nearest[0].failed[0].filled == ()


def test_the_elements_with_not_are_named_so() -> None:
    statement = {"Effect": "Allow", "NotAction": "s3:*", "NotResource": KEY}
    (miss,) = explain(asking(), Layers(identity=(policy(statement),))).layers[0].nearest
    assert [element.name for element in miss.failed] == ["NotAction", "NotResource"]
    trusting = policy({**allow("s3:*"), "NotPrincipal": {"AWS": ALICE.arn}}, kind=Kind.RESOURCE)
    resource, _ = explain(asking(), Layers(resource=trusting)).layers
    assert [element.name for element in resource.nearest[0].failed] == ["NotPrincipal"]


def test_what_allows_is_told_apart_from_what_denies() -> None:
    both = policy(
        deny("s3:*", Sid="Never"), allow("s3:*", Sid="Always"), deny(Sid="Nothing"), allow("ec2:*", Sid="Other")
    )
    (layer,) = explain(asking(), Layers(identity=(both,))).layers
    assert [cited.sid for cited in layer.allows] == ["Always"]
    assert [denial.statement.sid for denial in layer.denies] == ["Never", "Nothing"]


def test_a_denial_tells_the_conditions_that_were_met() -> None:
    unsafe = deny(Sid="OnlyTls", Condition={"Bool": {"aws:SecureTransport": "false"}})
    found = explain(asking(aws_securetransport="false"), Layers(identity=(policy(allow("*"), unsafe),)))
    (denial,) = found.layers[0].denies
    assert (denial.statement.sid, denial.conditions[0].actual) == ("OnlyTls", "false")
    ((change,),) = found.ways
    assert (change.act, change.conditions) == (Act.SPARE, denial.conditions)
    settled: Any = found.to_json()["statements"]
    assert settled == [denial.to_json()]


def test_every_closed_layer_is_in_the_way() -> None:
    layers = Layers(
        identity=(policy(allow("s3:PutObject")),),
        boundaries=(policy(allow("s3:Get*")),),
        scps=((policy(allow("*")),), (policy(allow("ec2:*")),)),
    )
    (way,) = explain(asking(), layers).ways
    assert [(change.layer, change.level, change.act) for change in way] == [
        (Layer.SCP, 1, Act.ADD),
        (Layer.BOUNDARY, None, Act.ADD),
    ]
    assert way[0].to_json()["add"] == {"Effect": "Allow", "Action": "s3:PutObject", "Resource": KEY}


def test_a_resource_that_has_a_policy_offers_another_way() -> None:
    layers = Layers(resource=policy(allow("s3:Get*", Principal={"AWS": ALICE.arn}), kind=Kind.RESOURCE))
    first, second = explain(asking(), layers).ways
    assert [change.layer for change in first] == [Layer.IDENTITY]
    assert [change.layer for change in second] == [Layer.RESOURCE]
    assert second[0].to_json()["add"] == {
        "Effect": "Allow",
        "Principal": {"AWS": ALICE.arn},
        "Action": "s3:PutObject",
        "Resource": KEY,
    }


@pytest.mark.parametrize(
    ("who", "principal"),
    [
        (f"arn:aws:iam::{OTHER}:user/bob", {"AWS": f"arn:aws:iam::{OTHER}:user/bob"}),
        (f"arn:aws:sts::{OTHER}:assumed-role/app/run", {"AWS": f"arn:aws:iam::{OTHER}:role/app"}),
        ("service:sns.amazonaws.com", {"Service": "sns.amazonaws.com"}),
        ("*", "*"),
    ],
)
def test_from_elsewhere_the_resource_must_allow_the_caller_by_name(who: str, principal: Any) -> None:
    layers = Layers(identity=(policy(allow("*")),))
    (way,) = explain(asking(who=Principal.from_text(who)), layers).ways
    added: Any = way[-1].to_json()["add"]
    assert (way[-1].layer, added["Principal"]) == (Layer.RESOURCE, principal)


def test_a_role_must_be_trusted() -> None:
    layers = Layers(identity=(policy(allow("sts:AssumeRole")),))
    (way,) = explain(asking("sts:AssumeRole", ROLE), layers).ways
    assert [change.to_json() for change in way] == [
        {
            "change": "addStatement",
            "layer": "role trust",
            "add": {"Effect": "Allow", "Principal": {"AWS": ALICE.arn}, "Action": "sts:AssumeRole"},
        }
    ]
    federated = Principal.from_text("federated:accounts.google.com")
    (way,) = explain(asking("sts:AssumeRoleWithWebIdentity", ROLE, federated), Layers()).ways
    added: Any = way[0].to_json()["add"]
    assert added["Principal"] == {"Federated": "accounts.google.com"}


def test_where_no_policy_helps_no_way_is_told() -> None:
    trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}, kind=Kind.TRUST)
    found = explain(asking("sts:AssumeRole", ROLE, ROOT), Layers(resource=trust))
    assert not found.decision.allowed
    assert found.ways == ()


def test_a_federated_session_without_a_session_policy_lacks_one() -> None:
    carol = Principal.from_text(f"arn:aws:sts::{ACCOUNT}:federated-user/carol", session_issuer=ALICE.arn)
    found = explain(asking(who=carol), Layers(identity=(policy(allow("*")),)))
    assert [(trace.layer, trace.outcome) for trace in found.layers] == [
        (Layer.IDENTITY, Outcome.ALLOWED),
        (Layer.SESSION, Outcome.IMPLICIT_DENY),
    ]
    ((change,),) = found.ways
    assert change.layer is Layer.SESSION


@pytest.mark.parametrize(
    "resource",
    ["arn:aws:s3:::b/a*c", "arn:aws:s3:::b/a?c", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/\U0001f600"],
)
@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_odd_resources_are_written_so_that_they_match(resource: str, version: str) -> None:
    boundary = policy(allow("ec2:*"), version=version)
    (way,) = explain(asking(resource=resource), Layers((policy(allow("*")),), (boundary,))).ways
    statement: Any = way[0].to_json()["add"]
    assert decide(asking(resource=resource), Layers((policy(statement, version=version),))).allowed


def test_what_no_policy_can_refuse_has_no_layers_with_a_say() -> None:
    found = explain(asking("sts:GetCallerIdentity", "*"), Layers(identity=(policy(deny()),)))
    assert found.decision.allowed
    assert [trace.outcome for trace in found.layers] == [Outcome.NOT_APPLICABLE]


def test_root_is_not_told_to_lack_identity_policies() -> None:
    found = explain(asking(who=ROOT), Layers())
    assert found.decision.allowed
    assert [trace.outcome for trace in found.layers] == [Outcome.NOT_APPLICABLE]


def test_a_denial_that_root_may_undo_is_no_denial_to_root() -> None:
    locked = policy(deny("s3:*", Principal="*"), kind=Kind.RESOURCE)
    bucket = "arn:aws:s3:::reports"
    found = explain(asking("s3:PutBucketPolicy", bucket, ROOT), Layers(resource=locked))
    assert found.decision.allowed
    assert not any(trace.denies for trace in found.layers)


def test_the_explanation_of_ten_thousand_statements_is_bounded() -> None:
    wide = policy(*(allow("s3:Get*", f"arn:aws:s3:::{number}/*") for number in range(10_000)))
    found = explain(asking(), Layers(identity=(wide,)))
    assert len(found.layers[0].nearest) == 3
    assert found.layers[0].about == 10_000


def test_many_statements_that_apply_are_cited_in_linear_time() -> None:
    wide = policy(*(allow("s3:*") for _ in range(10_000)))
    assert len(explain(asking(), Layers(identity=(wide,))).layers[0].allows) == 10_000

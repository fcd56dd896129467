"""Ways to more than one has: each published method on a small estate, and what stands in its way."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from iamd.analysis.access import Holder
from iamd.analysis.escalation import ADMINISTRATOR, Actor, Estate, Graph, Group, graph
from iamd.analysis.escalation.drawing import svg
from iamd.analysis.escalation.graph import named_paths
from iamd.policy import Attached, Kind, Layers, Principal, load

IAM = "arn:aws:iam::111122223333:"
EVE, ADA = IAM + "user/eve", IAM + "user/ada"
ROOT_ROLE = IAM + "role/power"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def deny(*actions: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*"}


def attached(*statements: dict[str, Any], name: str = "inline", kind: Kind = Kind.IDENTITY) -> Attached:
    return Attached(name, load(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), kind))


def user(arn: str, *statements: dict[str, Any], layers: dict[str, Any] | None = None, **more: Any) -> Actor:
    identity = (attached(*statements),) if statements else ()
    return Actor(Holder(Principal.from_text(arn), Layers(**{"identity": identity, **(layers or {})})), **more)


def role(arn: str, trusted: Any, *statements: dict[str, Any], **more: Any) -> Actor:
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole", **more.pop("trust", {})}
    return user(arn, *statements, trust=attached(trust, name=arn, kind=Kind.TRUST), **more)


POWER = role(ROOT_ROLE, {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}, ALL, in_profile=True)


def found(*actors: Actor, **more: Any) -> Graph:
    return graph(Estate(actors, **more))


def methods(made: Graph, source: str = EVE) -> list[list[str]]:
    return [[edge.method for edge in made.paths().get(source, ())]]


@pytest.mark.parametrize(
    ("statement", "method"),
    [
        (allow("iam:PutUserPolicy", resource=EVE), "edit of own policies"),
        (allow("iam:AttachUserPolicy"), "edit of own policies"),
        (allow("iam:CreateRole", "iam:AttachRolePolicy", resource=IAM + "role/app-*"), "new role"),
        (allow("iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey", resource=IAM + "user/x"), "new user"),
        (allow("iam:CreateAccessKey", resource=ADA), "new access key"),
        (allow("iam:UpdateLoginProfile", resource=ADA), "new password"),
        (allow("iam:UpdateAssumeRolePolicy"), "edit of the trust policy"),
        (allow("iam:PassRole", "ec2:RunInstances"), "passing to: EC2 instance"),
        (allow("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"), "passing to: Lambda function"),
    ],
)
def test_each_method_is_found(statement: dict[str, Any], method: str) -> None:
    ada = user(ADA, ALL, has_password=True)
    assert methods(found(user(EVE, statement), ada, POWER)) == [[method]]


@pytest.mark.parametrize(
    "statement",
    [
        allow("iam:PutUserPolicy", resource=IAM + "user/other"),
        allow(
            "iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}
        ),
        allow("iam:CreateRole", "iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PermissionsBoundary": "arn:x"}}),
        allow("iam:CreateUser", "iam:PutUserPolicy", resource=IAM + "user/x"),
        allow("iam:CreateLoginProfile", resource=ADA),
        allow("iam:PassRole"),
        allow("lambda:CreateFunction", "lambda:InvokeFunction"),
        allow("iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
        allow("sts:AssumeRole"),
    ],
)
def test_what_does_not_suffice_is_not_found(statement: dict[str, Any]) -> None:
    assert found(user(EVE, statement), user(ADA, ALL, has_password=True), POWER).paths() == {}


def test_policies_are_edited_by_version_and_through_groups() -> None:
    managed, admins = IAM + "policy/own", IAM + "group/admins"
    versions = {managed: (attached(ALL).policy,)}
    edits = user(EVE, allow("iam:CreatePolicyVersion", resource=managed), managed=(managed,))
    assert methods(found(edits)) == [["edit of own policies"]]
    sets = user(EVE, allow("iam:SetDefaultPolicyVersion"), managed=(managed,))
    assert methods(found(sets, versions=versions)) == [["older version of own policy"]]
    assert found(sets).paths() == {}
    groups = {admins: Group(admins, (attached(ALL),)), IAM + "group/none": Group(IAM + "group/none")}
    joins = user(EVE, allow("iam:AddUserToGroup"))
    assert methods(found(joins, groups=groups)) == [["joining a group"]]
    member = user(EVE, allow("iam:PutGroupPolicy"), groups=(admins,))
    assert methods(found(member, groups=groups)) == [["edit of own policies"]]


def test_boundaries_and_control_policies_stand_in_the_way() -> None:
    boundary = {"boundaries": (attached(allow("iam:*", "s3:*"), kind=Kind.BOUNDARY),)}
    own = allow("iam:PutUserPolicy")
    assert found(user(EVE, own, layers=boundary)).paths() == {}
    removes = allow("iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary")
    assert methods(found(user(EVE, removes, layers=boundary))) == [["edit of own policies, boundary removed"]]
    scp = {"scps": ((attached(ALL, deny("iam:Put*"), kind=Kind.SCP),),)}
    assert found(user(EVE, own, layers=scp)).paths() == {}


def test_roles_are_assumed_where_both_sides_allow() -> None:
    by_account = role(ROOT_ROLE, {"AWS": "111122223333"}, ALL)
    assert methods(found(user(EVE, allow("sts:AssumeRole", resource=ROOT_ROLE)), by_account)) == [["assuming"]]
    assert found(user(EVE, allow("s3:*")), by_account).paths() == {}
    assert methods(found(user(EVE), role(ROOT_ROLE, {"AWS": EVE}, ALL))) == [["assuming"]]
    assert methods(found(user(EVE), role(ROOT_ROLE, {"AWS": "*"}, ALL))) == [["assuming"]]
    stranger = "arn:aws:iam::444455556666:user/eve"
    assert found(user(stranger), role(ROOT_ROLE, {"AWS": stranger}, ALL)).paths() == {}
    assert list(found(user(stranger, allow("sts:*")), role(ROOT_ROLE, {"AWS": stranger}, ALL)).paths()) == [stranger]


def test_conditions_that_only_the_request_can_meet_are_told() -> None:
    tied = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    made = found(user(EVE), role(ROOT_ROLE, {"AWS": EVE}, ALL, trust=tied))
    ((way,),) = list(made.paths().values())
    (needed,) = way.steps[0].needs
    assert needed.conditions[0].key == "aws:MultiFactorAuthPresent"


def test_ways_are_chained_and_shortest() -> None:
    middle = IAM + "role/middle"
    chain = (
        user(EVE, allow("sts:AssumeRole", resource=middle)),
        role(middle, {"AWS": "111122223333"}, allow("iam:PassRole", "lambda:*", resource="*")),
        POWER,
    )
    made = found(*chain)
    assert methods(made) == [["assuming", "passing to: Lambda function"]]
    assert made.administrators == {ROOT_ROLE}
    assert [edge.target for edge in made.between(EVE, ROOT_ROLE) or ()] == [middle, ROOT_ROLE]
    assert [edge.target for edge in made.between(EVE, ADMINISTRATOR) or ()] == [middle, ROOT_ROLE]
    assert made.between(ROOT_ROLE, EVE) is None
    assert made.between(ROOT_ROLE, ADMINISTRATOR) == ()


def test_an_assumed_role_whose_policies_can_be_edited_is_a_way() -> None:
    target = IAM + "role/plain"
    eve = user(EVE, allow("iam:PutRolePolicy"))
    assert methods(found(eve, role(target, {"AWS": EVE}))) == [["edit of an assumed role's policies"]]


def test_the_change_that_closes_most_ways_comes_first() -> None:
    users = [user(f"{IAM}user/u{number}", allow("sts:AssumeRole")) for number in range(5)]
    made = found(*users, user(EVE, allow("iam:PutUserPolicy")), role(ROOT_ROLE, {"AWS": "111122223333"}, ALL))
    assert len(made.paths()) == 5 + 1
    best = made.cuts()[0]
    assert (best.change, best.saved) == (f"let {ROOT_ROLE} be assumed by no one else", 5)


def test_the_drawing_is_an_image_with_every_principal() -> None:
    made = found(user(EVE, allow("sts:AssumeRole")), role(ROOT_ROLE, {"AWS": "111122223333"}, ALL))
    tree = ElementTree.fromstring(svg(made.paths()))
    titles = {each.text for each in tree.iter("{http://www.w3.org/2000/svg}title")}
    assert titles == {EVE, ROOT_ROLE, "assuming: sts:AssumeRole"}
    assert svg({}).startswith("<svg")
    assert json.loads(json.dumps(named_paths(made.paths())))[0]["principal"] == EVE

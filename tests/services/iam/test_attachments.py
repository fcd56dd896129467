"""Attaching managed policies to users, groups and roles, and who has one, through the public door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.services.catalogue import APIS
from iamd.services.iam.roles import modifiable_role
from iamd.services.iam.users import existing_user
from tests.services.iam.documents import READ, TRUST, statement
from tests.services.iam.refusals import assert_refused

API = APIS["iam"]
AWS = "arn:aws:iam::aws:policy/"
READ_ONLY = AWS + "ReadOnlyAccess"
Users = Callable[..., Callable[[str], Any]]


@dataclass
class Holder:
    """The three operations on one identity."""

    iam: Any
    noun: str
    name: str

    def call(self, verb: str, **params: Any) -> Any:
        operation = f"list_attached_{self.noun}_policies" if verb == "list" else f"{verb}_{self.noun}_policy"
        return getattr(self.iam, operation)(**{f"{self.noun.capitalize()}Name": self.name}, **params)

    def attached(self, **params: Any) -> list[str]:
        return [policy["PolicyArn"] for policy in self.call("list", **params)["AttachedPolicies"]]


@pytest.fixture(params=["group", "role", "user"])
def holder(request: pytest.FixtureRequest, iam: Any) -> Holder:
    iam.create_user(UserName="Holly", Path="/team/")
    iam.create_group(GroupName="Holly", Path="/team/")
    iam.create_role(RoleName="Holly", Path="/team/", AssumeRolePolicyDocument=TRUST)
    return Holder(iam, request.param, "Holly")


def make(iam: Any, name: str, path: str = "/") -> str:
    arn: str = iam.create_policy(PolicyName=name, Path=path, PolicyDocument=READ)["Policy"]["Arn"]
    return arn


def test_policies_of_aws_and_of_the_account_are_attached_and_detached(holder: Holder) -> None:
    own = make(holder.iam, "own")
    for arn in (READ_ONLY, own, own):  # again: no error, no second attachment
        holder.call("attach", PolicyArn=arn)
    assert holder.call("list")["AttachedPolicies"] == [
        {"PolicyName": "own", "PolicyArn": own},
        {"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY},
    ]
    assert holder.iam.get_policy(PolicyArn=own)["Policy"]["AttachmentCount"] == 1
    holder.call("detach", PolicyArn=own)
    assert holder.attached() == [READ_ONLY]
    assert_refused(holder.call, "NoSuchEntity", f"Policy {own} was not found.", verb="detach", PolicyArn=own)


def test_the_list_is_narrowed_by_the_policys_path_and_comes_in_pages(holder: Holder) -> None:
    arns = [make(holder.iam, name, "/x/" + "y" * 300 + "/") for name in "abc"]
    for arn in (*arns, READ_ONLY):
        holder.call("attach", PolicyArn=arn)
    assert holder.attached(PathPrefix="/x/") == arns
    first = holder.call("list", MaxItems=2)
    rest = holder.call("list", Marker=first["Marker"])
    shown = [policy["PolicyArn"] for policy in first["AttachedPolicies"] + rest["AttachedPolicies"]]
    assert (shown, first["IsTruncated"], rest["IsTruncated"]) == ([*arns, READ_ONLY], True, False)


def test_what_cannot_be_attached(holder: Holder) -> None:
    for arn in (AWS + "Imagined", "arn:aws:iam::999999999999:policy/theirs", make(holder.iam, "own")[:-3] + "OWN"):
        message = f"Policy {arn} does not exist or is not attachable."
        assert_refused(holder.call, "NoSuchEntity", message, verb="attach", PolicyArn=arn)
    for verb in ("attach", "detach"):
        no_arn = {"verb": verb, "PolicyArn": "AdministratorAccess-is-no-arn"}
        assert_refused(holder.call, "ValidationError", "Invalid ARN:  Could not be parsed!", **no_arn)
        user = "arn:aws:iam::123456789012:user/Holly"
        assert_refused(holder.call, "InvalidInput", f"ARN {user} is not valid.", verb=verb, PolicyArn=user)
    for path in ("aws-service-role/AmazonECSServiceRolePolicy", "root-task/IAMAuditRootUserCredentials"):
        message = f"Cannot attach AWS reserved policy to an IAM {holder.noun}."
        assert_refused(holder.call, "PolicyNotAttachable", message, verb="attach", PolicyArn=AWS + path)
    assert holder.attached() == []


def test_unknown_holders(holder: Holder) -> None:
    holder.name = "nobody"
    message = f"The {holder.noun} with name nobody cannot be found."
    for verb in ("attach", "detach"):
        assert_refused(holder.call, "NoSuchEntity", message, verb=verb, PolicyArn=READ_ONLY)
    assert_refused(holder.call, "NoSuchEntity", message, verb="list")


def test_quotas_on_attachments(holder: Holder) -> None:
    limit = {"user": 10, "group": 10, "role": 20}[holder.noun]
    arns = [make(holder.iam, f"p{number:02d}") for number in range(limit + 1)]
    for arn in arns[:limit]:
        holder.call("attach", PolicyArn=arn)
    holder.call("attach", PolicyArn=arns[0])  # nothing new
    message = f"Cannot exceed quota for PoliciesPer{holder.noun.capitalize()}: {limit}"
    assert_refused(holder.call, "LimitExceeded", message, verb="attach", PolicyArn=arns[limit])


def test_denials_name_the_holder(holder: Holder, user: Users) -> None:
    holder.iam = user("bob")("iam")
    action = f"Attach{holder.noun.capitalize()}Policy"
    assert_refused(
        holder.call,
        "AccessDenied",
        f"User: arn:aws:iam::123456789012:user/bob is not authorized to perform: iam:{action} on resource: "
        f"{holder.noun} Holly because no identity-based policy allows the iam:{action} action",
        verb="attach",
        PolicyArn=READ_ONLY,
    )


def test_the_attached_policy_is_a_condition_key(holder: Holder, user: Users) -> None:
    only = {"ArnEquals": {"iam:PolicyARN": READ_ONLY}}
    noun = holder.noun.capitalize()
    holder.iam = user("bob", statement([f"iam:Attach{noun}Policy", f"iam:Detach{noun}Policy"], Condition=only))("iam")
    holder.call("attach", PolicyArn=READ_ONLY)
    holder.call("detach", PolicyArn=READ_ONLY)
    for verb in ("attach", "detach"):
        with pytest.raises(ClientError, match="AccessDenied"):
            holder.call(verb, PolicyArn=AWS + "AdministratorAccess")


def test_the_boundary_of_the_holder_is_a_condition_key(iam: Any, user: Users) -> None:
    boundary = make(iam, "boundary")
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    bob = user("bob", statement(["iam:AttachUserPolicy", "iam:AttachRolePolicy"], Condition=bounded))("iam")
    iam.create_user(UserName="bounded", PermissionsBoundary=boundary)
    iam.create_user(UserName="free")
    iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=boundary)
    bob.attach_user_policy(UserName="bounded", PolicyArn=READ_ONLY)
    bob.attach_role_policy(RoleName="bounded", PolicyArn=READ_ONLY)
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.attach_user_policy(UserName="free", PolicyArn=READ_ONLY)


def test_attached_policies_count_at_once_for_members_too(iam: Any, user: Users) -> None:
    bob = user("bob")("iam")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="bob")
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.list_users()
    iam.attach_group_policy(GroupName="g", PolicyArn=AWS + "IAMReadOnlyAccess")
    bob.list_users()
    iam.detach_group_policy(GroupName="g", PolicyArn=AWS + "IAMReadOnlyAccess")
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.list_users()


@pytest.mark.parametrize("operation", ["Attach{}Policy", "Detach{}Policy", "Put{}Policy", "Delete{}Policy"])
def test_only_services_change_the_policies_of_roles_linked_to_them(operation: str) -> None:
    assert API.operations[operation.format("Role")].resolver is modifiable_role
    assert API.operations[operation.format("User")].resolver is existing_user


def entities(answer: dict[str, Any]) -> list[str]:
    return [
        f"{kind.lower()} {entity[f'{kind}Name']}"
        for kind in ("Group", "Role", "User")
        for entity in answer[f"Policy{kind}s"]
    ]


@pytest.fixture
def shared(iam: Any) -> str:
    """The ARN of a policy that a group, two roles and two users have in different ways."""
    arn = make(iam, "shared")
    iam.create_group(GroupName="g")
    iam.create_user(UserName="u1", Path="/team/")
    iam.create_user(UserName="U2", PermissionsBoundary=arn)
    iam.create_role(RoleName="r1", AssumeRolePolicyDocument=TRUST)
    iam.create_role(RoleName="r2", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=arn)
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.attach_user_policy(UserName="u1", PolicyArn=arn)
    iam.attach_user_policy(UserName="U2", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r1", PolicyArn=arn)
    return arn


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["group g", "role r1", "role r2", "user u1", "user U2"]),
        ({"PolicyUsageFilter": "PermissionsPolicy"}, ["group g", "role r1", "user u1", "user U2"]),
        ({"PolicyUsageFilter": "PermissionsBoundary"}, ["role r2", "user U2"]),
        ({"EntityFilter": "Role"}, ["role r1", "role r2"]),
        ({"EntityFilter": "LocalManagedPolicy"}, []),
        ({"PathPrefix": "/team/"}, ["user u1"]),
    ],
)
def test_who_has_a_policy(iam: Any, shared: str, filters: dict[str, str], expected: list[str]) -> None:
    answer = iam.list_entities_for_policy(PolicyArn=shared, **filters)
    assert (entities(answer), answer["IsTruncated"]) == (expected, False)
    users = iam.list_entities_for_policy(PolicyArn=shared)["PolicyUsers"]
    assert users[0]["UserId"] == iam.get_user(UserName="u1")["User"]["UserId"]


def test_who_has_a_policy_comes_in_pages(iam: Any, shared: str) -> None:
    paginator = iam.get_paginator("list_entities_for_policy")
    pages = paginator.paginate(PolicyArn=shared, PaginationConfig={"PageSize": 2})
    assert [entities(page) for page in pages] == [["group g", "role r1"], ["role r2", "user u1"], ["user U2"]]


def test_who_has_an_unknown_policy(iam: Any, shared: str) -> None:
    message = f"Policy {shared}x was not found."
    assert_refused(iam.list_entities_for_policy, "NoSuchEntity", message, PolicyArn=shared + "x")
    assert entities(iam.list_entities_for_policy(PolicyArn=READ_ONLY)) == []

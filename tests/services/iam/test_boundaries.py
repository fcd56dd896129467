"""Permissions boundaries of users and roles through the public door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.iam.documents import READ, TRUST, document, statement
from tests.services.iam.refusals import assert_refused

AWS = "arn:aws:iam::aws:policy/"
READ_ONLY = AWS + "ReadOnlyAccess"
Users = Callable[..., Callable[[str], Any]]


@pytest.fixture
def own(iam: Any) -> str:
    """The ARN of a policy of the account."""
    arn: str = iam.create_policy(PolicyName="own", PolicyDocument=READ)["Policy"]["Arn"]
    return arn


class Bounded:
    """Putting, deleting and showing the boundary of a user or a role."""

    def __init__(self, iam: Any, noun: str) -> None:
        self.noun = noun
        self.name = {f"{noun.capitalize()}Name": "Bo"}
        self.put = getattr(iam, f"put_{noun}_permissions_boundary")
        self.delete = getattr(iam, f"delete_{noun}_permissions_boundary")
        self.get = getattr(iam, f"get_{noun}")

    def boundary(self) -> dict[str, str] | None:
        boundary: dict[str, str] | None = self.get(**self.name)[self.noun.capitalize()].get("PermissionsBoundary")
        return boundary


@pytest.fixture(params=["user", "role"])
def bounded(request: pytest.FixtureRequest, iam: Any) -> Bounded:
    iam.create_user(UserName="Bo")
    iam.create_role(RoleName="Bo", AssumeRolePolicyDocument=TRUST)
    return Bounded(iam, request.param)


def test_a_boundary_is_set_replaced_and_removed(bounded: Bounded, own: str) -> None:
    assert bounded.boundary() is None
    for arn in (own, READ_ONLY):
        bounded.put(PermissionsBoundary=arn, **bounded.name)
        assert bounded.boundary() == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    bounded.delete(**bounded.name)
    assert bounded.boundary() is None
    bounded.delete(**bounded.name)  # nothing to remove, nothing to refuse


def test_what_cannot_be_a_boundary(bounded: Bounded, own: str) -> None:
    message = f"Scope ARN: {own}x does not exist or is not attachable."
    assert_refused(bounded.put, "NoSuchEntity", message, PermissionsBoundary=own + "x", **bounded.name)
    message = "Invalid ARN:  Could not be parsed!"
    assert_refused(
        bounded.put, "ValidationError", message, PermissionsBoundary="not-an-arn-but-long-enough", **bounded.name
    )
    message = f"Cannot attach AWS reserved policy to an IAM {bounded.noun}."
    reserved = AWS + "aws-service-role/AmazonECSServiceRolePolicy"
    assert_refused(bounded.put, "PolicyNotAttachable", message, PermissionsBoundary=reserved, **bounded.name)
    assert bounded.boundary() is None


def test_unknown_users_and_roles(bounded: Bounded) -> None:
    name = dict.fromkeys(bounded.name, "nobody")
    message = f"The {bounded.noun} with name nobody cannot be found."
    assert_refused(bounded.put, "NoSuchEntity", message, PermissionsBoundary=READ_ONLY, **name)
    assert_refused(bounded.delete, "NoSuchEntity", message, **name)


def test_a_boundary_limits_at_once_and_its_removal_frees(iam: Any, user: Users, own: str) -> None:
    bob = user("bob", statement("iam:ListUsers"))("iam")
    bob.list_users()
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=own)
    assert_refused(
        bob.list_users,
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: iam:ListUsers on resource: "
        "arn:aws:iam::123456789012:user/ because no permissions boundary allows the iam:ListUsers action",
    )
    iam.create_policy_version(PolicyArn=own, PolicyDocument=document(statement("iam:List*")), SetAsDefault=True)
    bob.list_users()
    iam.set_default_policy_version(PolicyArn=own, VersionId="v1")
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.list_users()
    iam.delete_user_permissions_boundary(UserName="bob")
    bob.list_users()


def test_the_boundary_given_is_the_condition_key_of_put(bounded: Bounded, user: Users, own: str) -> None:
    only = {"StringEquals": {"iam:PermissionsBoundary": own}}
    bounded.put(PermissionsBoundary=READ_ONLY, **bounded.name)
    bob = Bounded(
        user("bob", statement(f"iam:Put{bounded.noun.capitalize()}PermissionsBoundary", Condition=only))("iam"),
        bounded.noun,
    )
    bob.put(PermissionsBoundary=own, **bounded.name)
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.put(PermissionsBoundary=READ_ONLY, **bounded.name)


def test_the_boundary_that_is_there_is_the_condition_key_of_delete(bounded: Bounded, user: Users, own: str) -> None:
    keep = {"StringEquals": {"iam:PermissionsBoundary": own}}
    action = f"iam:Delete{bounded.noun.capitalize()}PermissionsBoundary"
    statements = statement(action), statement(action, effect="Deny", Condition=keep)
    bob = Bounded(user("bob", *statements)("iam"), bounded.noun)
    bounded.put(PermissionsBoundary=own, **bounded.name)
    assert_refused(
        bob.delete,
        "AccessDenied",
        f"User: arn:aws:iam::123456789012:user/bob is not authorized to perform: {action} on resource: "
        f"{bounded.noun} Bo with an explicit deny in an identity-based policy",
        **bounded.name,
    )
    bounded.put(PermissionsBoundary=READ_ONLY, **bounded.name)
    bob.delete(**bounded.name)
    assert bounded.boundary() is None

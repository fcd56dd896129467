"""Account properties through the public door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.live import ACCOUNT
from tests.services.iam.documents import TRUST, statement
from tests.services.iam.refusals import assert_refused
from tests.services.iam.support import denied, let, refused

Users = Callable[..., Callable[[str], Any]]
ENABLED = "RoleManager/Enabled"
LINKED = "AWSServiceRoleForIAMRoleManager"
ARN = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/role-manager.iam.amazonaws.com/{LINKED}"


def put(client: Any, **properties: str) -> None:
    client.put_account_properties(Properties={ENABLED: "true", **properties})


def shown(iam: Any) -> dict[str, str]:
    properties: dict[str, str] = iam.get_account_properties()["Properties"]
    return properties


def test_the_role_manager_is_switched_on_and_off(iam: Any) -> None:
    assert shown(iam) == {ENABLED: "false"}
    put(iam, **{"RoleManager/Unknown": "accepted and forgotten"})
    assert shown(iam) == {ENABLED: "true"}
    role = iam.get_role(RoleName=LINKED)["Role"]
    assert role["Arn"] == ARN
    put(iam)
    iam.put_account_properties(Properties={ENABLED: "false"})
    assert shown(iam) == {ENABLED: "false"}
    assert iam.get_role(RoleName=LINKED)["Role"] == role


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"RoleManager": "true"}, "Property key must be in format Namespace/PropertyName: RoleManager"),
        ({"Probe/Enabled": "true"}, "Unsupported namespace: Probe"),
        ({"RoleManager/Enabled/a": "true"}, "RoleManager namespace requires Enabled property"),
        ({"RoleManager/Unknown": "true"}, "RoleManager namespace requires Enabled property"),
        ({ENABLED: "True"}, "Enabled must be 'true' or 'false'"),
        ({ENABLED: " false"}, "Enabled must be 'true' or 'false'"),
        ({ENABLED: "0"}, "Enabled must be 'true' or 'false'"),
        ({ENABLED: "true", "Probe/Enabled": "a"}, "All properties must belong to the same namespace"),
    ],
)
def test_what_cannot_be_set(iam: Any, properties: dict[str, str], message: str) -> None:
    assert_refused(iam.put_account_properties, "InvalidInput", message, Properties=properties)
    assert shown(iam) == {ENABLED: "false"}


def test_an_ordinary_role_of_that_name_is_in_the_way(iam: Any) -> None:
    iam.create_role(RoleName=LINKED, AssumeRolePolicyDocument=TRUST)
    assert refused(iam.put_account_properties, Properties={ENABLED: "true"})[0] == "InvalidInput"
    assert shown(iam) == {ENABLED: "false"}


def test_enabling_takes_the_permission_to_link_the_role(iam: Any, user: Users) -> None:
    own = {"ForAllValues:StringEquals": {"iam:AccountPropertyNamespaces": "RoleManager"}}
    properties = statement("iam:*AccountProperties", Condition=own)
    bob = user("bob", properties)("iam")
    refusal = denied(f"arn:aws:iam::{ACCOUNT}:user/bob", "CreateServiceLinkedRole", ARN)
    assert_refused(bob.put_account_properties, *refusal, Properties={ENABLED: "true"})
    assert shown(bob) == {ENABLED: "false"}
    bob.put_account_properties(Properties={ENABLED: "false"})
    link = statement(
        "iam:CreateServiceLinkedRole",
        ARN,
        Condition={"StringEquals": {"iam:AWSServiceName": "role-manager.iam.amazonaws.com"}},
    )
    let(iam, "bob", properties, link)
    iam.delete_user_policy(UserName="bob", PolicyName="own")
    put(bob)
    let(iam, "bob", properties)
    assert_refused(bob.put_account_properties, *refusal, Properties={ENABLED: "true"})  # also when the role is there
    code, _ = refused(bob.put_account_properties, Properties={"Probe/Enabled": "true"})
    assert code == "AccessDenied"

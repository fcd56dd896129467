"""What the role of a deployment pipeline may and may not do, asked of iamd instead of an account of AWS."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUST = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
DEPLOY = {"Effect": "Allow", "Action": ["iam:CreateRole", "iam:TagRole"], "Resource": "arn:aws:iam::*:role/apps/*"}

Aws = Callable[..., Any]


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@pytest.fixture
def deployer(aws: Aws) -> Any:
    """A client with the credentials of the pipeline's role, which the user `ci` takes."""
    iam = aws("iam")
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document(TRUST))
    iam.put_role_policy(RoleName="deployer", PolicyName="deploy", PolicyDocument=document(DEPLOY))
    iam.create_user(UserName="ci")
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/deployer"}
    iam.put_user_policy(UserName="ci", PolicyName="assume", PolicyDocument=document(may))
    sts = aws("sts", **iam.create_access_key(UserName="ci")["AccessKey"])
    session = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/deployer", RoleSessionName="run-1")
    return aws("iam", **session["Credentials"])


def test_it_makes_roles_for_apps(deployer: Any) -> None:
    made = deployer.create_role(Path="/apps/", RoleName="web", AssumeRolePolicyDocument=document(TRUST))
    assert made["Role"]["Arn"] == "arn:aws:iam::111122223333:role/apps/web"


def test_it_makes_no_others(deployer: Any) -> None:
    with pytest.raises(ClientError, match="is not authorized to perform: iam:CreateRole") as refused:
        deployer.create_role(RoleName="admin", AssumeRolePolicyDocument=document(TRUST))
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_every_test_begins_with_an_empty_account(aws: Aws) -> None:
    assert aws("iam").list_roles()["Roles"] == []

"""Trust policies and role sessions that the tests of IAM and STS share."""

from __future__ import annotations

import json
from typing import Any

from tests.live import ACCOUNT

EC2 = {"Service": "ec2.amazonaws.com"}


def trust(principal: Any, action: str | list[str] = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy of one statement."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trusting(*arns: str, **condition: Any) -> str:
    """A trust policy by which those may assume the role, tag the session and set its source identity."""
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    return trust({"AWS": list(arns)}, actions, **({"Condition": condition} if condition else {}))


def user_arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:user/{name}"


def role_arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def make_role(iam: Any, name: str, policy: str, **more: Any) -> str:
    """Make a role; returns its ARN."""
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy, **more)["Role"]["Arn"]
    return arn


def permit(iam: Any, role: str, *actions: str, resource: str = "*") -> None:
    """Give a role an inline policy that allows the actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=role, PolicyName="permitted", PolicyDocument=document)

"""What tests of IAM's operations share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.iam.documents import document


def refused(operation: Callable[..., Any], /, **params: Any) -> tuple[str, str]:
    """Code and message of the refusal that the call must get."""
    with pytest.raises(ClientError) as refusal:
        operation(**params)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


def let(iam: Any, user: str, *statements: dict[str, Any]) -> None:
    """Give a user an inline policy of those statements, in place of the last one."""
    iam.put_user_policy(UserName=user, PolicyName="let", PolicyDocument=document(*statements))


def denied(user_arn: str, action: str, resource: str) -> tuple[str, str]:
    """What a user is told when none of its policies allows an IAM action."""
    said = f"User: {user_arn} is not authorized to perform: iam:{action} on resource: {resource}"
    return "AccessDenied", f"{said} because no identity-based policy allows the iam:{action} action"

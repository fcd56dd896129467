"""What tests of IAM's operations share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.iam.documents import document

_NUMBERED = re.compile(
    r"\. For complete details, call the GetRequestAuthorizationDetails API with the following authorization id: "
    r"([a-z0-9]{25})$"
)


def refused(operation: Callable[..., Any], /, **params: Any) -> tuple[str, str]:
    """Code and message of the refusal that the call must get, without the authorization id of a denial."""
    code, message = _refused(operation, **params)
    return code, _NUMBERED.sub("", message)


def authorization_id(operation: Callable[..., Any], /, **params: Any) -> str:
    """The authorization id of the denial that the call must get."""
    code, message = _refused(operation, **params)
    numbered = _NUMBERED.search(message)
    assert code == "AccessDenied", code
    assert numbered, message
    return numbered[1]


def _refused(operation: Callable[..., Any], /, **params: Any) -> tuple[str, str]:
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

"""Short forms of policies, and of calls that are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def allow(actions: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    """A statement that allows; `condition` by operator."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def deny(actions: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    """A statement that denies."""
    return {**allow(actions, resource, **condition), "Effect": "Deny"}


def to(principal: Any, statement: dict[str, Any]) -> dict[str, Any]:
    """The statement of a resource's policy; `principal` is an ARN or account, or anything else as it is."""
    return {**statement, "Principal": {"AWS": principal} if isinstance(principal, str) else principal}


def document(*statements: dict[str, Any]) -> str:
    """A policy of those statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def refused(call: Callable[..., Any], *codes: str, **params: Any) -> str:
    """The message of a call that is refused with one of those codes."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    assert error["Code"] in (codes or ("AccessDenied", "AccessDeniedException"))
    return str(error["Message"])

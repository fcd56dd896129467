"""Policies as upstreams keep them."""

from __future__ import annotations

import json
from typing import Any

from iamd.policy import Kind, load
from iamd.wire.errors import AccessDenied


def as_policy(value: Any, resource: str) -> str | None:
    """A policy as the engine takes it; None for one without statements. Raises AccessDenied for one that makes no sense:
    it may have denied."""
    if value is None or value == "":
        return None
    try:
        return _usable(str(value), resource)
    except (ValueError, RecursionError) as error:
        raise AccessDenied(
            f"The policy of {resource}, as the upstream has it, cannot be understood ({error}): mend it there."
        ) from None


def _usable(text: str, resource: str) -> str | None:
    document = json.loads(text)
    if isinstance(document, dict):
        statements = document.get("Statement")
        if not statements:
            return None
        for statement in statements if isinstance(statements, list) else [statements]:
            if isinstance(statement, dict):
                _complete(statement, resource)
        text = json.dumps(document)
    load(text, Kind.RESOURCE)
    return text


def _complete(statement: dict[str, Any], resource: str) -> None:
    """Say what a service understands without being told: the resource is its own (policies of repositories name none),
    and an account may stand for itself (moto keeps the principal of Lambda's AddPermission as it was given)."""
    principal = statement.get("Principal")
    if isinstance(principal, str) and principal != "*":
        statement["Principal"] = {"AWS": principal}
    if "Resource" not in statement and "NotResource" not in statement:
        statement["Resource"] = resource

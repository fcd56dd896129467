"""Permissions boundaries of users and roles."""

from __future__ import annotations

from typing import Any

from iamd.guard.gather import managed_document
from iamd.services.call import Call
from iamd.wire.errors import NoSuchEntity, ValidationError


def boundary_policy(call: Call, arn: str | None) -> str | None:
    """The ARN of a managed policy that is to be a boundary. Raises NoSuchEntity, ValidationError."""
    if arn is None:
        return None
    if arn.count(":") < 5 or not arn.startswith("arn:"):
        raise ValidationError("Invalid ARN:  Could not be parsed!")
    if managed_document(arn, call.records) is None:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")
    return arn


def boundary_view(arn: str | None) -> dict[str, Any]:
    """The `PermissionsBoundary` member: absent when there is none."""
    if arn is None:
        return {}
    return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}}

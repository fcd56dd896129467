"""A permissions boundary as input and as output, for everything that users and roles have in common."""

from __future__ import annotations

from typing import Any

from iamd.services.call import Call
from iamd.services.iam.policies import attachable


def boundary_policy(call: Call, arn: str | None) -> str | None:
    """The ARN of a managed policy that is to be the boundary of the user or role that the operation is about.

    Raises NoSuchEntity, PolicyNotAttachable, ValidationError, InvalidInput.
    """
    if arn is None:
        return None
    return attachable(call.records, arn, "role" if "Role" in call.operation.name else "user", "Scope ARN:")


def boundary_view(arn: str | None) -> dict[str, Any]:
    """The `PermissionsBoundary` member: absent when there is none."""
    return {} if arn is None else {"PermissionsBoundary": boundary_member(arn)}


def boundary_member(arn: str | None) -> dict[str, str] | None:
    """What the `PermissionsBoundary` member is; None when there is none."""
    return None if arn is None else {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}

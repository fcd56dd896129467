"""A policy that a template or plan holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iamd.policy import Kind


@dataclass(frozen=True, slots=True)
class Found:
    """A policy by its resource's name; `resource_type` is CloudFormation's of what it guards."""

    name: str
    kind: Kind
    policy: Any
    resource_type: str | None = None
    before: Any = None


TRUST = "AWS::IAM::AssumeRolePolicyDocument"
CONTROL = {"SERVICE_CONTROL_POLICY": Kind.SCP, "RESOURCE_CONTROL_POLICY": Kind.RCP}

"""What there may be of each thing. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html

Accounts: AWS begins with 10 and raises the quota on request, up to this; there is nobody here to ask.
"""

from __future__ import annotations

from datetime import timedelta

from iamd.wire.organizations_errors import ConstraintViolationException

ACCOUNTS = 50_000
UNITS = 2_000
UNIT_DEPTH = 5
CLOSURES_AT_LEAST, CLOSURES_AT_MOST = 250, 1_000  # in 30 days; in between, a fifth of the accounts
CLOSURE_PERIOD = timedelta(days=30)
MINIMUM_AGE = timedelta(days=4)  # of a created account that is removed

OTHER_POLICIES = 1_000
POLICIES = {"SERVICE_CONTROL_POLICY": 10_000, "RESOURCE_CONTROL_POLICY": 2_000}

OTHER_SIZE = 10_000
SIZES = {
    "SERVICE_CONTROL_POLICY": 10_240,
    "RESOURCE_CONTROL_POLICY": 5_120,
    "AISERVICES_OPT_OUT_POLICY": 2_500,
    "UPGRADE_ROLLOUT_POLICY": 5_120,
}
"""Characters of a policy's content."""

OTHER_ATTACHED = 10
ATTACHED = {"RESOURCE_CONTROL_POLICY": 5, "AISERVICES_OPT_OUT_POLICY": 5, "CHATBOT_POLICY": 5}
"""Policies of a type attached to one target, AWS's own included."""


def check(count: int, limit: int, reason: str, message: str) -> None:
    """Refuse one more when there are so many. Raises ConstraintViolationException."""
    if count >= limit:
        raise ConstraintViolationException(message, reason)

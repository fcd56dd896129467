"""What there may be of each thing. https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"""

from __future__ import annotations

from iamd.wire.identity_errors import ServiceQuotaExceededException

PERMISSION_SETS = 3_500
SETS_PER_ACCOUNT = 500
POLICIES_PER_SET = 25  # of AWS and of accounts together
INLINE_CHARACTERS = 10_240  # white space not counted
GROUPS_PER_SET_AND_ACCOUNT = 100
REGIONS = 6
ACCESS_CONTROL_ATTRIBUTES = 50
APPLICATIONS = 500
TOKEN_ISSUERS = 10
REQUESTS_KEPT = 1_000  # of each kind


def check(count: int, limit: int, noun: str) -> None:
    """Refuse one more when there are so many. Raises ServiceQuotaExceededException."""
    if count >= limit:
        raise ServiceQuotaExceededException(f"You have reached the quota of {limit} {noun}.")

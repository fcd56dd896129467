"""What there may be of each thing. https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"""

from __future__ import annotations

from iamd.services.call import Call
from iamd.services.identitystore.stores import told
from iamd.wire.identity_errors import ServiceQuotaExceededException

USERS = 200_000
GROUPS = 100_000
GROUPS_OF_A_USER = 1_000


def check(call: Call, count: int, limit: int, noun: str) -> None:
    """Refuse one more when there are so many. Raises ServiceQuotaExceededException."""
    if count >= limit:
        raise told(ServiceQuotaExceededException(f"The identity store has reached its quota of {limit} {noun}."), call)

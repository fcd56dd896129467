"""What this server knows of resources of other services, beyond their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Known(NamedTuple):
    """A resource's account, and its own policy if it has one."""

    account_id: str
    policy: str | None


class Asked(NamedTuple):
    """A resource, by its ARN, to be looked at for an account."""

    arn: str
    account_id: str


class Unread(Exception):
    """What is asked about must be read first."""


class KnownResources(Protocol):
    """Looks at resources where they are."""

    def known(self, asked: Asked, region: str) -> Known | None:
        """What is known without asking anybody; None of what nobody here could tell. Raises Unread."""

    async def read(self, asked: Sequence[Asked], region: str) -> None:
        """Find out about these, so that they are `known`. Raises ServiceUnavailable for what cannot be looked at."""

"""What this server knows of resources of other services, beyond their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol


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


class Configured(NamedTuple):
    """A resource with what says who gets in: `kind` and `configuration` (JSON) as in Access Analyzer's `Configuration`,
    of which `kind` is a member, or as `services/accessanalyzer/resource_kinds.py` has it."""

    arn: str
    kind: str
    configuration: Mapping[str, Any]


class Listed(NamedTuple):
    """The resources that there are, and what cannot be told now: kinds of resources, or the ARNs of single ones."""

    resources: Sequence[Configured]
    unread: frozenset[str] = frozenset()


class Inventory(Protocol):
    """Knows which resources of other services an account has."""

    async def of(self, account_id: str, region: str) -> Listed:
        """The account's resources in a region."""

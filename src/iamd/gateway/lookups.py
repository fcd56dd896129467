"""What mappings may have looked up."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol


class Lookups(Protocol):
    """Who looks up, for an account."""

    def lookup(
        self,
        service: str,
        region: str,
        account_id: str,
        operation: str,
        parameters: Mapping[str, Any],
        about: str | None,
    ) -> Awaitable[Mapping[str, Any]]:
        """Ask the upstream of a service: an operation with parameters, and the ARN of what it is about if an answer may
        be kept for a while -> answer. Raises NotThere, NotKnown, ServiceUnavailable."""

    def role_of_profile(self, account_id: str, name: str) -> str | None:
        """The ARN of the role of an instance profile of the account, by the profile's name. Raises Cold when the account
        is not in memory."""

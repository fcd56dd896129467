"""One request of an identity provider, understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.services.sso_admin.center import Center
from iamd.store.image import Records


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a store; `by` is who is noted with what changes."""

    center: Center
    now: datetime
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def records(self) -> Records:
        return self.center.records

    @property
    def issuer(self) -> str:
        """Whose external ids those of SCIM are."""
        return f"https://scim.aws.com/{self.center.instance.store_id}"

    @property
    def by(self) -> str:
        return "identitystore-scim.amazonaws.com"

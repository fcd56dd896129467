"""What has to be looked up before it can be told what a request needs."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from iamd.gateway.facts.facts import Facts
from iamd.gateway.facts.questions import Place
from iamd.services.call import Realm


class Asker:
    """See `lookups.Lookups`: looks at upstreams, and into the records of accounts."""

    def __init__(self, realm: Realm, facts: Facts) -> None:
        self._realm = realm
        self._facts = facts

    def lookup(
        self,
        service: str,
        region: str,
        account_id: str,
        operation: str,
        parameters: Mapping[str, Any],
        about: str | None,
    ) -> Awaitable[Mapping[str, Any]]:
        return self._facts.ask(service, operation, parameters, Place(region, account_id), about)

    def role_of_profile(self, account_id: str, name: str) -> str | None:
        records = self._realm.records(account_id)
        profile = None if records is None else records.profiles.named(name)
        role = records.roles.get(profile.role_id) if records and profile and profile.role_id else None
        return None if role is None else role.arn

"""The resources whose policies have been imported with an account (`iamd import --resource-policies`)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from iamd.policy.arns import account_of
from iamd.services.accessanalyzer.resource_kinds import with_policy
from iamd.services.known_resources import Inventory, Listed

IMPORTED = "surroundings"  # the folder of the data directory, a file an account


def imported(data_dir: Path) -> tuple[Inventory, ...]:
    """Who knows what has been imported into a data directory."""
    return (ImportedResources(data_dir / IMPORTED),)


class ImportedResources:
    """Reads the file of an account whenever it is asked for: another process may have written it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def of(self, account_id: str, region: str) -> Listed:
        """As `Inventory.of`; resources count in every region."""
        return await asyncio.to_thread(self._read, account_id)

    def _read(self, account_id: str) -> Listed:
        try:
            found = json.loads((self._folder / f"{account_id}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Listed(())
        policies = found.get("resourcePolicies", {})
        return Listed(
            [with_policy(arn, each) for arn, each in policies.items() if account_of(arn) in (None, account_id)]
        )

"""Where a policy is to hold: regions, and the lists of those where something is enabled and disabled."""

from __future__ import annotations

from iamd.reference import regions
from iamd.services.organizations.syntax.grammar import Values


def region(name: str) -> bool:
    """Whether there is such a region, in any partition."""
    return any(name in names for names in regions.by_partition().values())


def _some(name: str) -> bool:
    return name == "ALL_SUPPORTED" or region(name)


LISTS = {"enable_in_regions": Values(_some), "disable_in_regions": Values(_some)}
"""Both may be empty; where something is in both, it is disabled."""
BOTH = frozenset(LISTS)

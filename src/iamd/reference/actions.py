"""Actions by name."""

from collections.abc import Iterable

from iamd.reference import services
from iamd.reference.services import Action


def find(service: str, name: str) -> Action | None:
    """Return an action by its service's prefix and its name, whatever their case; None when AWS has none."""
    found = services.get(service)
    return found.actions.get(name.lower()) if found else None


def names(prefixes: Iterable[str] | None = None) -> dict[str, bool]:
    """Every action (`s3:GetObject`) of those services, or of all, and whether it works on resources."""
    found = (services.get(prefix) for prefix in prefixes or services.prefixes())
    return {
        f"{service.prefix}:{action.name}": bool(action.resource_types)
        for service in found
        if service is not None
        for action in service.actions.values()
    }

"""Actions by name."""

from iamd.reference import services
from iamd.reference.services import Action


def find(service: str, name: str) -> Action | None:
    """Return an action by its service's prefix and its name, whatever their case; None when AWS has none."""
    found = services.get(service)
    return found.actions.get(name.lower()) if found else None

"""Service-linked roles: which role each service has, and the one policy that AWS attaches to it.

AWS publishes no list of them: `linked_roles.csv` was put together from live AWS and from the services' user guides.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from iamd.reference import managed

_FILE = Path(__file__).with_suffix(".csv")


@dataclass(frozen=True, slots=True)
class LinkedRole:
    """What AWS makes when a service's role is asked for; `suffix` tells whether there may be several of it."""

    service: str
    name: str
    policy: str
    suffix: bool

    @property
    def path(self) -> str:
        return f"{managed.SERVICE_LINKED_PATH}{self.service}/"

    @property
    def policy_arn(self) -> str:
        return f"{managed.PREFIX}{managed.SERVICE_LINKED_PATH}{self.policy}"


def get(service: str) -> LinkedRole | None:
    """Return the role of the service with that principal; None when AWS has none. Case matters, as in AWS."""
    return _roles().get(service)


def all() -> tuple[LinkedRole, ...]:
    """Return every role, by service."""
    return tuple(_roles().values())


@cache
def _roles() -> Mapping[str, LinkedRole]:
    with _FILE.open(newline="") as file:
        rows = csv.DictReader(file)
        return {
            row["service"]: LinkedRole(row["service"], row["role"], row["policy"], row["suffix"] == "yes")
            for row in rows
        }

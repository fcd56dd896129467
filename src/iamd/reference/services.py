"""The service authorization reference, a service at a time, and the services that this server adds to AWS's."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from iamd.reference.entries import Action, ActionResource, ConditionKey, ResourceType, Service
from iamd.reference.own import OWN
from iamd.reference.pack import DATA, Pack

__all__ = [
    "Action",
    "ActionResource",
    "ConditionKey",
    "ResourceType",
    "Service",
    "any_registered",
    "get",
    "is_of_aws",
    "name",
    "prefixes",
    "register",
    "registered",
]


_custom: dict[str, Service] = {}


def register(found: Iterable[Service]) -> None:
    """Know these services, too, in place of those registered before. Done once, before anything is asked about them.

    Raises ValueError for the prefix of a service of AWS.
    """
    added = {service.prefix: service for service in found}
    taken = [prefix for prefix in added if is_of_aws(prefix)]
    if taken:
        raise ValueError(f"`{taken[0]}` is a service of AWS")
    _custom.clear()
    _custom.update(added)


def any_registered() -> bool:
    """Whether this server adds services to AWS's."""
    return bool(_custom)


def registered(prefix: str) -> Service | None:
    """Return the service with this prefix (lower case) that was registered; None for AWS's."""
    return _custom.get(prefix)


def is_of_aws(prefix: str) -> bool:
    """Whether AWS, or iamd itself, has a service with this prefix (lower case)."""
    return prefix in _pack() or prefix in OWN


def prefixes() -> tuple[str, ...]:
    """Return every service prefix of AWS and those registered, in lower case and sorted."""
    return tuple(sorted((*_pack(), *_custom))) if _custom else tuple(_pack())


def name(prefix: str) -> str:
    """Return the name of the service with this prefix (lower case), without reading the rest; KeyError for none."""
    return _custom[prefix].name if prefix in _custom else str(_pack().summary(prefix)[0])


def get(prefix: str) -> Service | None:
    """Return the service with this prefix, whatever its case; None when there is none."""
    folded = prefix.lower()
    return _read(folded) if folded in _pack() else _custom.get(folded) or OWN.get(folded)


@cache
def _read(prefix: str) -> Service:
    name, resource_control = _pack().summary(prefix)
    actions, resource_types, condition_keys = _pack().body(prefix)
    return Service(
        prefix=prefix,
        name=name,
        resource_control=resource_control,
        actions={row[0].lower(): _action(prefix, row) for row in actions},
        resource_types={key.lower(): ResourceType(key, arn, tuple(keys)) for key, arn, keys in resource_types},
        condition_keys={row[0].lower(): _condition_key(*row) for row in condition_keys},
    )


def _action(prefix: str, row: list[Any]) -> Action:
    name, level, description, resources, keys, dependents, link = row
    return Action(
        service=prefix,
        name=name,
        access_level=level,
        description=description,
        resource_types=tuple(ActionResource(type_, required, tuple(own)) for type_, required, own in resources),
        condition_keys=tuple(keys),
        dependent_actions=tuple(dependents),
        link=link,
    )


def _condition_key(name: str, kind: str, description: str) -> ConditionKey:
    single = kind.removeprefix("ArrayOf")
    return ConditionKey(name, single, multivalued=single != kind, description=description)


@cache
def _pack() -> Pack:
    return Pack(DATA / "services.pack")

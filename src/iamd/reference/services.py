"""The service authorization reference, a service at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from iamd.reference.pack import DATA, Pack


@dataclass(frozen=True, slots=True)
class ActionResource:
    """A resource type that an action works on; `required` when the action cannot do without one."""

    name: str
    required: bool
    condition_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `access_level` is `List`, `Read`, `Write`, `Tagging` or `Permissions management`.

    Without resource types only `"Resource": "*"` matches. `condition_keys` hold for every resource.
    `dependent_actions` (`service:Action`) are what the caller needs besides. `link` may be empty.
    """

    service: str
    name: str
    access_level: str
    description: str
    resource_types: tuple[ActionResource, ...]
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type: ARN template with `${...}` variables and the condition keys of its resources."""

    name: str
    arn: str
    condition_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A condition key as AWS spells it; `type` is `String`, `ARN`, `Bool`, `Numeric`, `Date` or `IPAddress`.

    A name may hold `${...}`, which stands for a tag key or the like. The value of a `sensitive` key
    should hold neither wildcards nor variables.
    """

    name: str
    type: str
    multivalued: bool
    description: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A service by its prefix. The mappings have folded (lower-case) keys.

    `resource_control` tells whether resource control policies act on it.
    """

    prefix: str
    name: str
    resource_control: bool
    actions: Mapping[str, Action]
    resource_types: Mapping[str, ResourceType]
    condition_keys: Mapping[str, ConditionKey]


def prefixes() -> tuple[str, ...]:
    """Return every service prefix, in lower case and sorted."""
    return tuple(_pack())


def name(prefix: str) -> str:
    """Return the name of the service with this prefix (lower case), without reading the rest; KeyError for none."""
    return str(_pack().summary(prefix)[0])


def get(prefix: str) -> Service | None:
    """Return the service with this prefix, whatever its case; None when AWS has none."""
    folded = prefix.lower()
    return _read(folded) if folded in _pack() else None


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

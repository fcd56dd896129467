"""What the service authorization reference holds: services with their actions, types of resources and condition keys."""

from collections.abc import Mapping
from dataclasses import dataclass


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

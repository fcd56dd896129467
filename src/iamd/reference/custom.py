"""Services of one's own, from a YAML file: prefix, actions, types of resources and condition keys.

Registered (`services.register`), they are known wherever AWS's are: in checks of policies, the simulator, last access,
`iamd can` and the authorization API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from iamd.reference import condition_keys, services
from iamd.reference.entries import Action, ActionResource, ConditionKey, ResourceType, Service

LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")
KEY_TYPES = ("String", "ARN", "Bool", "Numeric", "Date", "IPAddress")

_PREFIX = re.compile(r"[a-z][a-z0-9-]{1,62}").fullmatch
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,127}", re.ASCII).fullmatch
_MULTIVALUED = "ArrayOf"


class BadServices(ValueError):
    """The file describes no services; the message tells where and why."""


def read(text: str) -> tuple[Service, ...]:
    """The services of a file's text; raises BadServices."""
    try:
        found = yaml.load(text, _Loader)  # noqa: S506  # a safe loader
    except (yaml.YAMLError, RecursionError) as error:
        raise BadServices(f"is not YAML: {error}") from None
    listed = _table(found, "the file", {"services"}).get("services")
    if not isinstance(listed, list) or not listed:
        raise BadServices("must have a list `services`")
    made = tuple(_service(each, f"services[{at}]") for at, each in enumerate(listed))
    if len({service.prefix for service in made}) != len(made):
        raise BadServices("has a prefix twice")
    return made


class _Loader(yaml.SafeLoader):
    """Refuses names that are there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        if len(set(names)) != len(names):
            raise yaml.constructor.ConstructorError(None, None, "a name is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _service(found: Any, where: str) -> Service:
    table = _table(found, where, {"prefix", "name", "actions", "resources", "keys"})
    prefix = table.get("prefix")
    if not isinstance(prefix, str) or not _PREFIX(prefix):
        raise BadServices(f"{where}.prefix must be of lower-case letters, digits and dashes")
    if services.is_of_aws(prefix):
        raise BadServices(f"{where}.prefix `{prefix}` is AWS's")
    keys = {
        name.lower(): _key(prefix, name, kind, f"{where}.keys")
        for name, kind in _table(table.get("keys") or {}, f"{where}.keys").items()
    }
    types = {
        name.lower(): _resource(prefix, name, each, keys, f"{where}.resources.{name}")
        for name, each in _table(table.get("resources") or {}, f"{where}.resources").items()
    }
    actions = {
        name.lower(): _action(prefix, name, each, types, keys, f"{where}.actions.{name}")
        for name, each in _table(table.get("actions") or {}, f"{where}.actions").items()
    }
    if not actions:
        raise BadServices(f"{where}.actions must name at least one action")
    return Service(prefix, _text(table.get("name", prefix), f"{where}.name"), False, actions, types, keys)


def _key(prefix: str, name: str, kind: Any, where: str) -> ConditionKey:
    if not name.lower().startswith(f"{prefix}:") or not name.partition(":")[2]:
        raise BadServices(f"{where}: `{name}` must begin with `{prefix}:`")
    single = kind.removeprefix(_MULTIVALUED) if isinstance(kind, str) else ""
    if single not in KEY_TYPES:
        raise BadServices(f"{where}.{name} must be one of {', '.join(KEY_TYPES)}, or ArrayOf and one of them")
    return ConditionKey(name, single, multivalued=single != kind)


def _resource(prefix: str, name: str, found: Any, keys: Mapping[str, ConditionKey], where: str) -> ResourceType:
    table = {"arn": found} if isinstance(found, str) else _table(found, where, {"arn", "keys"})
    arn = table.get("arn")
    if not _NAME(name) or not isinstance(arn, str) or not arn.startswith(f"arn:${{Partition}}:{prefix}:"):
        raise BadServices(f"{where}.arn must begin with arn:${{Partition}}:{prefix}:")
    if arn.count(":") < 5:
        raise BadServices(f"{where}.arn must have six fields")
    return ResourceType(name, arn, _known_keys(table.get("keys"), keys, where))


def _action(
    prefix: str,
    name: str,
    found: Any,
    types: Mapping[str, ResourceType],
    keys: Mapping[str, ConditionKey],
    where: str,
) -> Action:
    table = _table(found or {}, where, {"access", "resources", "keys", "description"})
    level = table.get("access", "Write")
    if not _NAME(name):
        raise BadServices(f"{where}: an action's name is of letters, digits, `_`, `.` and `-`")
    if level not in LEVELS:
        raise BadServices(f"{where}.access must be one of {', '.join(LEVELS)}")
    named = _texts(table.get("resources"), f"{where}.resources")
    unknown = [each for each in named if each.lower() not in types]
    if unknown:
        raise BadServices(f"{where}.resources: there is no type `{unknown[0]}`")
    return Action(
        service=prefix,
        name=name,
        access_level=level,
        description=_text(table.get("description", ""), f"{where}.description"),
        resource_types=tuple(_works_on(types[each.lower()]) for each in named),
        condition_keys=_known_keys(table.get("keys"), keys, where),
        dependent_actions=(),
        link="",
    )


def _works_on(type_: ResourceType) -> ActionResource:
    return ActionResource(type_.name, True, type_.condition_keys)


def _known_keys(found: Any, keys: Mapping[str, ConditionKey], where: str) -> tuple[str, ...]:
    named = _texts(found, f"{where}.keys")
    for name in named:
        if name.lower() not in keys and not (name.lower().startswith("aws:") and condition_keys.find(name)):
            raise BadServices(f"{where}.keys: there is no condition key `{name}`")
    return tuple(named)


def _table(found: Any, where: str, known: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise BadServices(f"{where} must be a mapping of names")
    unknown = sorted(set(found) - known) if known is not None else []
    if unknown:
        raise BadServices(f"{where} has no `{unknown[0]}`; it has {', '.join(sorted(known or ()))}")
    return found


def _texts(found: Any, where: str) -> list[str]:
    listed = [] if found is None else found
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise BadServices(f"{where} must be a list of names")
    return listed


def _text(found: Any, where: str) -> str:
    if not isinstance(found, str):
        raise BadServices(f"{where} must be a text")
    return found

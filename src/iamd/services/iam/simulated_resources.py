"""Which resources an action is about, for the simulator: by the ARN templates of the service authorization reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from iamd.reference import actions, services
from iamd.reference.services import Action

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# These stand for one field of the ARN; other variables may hold anything.
_FIELDS = frozenset({"Partition", "Region", "Account"})

# What results over several resources are called where that is not the reference's template (seen of live AWS).
_NAMES = {"iam": "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}"}
_S3_BUCKETS = "arn:${Partition}:s3:::${BucketName}"
_S3_BEHIND = ("accesspoint", "objectlambda")  # ways to buckets and objects, listed before them


def eligible(action: str, resource: str) -> bool:
    """Whether a resource is of a type that the action is about. `*` always is, and an action that AWS does not know is
    about anything."""
    return resource == "*" or _accepts(action.lower())(resource)


@lru_cache(4096)
def _accepts(action: str) -> _Accepts:
    found = _find(action)
    return _Accepts(None if found is None else tuple(_templates(found)))


class _Accepts:
    """The ARNs of an action's resource types, as one pattern; None stands for any ARN."""

    __slots__ = ("_matches",)

    def __init__(self, templates: tuple[str, ...] | None) -> None:
        expression = ".*" if templates is None else "|".join(map(_expression, templates)) or "(?!)"
        self._matches = re.compile(expression, re.DOTALL).fullmatch

    def __call__(self, resource: str) -> bool:
        return self._matches(resource) is not None


def _find(action: str) -> Action | None:
    service, _, name = action.partition(":")
    return actions.find(service, name)


def _templates(action: Action) -> Iterator[str]:
    service = services.get(action.service)
    types = {} if service is None else service.resource_types
    for each in action.resource_types:
        if action.service == "s3" and each.name in ("bucket", "object"):
            yield _S3_BUCKETS  # the simulator takes buckets for objects, and objects for buckets
        elif (found := types.get(each.name.lower())) is not None:
            yield found.arn


def _expression(template: str) -> str:
    parts = _VARIABLE.split(template)  # text, variable, text, ..., text
    return "".join(
        re.escape(part) if not index % 2 else "[^:]*" if part in _FIELDS else ".+" for index, part in enumerate(parts)
    )


@lru_cache(4096)
def name_over(action: str) -> str:
    """What the result of an action over several resources is called: the ARN template of the type that it is mostly
    about, `*` where there is none."""
    found = _find(action)
    service = None if found is None else services.get(found.service)
    if found is None or service is None:
        return "*"
    if found.service in _NAMES:
        return _NAMES[found.service]
    listed = [each for each in found.resource_types if not each.name.startswith(_S3_BEHIND)]
    for each in sorted(listed, key=lambda each: not each.required):
        if (kind := service.resource_types.get(each.name.lower())) is not None:
            # Of S3 the partition is written out, and an object's key has another name (seen of live AWS).
            s3 = kind.arn.replace("${Partition}", "aws").replace("${ObjectName}", "${KeyName}")
            return s3 if found.service == "s3" else kind.arn
    return "*"

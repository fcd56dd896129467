"""`/console/vocabulary`: the words of policies, for the editor: services; and of each, when it is asked for, its actions,
types of resources and condition keys. They are those of the reference, with this server's own services.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from iamd.policy.operators import FOR_ALL, FOR_ANY, IF_EXISTS, NULL, OPERATORS
from iamd.reference import linked_roles, principals, services
from iamd.reference.global_keys import GLOBAL_KEYS
from iamd.reference.own import OWN
from iamd.reference.services import ConditionKey, Service
from iamd.wire.errors import ResourceNotFoundException
from iamd.wire.http import Answer, HttpRequest

PATH = b"/console/vocabulary"
PREFIX = PATH + b"/"
_KEPT = 64  # services
_AGE = b"private, max-age=3600"  # seconds; the reference changes with the program, services of one's own at its start
_encode = msgspec.json.encode

Key = tuple[str, str, bool, str]


def answer(request: HttpRequest) -> Answer:
    """All services, operators, global condition keys, service principals and service-linked roles; below the path, the
    words of the service of that prefix. Raises ResourceNotFoundException."""
    if request.method not in ("GET", "HEAD"):
        raise ResourceNotFoundException("Vocabularies are read with GET.")
    if request.path == PATH:
        packed = _everywhere()
    else:
        prefix = request.path.removeprefix(PREFIX).decode("latin-1").lower()
        if services.get(prefix) is None:
            raise ResourceNotFoundException("The reference has no such service.")
        packed = _of(prefix)
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", _AGE),
        (b"vary", b"accept-encoding"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if "gzip" not in (request.header(b"accept-encoding") or ""):
        return Answer(200, headers, gzip.decompress(packed))
    return Answer(200, [*headers, (b"content-encoding", b"gzip")], packed)


@lru_cache(maxsize=1)
def _everywhere() -> bytes:
    prefixes = sorted({*services.prefixes(), *OWN})
    return gzip.compress(
        _encode(
            {
                "services": [
                    (prefix, OWN[prefix].name if prefix in OWN else services.name(prefix)) for prefix in prefixes
                ],
                "keys": _keys(GLOBAL_KEYS),
                "operators": [*OPERATORS, NULL],
                "qualifiers": [FOR_ANY, FOR_ALL],
                "ifExists": IF_EXISTS,
                "principals": sorted(principals.all()),
                "linkedRoles": [(role.service, role.name, role.suffix) for role in linked_roles.all()],
            }
        )
    )


@lru_cache(maxsize=_KEPT)
def _of(prefix: str) -> bytes:
    found = services.get(prefix)
    return gzip.compress(_encode(None if found is None else _words(found)))


def _words(service: Service) -> dict[str, object]:
    return {
        "prefix": service.prefix,
        "name": service.name,
        "actions": [
            {
                "name": action.name,
                "level": action.access_level,
                "about": action.description,
                "resources": [each.name for each in action.resource_types],
                "keys": sorted(
                    {*action.condition_keys, *(key for each in action.resource_types for key in each.condition_keys)}
                ),
            }
            for action in service.actions.values()
        ],
        "resources": [{"name": each.name, "arn": each.arn} for each in service.resource_types.values()],
        "keys": _keys(service.condition_keys.values()),
    }


def _keys(found: Iterable[ConditionKey]) -> list[Key]:
    """Name, type, whether it has several values, and what it is."""
    return [(key.name, key.type, key.multivalued, key.description) for key in found]

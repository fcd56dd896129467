"""Operations of the REST protocols, found by method, path and query.

https://smithy.io/2.0/spec/http-bindings.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from iamd.gateway.directory import MODELS_KEPT, model_of
from iamd.gateway.strict import SIGNING_PARAMETERS, once, pairs, plain
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest
from iamd.wire.model import OperationModel

_LABEL = re.compile(r"\\\{(\w+)(\\\+)?\\\}")


class Route(msgspec.Struct, frozen=True):
    """An operation with what its path's labels stand for, decoded."""

    operation: OperationModel
    labels: dict[str, str]


class _Template(msgspec.Struct, frozen=True):
    operation: OperationModel
    pattern: re.Pattern[str]
    query: tuple[tuple[str, str], ...]


def find(request: HttpRequest, service: str) -> Route | None:
    """The operation of the service, or None.

    Raises Ambiguous for a path that another server could take for another one: with empty or dot segments, or with
    encoded slashes that make another operation of it once they are decoded.
    """
    raw = request.path.decode("ascii")
    decoded = plain(raw)
    if any(segment in (".", "..") for segment in decoded.split("/")) or "//" in raw:
        raise Ambiguous("The path must not have empty or dot segments.")
    query = [pair for pair in pairs(request.query) if pair[0] not in SIGNING_PARAMETERS]
    found = next(_matches(raw, request.method, query, service), None)
    if found is not None and decoded != raw:
        other = next(_matches(decoded, request.method, query, service, encoded=False), None)
        if other is not None and other != found:
            raise Ambiguous("Decoded, the path is another operation's.")
    return found


def _matches(
    path: str, method: str, query: list[tuple[str, str]], service: str, encoded: bool = True
) -> Iterator[Route]:
    names = {name for name, _ in query}
    for template in _templates(service):
        if template.operation.method != method:
            continue
        matched = template.pattern.fullmatch(path)
        if matched is None or any(
            (name not in names) if not value else (name, value) not in query for name, value in template.query
        ):
            continue
        labels = {name: plain(value) if encoded else value for name, value in matched.groupdict().items()}
        yield Route(template.operation, labels)


@lru_cache(maxsize=MODELS_KEPT)
def _templates(service: str) -> tuple[_Template, ...]:
    """Every operation's method, path and query; those that demand more come first."""
    templates = []
    for operation in model_of(service).operations.values():
        path, _, query = operation.uri.partition("?")
        pattern = _LABEL.sub(lambda label: f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})", re.escape(path))
        demanded = tuple(once(pairs(query.encode())).items())
        templates.append(_Template(operation, re.compile(pattern.rstrip("/") + "/?"), demanded))
    return tuple(
        sorted(
            templates, key=lambda each: (-len(each.query), each.operation.uri.count("{"), "+}" in each.operation.uri)
        )
    )

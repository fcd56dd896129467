"""Operations of the REST protocols, found by method, path and query.

https://smithy.io/2.0/spec/http-bindings.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from iamd.gateway.directory import MODELS_KEPT, Form, Service, by_signing_name, model_of
from iamd.gateway.strict import SIGNING_PARAMETERS, once, pairs, plain
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest
from iamd.wire.model import OperationModel

_LABEL = re.compile(r"\{([\w-]+)(\+)?\}")


_FORMS = (Form.REST_JSON.value, Form.REST_XML.value)


class Route(msgspec.Struct, frozen=True):
    """An operation with what its path's labels stand for, decoded."""

    operation: OperationModel
    labels: dict[str, str]

    def says_the_same(self, other: Route) -> bool:
        """Whether the other one, of another service, is an operation of the same name on what has the same names."""
        mine, its = ({_folded(name): value for name, value in each.labels.items()} for each in (self, other))
        return self.operation.name == other.operation.name and mine == its


def _folded(label: str) -> str:
    return label.lower().replace("-", "")


class _Template(msgspec.Struct, frozen=True):
    operation: OperationModel
    pattern: re.Pattern[str]
    labels: tuple[str, ...]
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


def can_be_told(service: Service, operation: OperationModel) -> bool:
    """Whether requests for the operation can be told from those of other services that sign with the same name."""
    form = next((each for each in _FORMS if each in service.protocols), None)
    siblings = [each.name for each in by_signing_name()[service.signing] if form in each.protocols]
    return not any(
        _collides(operation.name, service.name, each) for each in siblings if each not in (service.name, "s3")
    )


def _collides(operation: str, service: str, sibling: str) -> bool:
    """Whether requests for the operation could be for another operation of the sibling, by all that they say."""
    mine = next(each for each in _templates(service) if each.operation.name == operation)
    return any(
        (mine.operation.method, mine.pattern, mine.query) == (its.operation.method, its.pattern, its.query)
        and (operation, [*map(_folded, mine.labels)]) != (its.operation.name, [*map(_folded, its.labels)])
        for its in _templates(sibling)
    )


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
        values = [plain(value) if encoded else value for value in matched.groups()]
        yield Route(template.operation, dict(zip(template.labels, values, strict=True)))


def _pattern(path: str) -> str:
    """A template's path as a pattern with a group for each label."""
    found, end = "", 0
    for label in _LABEL.finditer(path):
        found += re.escape(path[end : label.start()]) + ("(.+)" if label[2] else "([^/]+)")
        end = label.end()
    return (found + re.escape(path[end:])).rstrip("/") + "/?"


@lru_cache(maxsize=MODELS_KEPT)
def _templates(service: str) -> tuple[_Template, ...]:
    """Every operation's method, path and query; those that demand more come first."""
    templates = []
    for operation in model_of(service).operations.values():
        path, _, query = operation.uri.partition("?")
        demanded = tuple(once(pairs(query.encode())).items())
        labels = tuple(label[1] for label in _LABEL.finditer(path))
        templates.append(_Template(operation, re.compile(_pattern(path)), labels, demanded))
    return tuple(sorted(templates, key=_order))


def _order(template: _Template) -> tuple[int, bool, int, bool, int]:
    """What demands more comes first; last what takes the rest of any path, even that of an operation on a part of it."""
    path = template.operation.uri.partition("?")[0]
    takes_rest = path.endswith("+}")
    return -len(template.query), takes_rest, path.count("{"), "+}" in path, -path.count("/")

"""Which protocol a service speaks, and what the chain asks of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from iamd.wire import aws_json, aws_query, rest_json, validate
from iamd.wire.http import HttpRequest
from iamd.wire.model import OperationModel, ServiceModel


class Asked(msgspec.Struct, frozen=True):
    """A call off the wire: the operation's name, the API version that it names, and what `parse` makes parameters of."""

    action: str
    version: str
    content: Any


class Protocol(msgspec.Struct, frozen=True):
    """`read` takes a request for the service apart, `parse` types its content, `check` holds it against the model."""

    read: Callable[[HttpRequest, ServiceModel], Asked]
    parse: Callable[[OperationModel, Any], dict[str, Any]]
    check: Callable[[OperationModel, dict[str, Any]], None]


def _read_query(request: HttpRequest, service: ServiceModel) -> Asked:
    call = aws_query.read(request)
    return Asked(call.action, call.version, call.pairs)


def _read_json(request: HttpRequest, service: ServiceModel) -> Asked:
    call = aws_json.read(request)
    return Asked(call.action, service.api_version if call.prefix == service.target_prefix else "", call.document)


def _read_rest(request: HttpRequest, service: ServiceModel) -> Asked:
    call = rest_json.read(request, service)
    return Asked(call.action, service.api_version, call)


_PROTOCOLS = {
    "query": Protocol(_read_query, aws_query.parse, validate.check),
    "json": Protocol(_read_json, aws_json.parse, aws_json.check),
    "rest-json": Protocol(_read_rest, rest_json.parse, rest_json.check),
}


def of(service: ServiceModel) -> Protocol:
    """The protocol of a service; KeyError for one that iamd does not speak."""
    return _PROTOCOLS[service.protocol]

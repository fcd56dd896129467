"""The REST-JSON protocol: method and path name the operation, parameters come in path, query, headers and body.

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from iamd.wire import quirks, validate
from iamd.wire.errors import AwsError, SerializationException, UnknownOperationException, ValidationException
from iamd.wire.http import HttpRequest
from iamd.wire.json_input import typed
from iamd.wire.model import Member, OperationModel, ServiceModel, Shape
from iamd.wire.query_json import encode, values

__all__ = ["RestCall", "answer", "check", "error", "matches", "parse", "read"]

_LABEL = re.compile(r"\\\{(\w+)(\\\+)?\\\}")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_decode = msgspec.json.Decoder(dict[str, Any]).decode

# What fails before an operation runs has another name than in the Query services.
# https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/CommonErrors.html
_NAMES = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InternalFailure": "InternalServerException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "Throttling": "ThrottlingException",
}


class RestCall(msgspec.Struct, frozen=True):
    """One call: the operation's name, what its path's labels stand for, the query, the headers and the body."""

    action: str
    labels: Mapping[str, str]
    query: Mapping[str, list[str]]
    request: HttpRequest


def matches(request: HttpRequest, service: ServiceModel) -> bool:
    """Whether the method and path are those of an operation of the service."""
    return _find(request, service) is not None


def read(request: HttpRequest, service: ServiceModel) -> RestCall:
    """The call that a request makes; raises UnknownOperationException."""
    found = _find(request, service)
    if found is None:
        raise UnknownOperationException()
    return found


def _find(request: HttpRequest, service: ServiceModel) -> RestCall | None:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query.decode("latin-1"), keep_blank_values=True):
        query.setdefault(name, []).append(value)
    path = request.path.decode("latin-1")
    for operation, pattern, constants in _routes(service):
        if operation.method != request.method or any(query.get(name) != [value] for name, value in constants):
            continue
        matched = pattern.fullmatch(path)
        if matched is not None:
            labels = {name: unquote(value) for name, value in matched.groupdict().items()}
            return RestCall(operation.name, labels, query, request)
    return None


@cache
def _routes(service: ServiceModel) -> tuple[tuple[OperationModel, re.Pattern[str], tuple[tuple[str, str], ...]], ...]:
    """Every operation with the pattern of its path and the query that it demands, those that demand more first."""
    routes = []
    for operation in service.operations.values():
        path, _, query = operation.uri.partition("?")
        pattern = _LABEL.sub(lambda label: f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})", re.escape(path))
        routes.append((operation, re.compile(pattern), tuple(parse_qsl(query, keep_blank_values=True))))
    return tuple(sorted(routes, key=lambda route: (-len(route[2]), "{" in route[0].uri)))


def parse(operation: OperationModel, call: RestCall) -> dict[str, Any]:
    """The operation's parameters: snake-case names at the top level. Raises SerializationException."""
    body = _body(operation, call.request)
    params: dict[str, Any] = {}
    for member in operation.inputs:
        value = call.request.body if _is_body(operation, member) else _located(member, call, body)
        if value is not None:
            params[member.snake] = value
    return params


def _is_body(operation: OperationModel, member: Member) -> bool:
    """Whether the body, as it is, is that member."""
    return member.name == operation.payload and member.shape.type == "blob"


def _body(operation: OperationModel, request: HttpRequest) -> Mapping[str, Any]:
    in_body = [member for member in operation.inputs if member.location is None]
    if not in_body or not request.body or any(_is_body(operation, member) for member in in_body):
        return {}
    try:
        document = _decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SerializationException("The request body is not a JSON object.") from None
    return document if operation.payload is None else {operation.payload: document}


def _located(member: Member, call: RestCall, body: Mapping[str, Any]) -> Any:
    if member.location == "uri":
        return _scalar(member.shape, call.labels.get(member.wire_name))
    if member.location == "querystring":
        given = call.query.get(member.wire_name)
        if given is None:
            return None
        if member.shape.type == "list":
            return [_scalar(member.shape.element.shape, each) for each in given]
        return _scalar(member.shape, given[0])
    if member.location == "header":
        return _scalar(member.shape, call.request.header(member.wire_name.lower().encode()))
    value = body.get(member.wire_name, body.get(member.name))
    return None if value is None else typed(member.shape, value)


def _scalar(shape: Shape, text: str | None) -> Any:
    """A value of path, query or header; raises SerializationException where it is no number or truth value."""
    if text is None or shape.type == "string":
        return text
    if shape.type in ("integer", "long") and _INTEGER.fullmatch(text):
        return int(text)
    if shape.type == "boolean" and text in ("true", "false"):
        return text == "true"
    raise SerializationException(f"{shape.name} is not a {shape.type}.")


def check(operation: OperationModel, params: dict[str, Any]) -> None:
    """Hold parameters against the model; raises ValidationException."""
    try:
        validate.check(operation, params)
    except AwsError as invalid:
        raise ValidationException(invalid.message) from None


def answer(operation: OperationModel, result: Mapping[str, Any] | None) -> bytes:
    """The body of the answer."""
    if operation.output is None:
        return b"{}"
    written = values(operation.output, result or {})
    return encode(written if operation.output_payload is None else written[operation.output_payload])


def error(error: AwsError, service: ServiceModel | None = None) -> tuple[int, str, bytes]:
    """Status, code (for `x-amzn-errortype`) and body of a failure."""
    name = _NAMES.get(error.code, error.code)
    status, code, told = quirks.RENAMED_ERRORS.get(service.name if service else "", {}).get(name, (None, name, None))
    standard = {} if told is None else {"error": told}
    return status or error.status, code, encode({"message": error.message, **standard, **error.details})

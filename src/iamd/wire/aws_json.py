"""The AWS JSON protocol, versions 1.0 and 1.1: `read` a request, `check` its parameters, `answer` it or tell the `error`.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from iamd.wire import quirks, reasons, validate
from iamd.wire.errors import AwsError, SerializationException, UnknownOperationException, ValidationException
from iamd.wire.http import HttpRequest
from iamd.wire.json_input import parse
from iamd.wire.model import OperationModel, ServiceModel
from iamd.wire.query_json import encode, values

__all__ = ["JsonCall", "answer", "check", "content_type", "error", "parse", "read"]

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class JsonCall(msgspec.Struct, frozen=True):
    """One call in the JSON protocol: the operation of `X-Amz-Target`, the prefix before it, and the body."""

    prefix: str
    action: str
    document: dict[str, Any]


# What fails before an operation runs has another name, and mostly another status, than in the Query services.
# https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html
_NAMES = {
    "AccessDenied": ("AccessDeniedException", 400),
    "ExpiredToken": ("ExpiredTokenException", 400),
    "IncompleteSignature": ("IncompleteSignatureException", 400),
    "InvalidAction": ("UnknownOperationException", 400),
    "InvalidClientTokenId": ("UnrecognizedClientException", 400),
    "MissingAuthenticationToken": ("MissingAuthenticationTokenException", 400),
    "SignatureDoesNotMatch": ("InvalidSignatureException", 400),
    "Throttling": ("ThrottlingException", 400),
    "UnknownOperationException": ("UnknownOperationException", 400),
}


def read(request: HttpRequest) -> JsonCall:
    """The call that a request makes.

    Raises UnknownOperationException without a target, SerializationException for a body that is not a JSON object.
    """
    prefix, dot, action = (request.header(b"x-amz-target") or "").rpartition(".")
    if not dot or not action:
        raise UnknownOperationException("")
    try:
        return JsonCall(prefix, action, _decode(request.body) if request.body else {})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SerializationException("") from None


def check(operation: OperationModel, params: dict[str, Any]) -> None:
    """Hold parameters against the model; raises ValidationException, or what the service says instead."""
    if operation.service.name in quirks.TELLS_REASONS:
        reasons.check(operation, params)
        return
    try:
        validate.check(operation, params)
    except AwsError as invalid:
        raise ValidationException(invalid.message) from None


def answer(operation: OperationModel, result: Mapping[str, Any] | None) -> bytes:
    """The body of the answer; empty for an operation that answers nothing."""
    if operation.output is None:
        if result:
            raise TypeError(f"the operation has no output, yet `{next(iter(result))}` was answered")
        return b""
    return encode(values(operation.output, result or {}))


def error(error: AwsError, service: ServiceModel | None) -> tuple[int, str, bytes]:
    """Status, code and body of a failure. The message's member is named as the service's model has it."""
    code, status = _NAMES.get(error.code, (error.code, error.status))
    if error.code == "Throttling" and service is not None:
        code = service.throttling_exception
    message = error.message
    if error.code == "AccessDenied" and service is not None and service.name in quirks.UNEXPLAINED_DENIALS:
        message = quirks.UNEXPLAINED_DENIALS[service.name]
    member = "message" if service is None else service.message_member(code)
    return status, code, encode({"__type": code, member: message, **error.details})


def content_type(service: ServiceModel | None) -> bytes:
    """The media type of answers."""
    return f"application/x-amz-json-{'1.1' if service is None else service.json_version}".encode()

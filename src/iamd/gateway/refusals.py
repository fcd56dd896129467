"""Errors as the service itself would answer them."""

from __future__ import annotations

import cbor2
import msgspec

from iamd.gateway.directory import Form, Service, model_of
from iamd.wire import aws_json, aws_query, rest_json
from iamd.wire.errors import AwsError
from iamd.wire.query_output import escape


class Refusal(msgspec.Struct, frozen=True):
    """Status, headers and body of an error."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
_S3 = {
    "ExpiredToken": ("ExpiredToken", 400),
    "IncompleteSignature": ("AuthorizationHeaderMalformed", 400),
    "InternalFailure": ("InternalError", 500),
    "InvalidAction": ("NotImplemented", 501),
    "InvalidClientTokenId": ("InvalidAccessKeyId", 403),
    "MissingAuthenticationToken": ("AccessDenied", 403),
    "RequestEntityTooLarge": ("EntityTooLarge", 400),
    "RequestExpired": ("AccessDenied", 403),
    "Throttling": ("SlowDown", 503),
    "UnknownOperationException": ("NotImplemented", 501),
}


def of(error: AwsError, form: Form, service: Service | None, request_id: str, *, head: bool = False) -> Refusal:
    """The answer to a request of that form; without body to a HEAD."""
    refusal = _of(error, form, service, request_id)
    headers = [*refusal.headers, *error.headers, (b"x-amzn-requestid", request_id.encode())]
    return Refusal(refusal.status, headers, b"" if head else refusal.body)


def _of(error: AwsError, form: Form, service: Service | None, request_id: str) -> Refusal:
    model = None if service is None else model_of(service.name)
    if form is Form.JSON:
        status, code, body = aws_json.error(error, model)
        return Refusal(status, [_type(aws_json.content_type(model)), (b"x-amzn-errortype", code.encode())], body)
    if form is Form.CBOR:
        status, code, _ = aws_json.error(error, model)
        body = cbor2.dumps({"__type": code, "message": error.message})
        return Refusal(status, [_type(b"application/cbor"), (b"smithy-protocol", b"rpc-v2-cbor")], body)
    if form is Form.REST_JSON:
        status, code, body = rest_json.error(error)
        return Refusal(status, [_type(b"application/json"), (b"x-amzn-errortype", code.encode())], body)
    if form is Form.S3:
        code, status = _S3.get(error.code, (error.code, error.status))
        told = f"<Code>{code}</Code><Message>{escape(error.message)}</Message><RequestId>{request_id}</RequestId>"
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{told}</Error>'.encode()
        return Refusal(status, [_type(b"application/xml"), (b"x-amz-request-id", request_id.encode())], body)
    if form is Form.EC2:
        code = "UnauthorizedOperation" if error.code == "AccessDenied" else error.code
        told = f"<Error><Code>{code}</Code><Message>{escape(error.message)}</Message></Error>"
        body = f"<Response><Errors>{told}</Errors><RequestID>{request_id}</RequestID></Response>".encode()
        return Refusal(error.status, [_type(b"text/xml")], body)
    return Refusal(error.status, [_type(b"text/xml")], aws_query.error(error, model, request_id))


def _type(value: bytes) -> tuple[bytes, bytes]:
    return b"content-type", value

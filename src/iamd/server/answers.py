"""An Exchange as the HTTP answer that AWS would give."""

from __future__ import annotations

from iamd.audit.ids import new_uuid
from iamd.server.exchange import Exchange
from iamd.wire import aws_json, aws_query, rest_json
from iamd.wire.errors import AwsError, RequestEntityTooLarge
from iamd.wire.http import Answer

_XML = (b"content-type", b"text/xml")
_JSON = (b"content-type", b"application/json")
_UNKEPT = (b"cache-control", b"no-store")


def of(exchange: Exchange) -> Answer:
    """The answer of an operation, or the error in the form that the client asked for."""
    headers = _identified(exchange.request_id)
    if exchange.revision:
        headers.append((b"x-iamd-revision", str(exchange.revision).encode()))
    if exchange.error is not None:
        return _refusal(exchange, exchange.error, headers)
    if exchange.operation is None:
        raise RuntimeError("an exchange without error has an operation")
    model = exchange.operation.model
    if exchange.request.method != "POST" or model.service.protocol == "rest-json":
        # It may hold credentials, for whom a cache would not tell apart (RFC 6749, 5.1): not every token is in
        # `Authorization`, and presigned requests are GETs of browsers.
        headers.append(_UNKEPT)
    if model.service.protocol == "json":
        headers.append((b"content-type", aws_json.content_type(model.service)))
        return Answer(200, headers, aws_json.answer(model, exchange.reply))
    if model.service.protocol == "rest-json":
        return Answer(model.success, [*headers, _JSON], rest_json.answer(model, exchange.reply))
    as_json = exchange.wants_json
    headers.append(_JSON if as_json else _XML)
    write = aws_query.answer_json if as_json else aws_query.answer
    return Answer(200, headers, write(model, exchange.reply, exchange.request_id))


def too_large(limit: int) -> Answer:
    """The body exceeds what the server takes."""
    request_id = new_uuid()
    error = RequestEntityTooLarge(f"The request body is larger than {limit} bytes.")
    return Answer(413, [*_identified(request_id), _XML], aws_query.error(error, None, request_id))


def _identified(request_id: str) -> list[tuple[bytes, bytes]]:
    return [(b"x-amzn-requestid", request_id.encode())]


def _refusal(exchange: Exchange, error: AwsError, headers: list[tuple[bytes, bytes]]) -> Answer:
    service = exchange.api.model if exchange.api else None
    headers += error.headers
    if exchange.request.header(b"x-amz-target") is not None or (service and service.protocol == "json"):
        # Sent by the SDKs of the AWS JSON services, which find no error in XML.
        # https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
        status, code, told = aws_json.error(error, service)
        headers += [(b"content-type", aws_json.content_type(service)), (b"x-amzn-errortype", code.encode())]
        return Answer(status, headers, told)
    if service is not None and service.protocol == "rest-json":
        status, code, told = rest_json.error(error, service)
        return Answer(status, [*headers, _JSON, (b"x-amzn-errortype", code.encode())], told)
    if service is None:
        headers.append((b"x-amzn-errortype", error.code.encode()))  # read by the SDKs of the REST-JSON services
    if exchange.wants_json:
        return Answer(error.status, [*headers, _JSON], aws_query.error_json(error, service, exchange.request_id))
    return Answer(error.status, [*headers, _XML], aws_query.error(error, service, exchange.request_id))

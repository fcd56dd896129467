"""An Exchange as the HTTP answer that AWS would give."""

from __future__ import annotations

from iamd.server.asgi import Answer
from iamd.server.exchange import Exchange
from iamd.wire import aws_query

_XML = (b"content-type", b"text/xml")
_JSON = (b"content-type", b"application/json")


def of(exchange: Exchange) -> Answer:
    """The answer of an operation, or the error in the form that the client asked for."""
    as_json = exchange.wants_json
    headers = [(b"x-amzn-requestid", exchange.request_id.encode()), _JSON if as_json else _XML]
    error = exchange.error
    if error is not None:
        service = exchange.api.model if exchange.api else None
        write_error = aws_query.error_json if as_json else aws_query.error
        return Answer(error.status, headers, write_error(error, service, exchange.request_id))
    if exchange.operation is None:
        raise RuntimeError("an exchange without error has an operation")
    headers.append((b"x-iamd-revision", str(exchange.revision).encode()))
    write = aws_query.answer_json if as_json else aws_query.answer
    return Answer(200, headers, write(exchange.operation.model, exchange.reply, exchange.request_id))


def too_large(limit: int) -> Answer:
    """The body exceeds what the server takes; the connection is closed, since its rest is not read."""
    return _plain(413, f"the request body is larger than {limit} bytes")


def too_slow() -> Answer:
    return _plain(408, "the request body did not arrive in time")


def _plain(status: int, text: str) -> Answer:
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
    return Answer(status, headers, text.encode() + b"\n")

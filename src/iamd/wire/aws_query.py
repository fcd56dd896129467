"""The AWS Query protocol: `read` a request, `parse` its parameters, `answer` it or tell the `error`.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

from iamd.wire.errors import AwsError
from iamd.wire.form import QueryCall, read
from iamd.wire.model import ServiceModel
from iamd.wire.query_input import parse
from iamd.wire.query_json import answer_json, encode
from iamd.wire.query_output import answer, escape
from iamd.wire.quirks import FAULT_NAMESPACE

__all__ = ["QueryCall", "answer", "answer_json", "error", "error_json", "parse", "read"]


def error(error: AwsError, service: ServiceModel | None, request_id: str) -> bytes:
    """The XML of a failure; without a service (none could be told from the request) in the front end's namespace."""
    namespace = FAULT_NAMESPACE if service is None else service.namespace
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{error.type}</Type><Code>{error.code}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{escape(request_id)}</RequestId></ErrorResponse>"
    ).encode()


def error_json(error: AwsError, service: ServiceModel | None, request_id: str) -> bytes:
    """The JSON of a failure, which names no service."""
    told = {"Code": error.code, "Message": error.message, "Type": error.type}
    return encode({"Error": told, "RequestId": request_id})

"""The gateway's own questions to upstreams, in the protocol of the service that is asked."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from iamd.gateway.connections import Reply
from iamd.gateway.directory import model_of, services
from iamd.gateway.forward import Forwarder
from iamd.gateway.outbound import Outbound
from iamd.gateway.typed import require
from iamd.gateway.upstreams import Upstreams
from iamd.wire.errors import AwsError, ServiceUnavailable
from iamd.wire.gateway_errors import NotKnown, NotThere

_LONGEST_TOLD = 1 << 20
_ABSENT = re.compile(r"NotFound|NoSuch|NonExistent|NotExist|does not exist").search
_UNKNOWN = frozenset(
    {
        "InvalidAction",
        "MethodNotAllowed",
        "NotImplemented",
        "NotImplementedException",
        "UnknownAction",
        "UnknownOperation",
        "UnknownOperationException",
        "UnsupportedOperation",
        "UnsupportedOperationException",
    }
)
# What a server of S3 answers that takes a question about a bucket or object for one for it.
_LISTING = re.compile(rb"<ListBucketResult\b").search


class Place(msgspec.Struct, frozen=True):
    """Where is asked, and as whom: the region, and the account for upstreams that keep accounts apart."""

    region: str
    account_id: str


class Questions:
    """Asks upstreams."""

    def __init__(self, upstreams: Upstreams, forwarder: Forwarder) -> None:
        self._upstreams = upstreams
        self._forwarder = forwarder
        self._codecs: dict[str, _Codec] = {}

    def url_of(self, service: str) -> str:
        """Where the service is; empty when no upstream has it."""
        upstream = self._upstreams.of(services()[service])
        return "" if upstream is None else upstream.origin.url

    async def ask(self, service: str, operation: str, parameters: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
        """The answer, by the model's names.

        Raises NotThere when the resource, or what is asked about it, is not there; NotKnown when the upstream plainly
        does not know such questions; ServiceUnavailable for anything else than an answer.
        """
        upstream = self._upstreams.of(services()[service])
        if upstream is None:
            raise NotKnown(f"No upstream serves {service}.")
        codec = self._codecs.get(service)
        if codec is None:
            codec = self._codecs[service] = await asyncio.to_thread(_Codec, service)
        outbound = codec.outbound(operation, parameters, upstream.origin.url, place)
        reply = await self._forwarder.send(upstream, outbound, datetime.now(UTC))
        return _understood(codec, operation, reply, await reply.read(_LONGEST_TOLD))


def _understood(codec: _Codec, operation: str, reply: Reply, body: bytes) -> Mapping[str, Any]:
    status = reply.status
    if status < 300 and codec.service == "s3" and (reply.header(b"etag") is not None or _LISTING(body[:512])):
        raise NotKnown(f"The upstream takes {operation} for another request.")
    told = codec.read(operation, reply, body)
    code = str(told.get("Error", {}).get("Code", ""))
    if status in (405, 501) or code in _UNKNOWN:
        raise NotKnown(f"The upstream does not know {operation}.")
    if status == 404 or _ABSENT(code):
        raise NotThere(str(told.get("Error", {}).get("Message", "")))
    if status >= 300 or not told:
        raise ServiceUnavailable(
            f"The upstream was asked {operation} of {codec.service} to decide on this request, and answered "
            f"{status} {code}".rstrip()
            + "; what cannot be looked at is refused."
        )
    return told


class _Codec:
    """botocore's serializer and parser of one service."""

    def __init__(self, service: str) -> None:
        from botocore.loaders import Loader  # slow to import: only who has resources to look at needs it
        from botocore.model import ServiceModel
        from botocore.parsers import create_parser
        from botocore.serialize import create_serializer

        self.service = service
        self._model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        protocol = self._model.resolved_protocol
        self._serializer = create_serializer(protocol, include_validation=False)
        self._parser = create_parser(protocol)

    def outbound(self, operation: str, parameters: Mapping[str, Any], url: str, place: Place) -> Outbound:
        """The request to an upstream at that URL."""
        from botocore.awsrequest import prepare_request_dict

        made = self._serializer.serialize_to_request(dict(parameters), self._model.operation_model(operation))
        prepare_request_dict(made, url)
        target, body = urlsplit(made["url"]), made["body"]
        body = urlencode(body).encode() if isinstance(body, dict) else body
        headers = [(name.lower().encode(), value.encode()) for name, value in made["headers"].items()]
        return Outbound(
            made["method"],
            target.path.encode(),
            target.query.encode(),
            headers,
            body,
            len(body),
            hashlib.sha256(body).hexdigest(),
            (place.region, self._model.signing_name),
            place.account_id,
        )

    def read(self, operation: str, reply: Reply, body: bytes) -> dict[str, Any]:
        """The answer or error by the model's names; empty for what is none, and for what is of other types."""
        from botocore.awsrequest import HeadersDict
        from botocore.parsers import ResponseParserError

        shape = self._model.operation_model(operation).output_shape
        headers = HeadersDict({name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers})
        response = {"status_code": reply.status, "headers": headers, "body": body}
        try:
            told: dict[str, Any] = self._parser.parse(response, shape)
            known = model_of(self.service).operations[operation].output
            if known is not None and reply.status < 300:
                require(known, told, exactly=False)
        except (AwsError, ResponseParserError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}
        return told

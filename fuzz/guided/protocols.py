"""Requests: the protocols of the API, and what the gateway makes of requests to other services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import h11

from fuzz.guided.target import Target, fields
from iamd.gateway import forms, parameters, post_policies
from iamd.gateway.heads import head_of, passed_headers, passed_query
from iamd.gateway.origins import Origin
from iamd.gateway.outbound import Outbound
from iamd.gateway.recognise import recognise
from iamd.gateway.strict import cbor_document, check_head, json_document
from iamd.gateway.upstreams import ANYONE, Upstream
from iamd.services.catalogue import APIS
from iamd.wire import protocols
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_UPSTREAM = Upstream(Origin("http://127.0.0.1:9000"), ANYONE)
_SERVICES = ("s3", "sqs", "dynamodb", "ec2", "lambda", "kms", "monitoring", "route53", "sns", "states", "glue")
_OPERATIONS = {
    protocol: [
        each.model
        for _, api in sorted(APIS.items())
        if api.model.protocol == protocol
        for _, each in sorted(api.operations.items())
    ]
    for protocol in ("query", "json", "rest-json")
}


def request(data: bytes) -> HttpRequest:
    """A request out of its text: method, target, headers a line each, an empty line, the body. Its method, names of
    headers and line ends are those that a server's own parser lets through."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    path, _, query = target.partition(b"?")
    headers = []
    for line in lines:
        name, _, value = line.partition(b":")
        if name.strip() and name.isascii():
            headers.append((name.strip().lower(), value.strip().replace(b"\r", b"").replace(b"\0", b"")))
    return HttpRequest(method.decode("latin-1"), path, query, headers, body)


def _reader(protocol: str) -> Callable[[bytes], object]:
    """A request of a protocol: which operation it is, and that one's parameters."""
    operations = _OPERATIONS[protocol]

    def read(data: bytes) -> object:
        chosen, text = data[:2], data[2:]
        operation = operations[int.from_bytes(chosen, "big") % len(operations)]
        asked = request(text)
        spoken = protocols.of(operation.service)
        call = spoken.read(asked, operation.service)
        model = operation.service.operations.get(call.action, operation)
        params = spoken.parse(model, call.content)
        spoken.check(model, params)
        return model.name, params

    return read


def _gateway(data: bytes) -> object:
    """A request to an upstream: what it is, and the parameters that decide what it needs."""
    chosen, text = data[:1], data[1:]
    asked = request(text)
    check_head(asked)
    found = recognise(asked, _SERVICES[(chosen or b"\0")[0] % len(_SERVICES)])
    return found.service.name, found.operation.name, parameters.read(found, asked)


def _head(data: bytes) -> object:
    """The head that goes to an upstream is one request to whoever reads it, with the path that was decided on."""
    asked = request(data)
    check_head(asked)
    headers = passed_headers(asked, _OPERATIONS["query"][0])  # which has no headers of its own
    query = passed_query(asked.query)
    outbound = Outbound(
        *(asked.method, asked.path, query, headers, asked.body, len(asked.body), "0" * 64),
        scope=("us-east-1", "s3"),
        account_id="123456789012",
    )
    head = head_of(_UPSTREAM, outbound, _NOW)
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(head + asked.body)
    try:
        told = peer.next_event()
    except h11.RemoteProtocolError:
        return "the upstream refuses it"  # which it may: nothing is taken for something else
    assert isinstance(told, h11.Request)
    assert (told.method.decode(), told.target) == (asked.method, asked.path + (b"?" + query if query else b""))
    assert sorted(name for name, _ in told.headers) == sorted({*[n for n, _ in told.headers]} | {b"host"})
    length = 0
    while isinstance(event := peer.next_event(), h11.Data):
        length += len(event.data)
    assert event is h11.NEED_DATA or isinstance(event, h11.EndOfMessage)
    assert length == (len(asked.body) if any(name == b"content-length" for name, _ in told.headers) else 0)
    return head


def in_pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    """The bytes as they may come in."""

    async def come() -> AsyncIterator[bytes]:
        for at in range(0, len(data), size):
            yield data[at : at + size]

    return come()


def outcomes(read: Callable[[AsyncIterator[bytes]], Any], body: bytes) -> object:
    """What comes of a body, which is the same however it comes in."""

    async def told(size: int) -> object:
        try:
            return await read(in_pieces(body, size))
        except AwsError as error:
            return type(error).__name__, error.message

    found = [asyncio.run(told(size)) for size in (1, 7, max(1, len(body)))]
    assert found[0] == found[1] == found[2], "it depends on how it comes in"
    return found[0]


def _upload(data: bytes) -> object:
    """A form with a file."""
    kind, body = fields(data, 2)

    async def read(pieces: AsyncIterator[bytes]) -> object:
        form = await forms.read(kind.decode("latin-1"), pieces)
        return form.fields, form.file_name, b"".join([piece async for piece in form.file()])

    return outcomes(read, body)


def _post_policy(data: bytes) -> object:
    """The policy of a form, and a form of a few fields held against it."""
    text, *pairs = data.decode("latin-1").split("\0")
    policy = post_policies.read(text)
    policy.require_length(len(pairs))
    policy.require({pair.partition("=")[0].lower(): pair.partition("=")[2] for pair in pairs}, _NOW)
    return policy


def targets() -> Sequence[Target]:
    """Those of this module."""
    common = (
        "POST / ",
        "content-type:",
        "x-amz-target:",
        "host:",
        "\n\n",
        "Action=",
        "&Version=2010-05-08",
        ".member.1",
    )
    forms_ = ("application/x-www-form-urlencoded", "application/json", "smithy-protocol:rpc-v2-cbor", "%2F", "%", "\0")
    names = [sorted({each.name for each in _OPERATIONS[name]})[::9] for name in ("query", "json", "rest-json")]
    refusals = (AwsError,)
    return (
        Target("query", _reader("query"), refusals, (*common, *forms_, *names[0])),
        Target("json", _reader("json"), refusals, (*common, *forms_, *names[1])),
        Target("rest-json", _reader("rest-json"), refusals, (*common, *forms_, *names[2])),
        Target("gateway", _gateway, refusals, (*common, *forms_, "?uploadId=", "?tagging", "x-amz-copy-source:")),
        Target(
            "head", _head, refusals, (*common, "connection:", "transfer-encoding:", "content-length:", "x-amz-meta-")
        ),
        Target("json-strict", json_document, refusals, ('{"a":', "NaN", "Infinity", "\\ud800", "[[[[")),
        Target("cbor", cbor_document, refusals),
        Target(
            "upload", _upload, refusals, ("multipart/form-data; boundary=x", "\r\n--x", 'name="file"', "form-data;")
        ),
        Target("post-policy", _post_policy, refusals),
    )

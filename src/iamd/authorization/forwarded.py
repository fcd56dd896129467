"""Requests that a proxy holds back until iamd has said yes: whose they are, and what they do.

A request invokes an API, as behind API Gateway: the action is `execute-api:Invoke`, the resource
`arn:aws:execute-api:REGION:ACCOUNT:API/$default/METHOD/PATH`.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from iamd.authorization.callers import INVOKED
from iamd.caller.caller import Caller
from iamd.store.records import PARTITION
from iamd.wire.errors import AccessDenied
from iamd.wire.http import HttpRequest

ACTION = "execute-api:Invoke"

_STAGE = "$default"
_API = re.compile(r"[a-z0-9][a-z0-9-]{0,62}").fullmatch
_METHOD = re.compile(r"[A-Z]{1,20}").fullmatch
_TARGET = re.compile(rb"/[!-~]*").fullmatch
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_HIDDEN = re.compile(rb"%(?:2[eEfF]|5[cC]|25|[01][0-9A-Fa-f]|7[fF])")  # dots, slashes, controls, escapes of escapes


class Ambiguous(AccessDenied):
    """A path that a server behind the proxy may read otherwise than it was decided on."""

    code = "AccessDenied"


class Forwarded(NamedTuple):
    """A request of a client: the API that it invokes, and itself as the client sent it, without its body."""

    api: str
    request: HttpRequest

    def resource(self, caller: Caller, region: str) -> str:
        """The ARN that it invokes; raises Ambiguous."""
        path = plain_path(self.request.path)
        return f"arn:{PARTITION}:{INVOKED}:{region}:{caller.account_id}:{self.api}/{_STAGE}/{self.request.method}{path}"


def by_headers(api: str, request: HttpRequest) -> Forwarded | None:
    """What nginx and Traefik tell: method, URI and host in `X-Forwarded-*`. None when they do not."""
    method, target = (request.header(name) for name in (b"x-forwarded-method", b"x-forwarded-uri"))
    if method is None or target is None or not _is_api(api, method):
        return None
    path, _, query = target.encode("latin-1").partition(b"?")
    host = request.index.get(b"x-forwarded-host")
    headers = request.headers
    if host is not None:
        headers = [(b"host", host), *(each for each in headers if each[0] != b"host")]
    return Forwarded(api, _as_sent(request, method, path, query, headers))


def by_path(api: str, rest: bytes, request: HttpRequest) -> Forwarded | None:
    """What Envoy tells: the client's method, and its path behind the prefix."""
    if not _is_api(api, request.method):
        return None
    return Forwarded(api, _as_sent(request, request.method, rest, request.query, request.headers))


def plain_path(path: bytes) -> str:
    """The decoded path; raises Ambiguous where another program might find another one in it."""
    segments = path.split(b"/")
    if (
        not _TARGET(path)
        or b"\\" in path
        or b"//" in path
        or b"." in segments
        or b".." in segments
        or _BAD_ESCAPE.search(path)
        or _HIDDEN.search(path)
    ):
        raise Ambiguous("The path can be read in two ways.")
    try:
        return unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        raise Ambiguous("The path is not valid UTF-8.") from None


def _is_api(api: str, method: str) -> bool:
    return bool(_API(api) and _METHOD(method))


def _as_sent(
    request: HttpRequest, method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]]
) -> HttpRequest:
    return HttpRequest(method, path, query, headers, b"", request.client_ip, request.secure, request.arrived)

"""The heads of requests to upstreams, and of their answers: byte for byte the path that was decided on, signed anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from iamd.caller import sigv4
from iamd.caller.signature import ALGORITHM, TERMINATOR, format_timestamp
from iamd.gateway.outbound import Headers, Outbound
from iamd.gateway.strict import SIGNING_PARAMETERS
from iamd.gateway.upstreams import ANYONE, BY_HEADER, BY_KEY, Credentials, Upstream
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest, breaks_line
from iamd.wire.model import OperationModel

# What AWS's protocols know; anything else (an upstream's own switches, proxies' words) is not passed on.
_PASSED = (b"content-", b"x-amz-", b"x-amzn-", b"if-", b"amz-sdk-", b"accept")
_PASSED_TOO = frozenset({b"range", b"expires", b"cache-control", b"user-agent", b"origin", b"pragma"})
_OURS = frozenset(
    {
        b"content-length",
        b"x-amz-date",
        b"x-amz-security-token",
        b"x-amz-content-sha256",
        b"x-amz-decoded-content-length",
    }
)
_HOP_BY_HOP: Final = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade".split()
)
_KEPT = _OURS | _HOP_BY_HOP
_OF_SITES: Final = (b"set-cookie", b"clear-site-data")
_SANDBOX: Final = (b"content-security-policy", b"sandbox")
_UNCHECKED: Final = b"0" * 64
"""The signature for upstreams without credentials: they take the region and service out of its scope at most."""

_ACCOUNT_HEADER = b"x-moto-account-id"


class _Form:
    """What heads to one upstream have in common whose headers have the same names, of one scope and account: all but the
    values. Raises Ambiguous for a name that breaks its line."""

    def __init__(
        self, upstream: Upstream, account_id: str, scope: tuple[str, str, str], names: tuple[bytes, ...]
    ) -> None:
        self.upstream = upstream  # held, since forms are found by its identity
        self.credentials: Credentials = upstream.credentials
        self.signs = self.credentials is not ANYONE
        self.scope = scope
        self.account: Headers = []
        if upstream.told == BY_HEADER:
            self.account.append((_ACCOUNT_HEADER, account_id.encode()))
        self.has_hash = scope[2] == "s3"
        hashed = [b"x-amz-content-sha256"] if self.has_hash else []
        all_names = [b"host", *names, b"x-amz-date", *hashed, *[name for name, _ in self.account]]
        self.signed = tuple(sorted([name for name in all_names if name.startswith(_SIGNED)]))
        key_id = account_id if upstream.told == BY_KEY else self.credentials.access_key_id
        credential = "/".join((key_id, *scope, TERMINATOR))
        signed = b";".join(self.signed).decode()
        authorization = f"{ALGORITHM} Credential={credential}, SignedHeaders={signed}, Signature=".encode()
        self.host = upstream.origin.authority
        if breaks_line(b"".join([self.host, authorization, *names, *[value for _, value in self.account]])):
            raise Ambiguous("A header breaks its line.")
        self.begin = b" HTTP/1.1\r\nhost: " + self.host
        self.before = [b"\r\n" + name + b": " for name in names]
        told = b"".join([b"\r\n" + name + b": " + value for name, value in self.account])
        self.end = told + b"\r\nauthorization: " + authorization


_forms: Final[dict[tuple[int, str, str, str, str, tuple[bytes, ...]], _Form]] = {}
_MAX_FORMS: Final = 1024  # a client's requests have the same names all day
_LONGEST: Final = 2048  # bytes of the names that are remembered together


def _is_short(names: tuple[bytes, ...]) -> bool:
    """Whether they are remembered: clients choose them."""
    return len(b"".join(names)) <= _LONGEST


def head_of(upstream: Upstream, outbound: Outbound, now: datetime) -> bytes:
    """The request line and headers with a signature by the upstream's credentials, to the empty line; raises Ambiguous
    for a header that breaks its line."""
    stamp = _stamp(now)
    form = _form_of(upstream, outbound, stamp.date)
    values = [value for _, value in outbound.headers]
    method, path, query, hashed = (
        outbound.method.encode(),
        outbound.path,
        outbound.query,
        outbound.payload_hash.encode(),
    )
    if breaks_line(b"".join([method, path, query, hashed, *values])):
        raise Ambiguous("A header breaks its line.")
    parts = [method, b" ", path]
    if query:
        parts.append(b"?")
        parts.append(query)
    parts.append(form.begin)
    for at, value in enumerate(values):
        parts.append(form.before[at])
        parts.append(value)
    parts.append(b"\r\nx-amz-date: ")
    parts.append(stamp.encoded)
    if form.has_hash:
        parts.append(b"\r\nx-amz-content-sha256: ")
        parts.append(hashed)
    parts.append(form.end)
    parts.append(_signature(form, outbound, stamp) if form.signs else _UNCHECKED)
    if outbound.length is None:
        parts.append(b"\r\ntransfer-encoding: chunked")
    elif outbound.length or outbound.method in ("PUT", "POST", "PATCH"):
        parts.append(b"\r\ncontent-length: ")
        parts.append(str(outbound.length).encode())
    parts.append(b"\r\n\r\n")
    return b"".join(parts)


def _form_of(upstream: Upstream, outbound: Outbound, date: str) -> _Form:
    region, service = outbound.scope
    account_id = outbound.account_id if upstream.told else ""
    names = tuple([name for name, _ in outbound.headers])
    place = id(upstream), account_id, date, region, service, names
    form = _forms.get(place)
    if form is None:
        form = _Form(upstream, account_id, (date, region, service), names)
        if _is_short(names):
            if len(_forms) >= _MAX_FORMS:
                _forms.clear()
            _forms[place] = form
    return form


def _signature(form: _Form, outbound: Outbound, stamp: _Stamp) -> bytes:
    headers = [(b"host", form.host), *outbound.headers, (b"x-amz-date", stamp.encoded), *form.account]
    if form.has_hash:
        headers.append((b"x-amz-content-sha256", outbound.payload_hash.encode()))
    request = HttpRequest(outbound.method, outbound.path, outbound.query, headers, b"")
    secret: str = form.credentials.secret_access_key
    return sigv4.sign(request, form.signed, secret, form.scope, stamp.text, outbound.payload_hash).encode()


class _Stamp:
    """A second, as requests tell it."""

    def __init__(self, now: datetime) -> None:
        self.of = now
        self.text = format_timestamp(now)
        self.date = self.text[:8]
        self.encoded = self.text.encode()


class _Clock:
    """The second that was asked for last."""

    def __init__(self) -> None:
        self.stamp = _Stamp(datetime.fromtimestamp(0, UTC))


_CLOCK: Final = _Clock()


def _stamp(now: datetime) -> _Stamp:
    stamp = _CLOCK.stamp
    if stamp.of is not now:  # requests of one second have the same object
        stamp = _CLOCK.stamp = _Stamp(now)
    return stamp


_SIGNED = (b"host", b"content-type", b"x-amz-")


class _Passing:
    """Which of a request's headers are passed on, by their places: of requests for the same operation whose headers have
    the same names it is the same."""

    def __init__(self, operation: OperationModel, names: tuple[bytes, ...]) -> None:
        self.operation = operation  # held, since this is found by its identity
        own = frozenset([each.wire_name.lower().encode() for each in operation.inputs if each.location == "header"])
        self.places = [at for at, name in enumerate(names) if _is_passed(name, own)]


_passing: Final[dict[tuple[int, tuple[bytes, ...]], _Passing]] = {}
_MAX_PASSING: Final = 1024


def passed_headers(request: HttpRequest, operation: OperationModel) -> Headers:
    """The headers that are passed on: those of AWS's protocols, and the operation's own parameters. Raises Ambiguous where
    the Connection header names one of them: it would be left out, and was decided on."""
    headers: list[Any] = request.headers  # pairs, which need not be opened
    names = tuple([name for name, _ in request.headers])
    found = id(operation), names
    passing = _passing.get(found)
    if passing is None:
        passing = _Passing(operation, names)
        if _is_short(names):
            if len(_passing) >= _MAX_PASSING:
                _passing.clear()
            _passing[found] = passing
    passed = [headers[at] for at in passing.places]
    connection = request.index.get(b"connection")
    if connection is not None and len(_without(passed, connection)) != len(passed):
        raise Ambiguous("The header connection names a header that tells what is asked for.")
    return passed


def _is_passed(name: bytes, own: frozenset[bytes]) -> bool:
    return (name.startswith(_PASSED) or name in _PASSED_TOO or name in own) and name not in _KEPT


def answer_headers(headers: Headers, has_body: bool) -> Headers:
    """The headers of an upstream's answer, without those of the connection; where it `has_body`, without what tells
    the body's length, too: whoever sends it tells that."""
    passed, connections = [], []
    for header in headers:
        name = header[0]
        if name in _HOP_BY_HOP:
            if name == b"connection":
                connections.append(header[1])
        elif not has_body or name != b"content-length":
            passed.append(header)
    for value in connections:
        passed = _without(passed, value)
    return passed


def for_browsers(headers: Headers) -> Headers:
    """The headers of an answer that a browser may show as a page. It has the console's address: so it runs in a sandbox, as
    a page of nobody's, and leaves the console's cookies alone."""
    return [*[header for header in headers if header[0] not in _OF_SITES], _SANDBOX]


def _without(headers: Headers, connection: bytes) -> Headers:
    """Those that a Connection header does not name. What tells the length of a body is not the connection's affair."""
    nominated = {name.strip().lower() for name in connection.split(b",")} - {b"content-length"}
    return [header for header in headers if header[0] not in nominated]


def passed_query(query: bytes) -> bytes:
    """The query as sent, without what made a presigned request of it."""
    if not query or (query.find(b"X-") < 0 and query.find(b"%") < 0):  # the rule, but for presigned requests
        return query
    return b"&".join(pair for pair in query.split(b"&") if _name(pair) not in SIGNING_PARAMETERS)


def _name(pair: bytes) -> str:
    return unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")).decode("latin-1")

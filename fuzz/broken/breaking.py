"""Ways to break the bytes of a request: each takes them and gives others."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

_PATHS = (b"//", b"/./", b"/../", b"/%2e%2e/", b"/%2F", b"%", b"%00", b"\\", b"\xc3\xa9", b"#", b"?", b"/%c0%ae", b" ")
_LINES = (
    b"transfer-encoding: chunked",
    b"transfer-encoding: gzip, chunked",
    b"transfer-encoding : chunked",
    b"content-length: 0",
    b"content-length: -1",
    b"content-length: 99999999999999999999999",
    b"content-length: 5, 5",
    b"expect: 100-continue",
    b"expect: something",
    b"connection: close, te",
    b"connection: upgrade",
    b"upgrade: h2c",
    b"host: another.example",
    b"host:",
    b" folded: value",
    b"no colon",
    b": no name",
    b"na\x00me: value",
    b"name: val\x00ue",
    b"x-amz-security-token: none",
    b"x-amz-date: 20990101T000000Z",
    b"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    b"x-amz-decoded-content-length: 18446744073709551616",
    b"x-forwarded-for: 1.2.3.4, \xff",
    b"x-iamd-revision: 99999999999999999999",
    b"x-iamd-as-of: 0000-00-00",
    b"range: bytes=9-1",
    b"authorization: AWS4-ECDSA-P256-SHA256 Credential=x",
    b"authorization: Basic Og==",
    b"content-type: multipart/form-data; boundary=",
    b"content-encoding: aws-chunked,aws-chunked",
    b"cookie: " + b"a=b; " * 500,
)
_WORDS = (
    b"\x00",
    b"\xff\xfe",
    b"\r\n",
    b"\n",
    b"\r",
    b"'",
    b'"',
    b"{",
    b"<",
    b"&",
    b"=",
    b"9" * 40,
    b"-1",
    b"A" * 9_000,
)
_FIRST = (
    b"GET http://another.example/ HTTP/1.1",
    b"CONNECT another.example:443 HTTP/1.1",
    b"PRI * HTTP/2.0",
    b"OPTIONS * HTTP/1.1",
    b"TRACE / HTTP/1.1",
    b"get / HTTP/1.1",
    b"GET / HTTP/1.0",
    b"GET / HTTP/0.9",
    b"GET / HTTP/9.9",
    b"GET  / HTTP/1.1",
    b"GET /",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)

Breaking = Callable[[bytes, random.Random], bytes]


def broken(request: bytes, others: Sequence[bytes], choice: random.Random) -> bytes:
    """That request, broken at one place, or at two or three."""
    for _ in range(choice.choice((1, 1, 1, 2, 3))):
        way = choice.choice(_WAYS)
        request = _spliced(request, choice.choice(others), choice) if way is None else way(request, choice)
    return request


def _byte(request: bytes, choice: random.Random) -> bytes:
    """One byte another one, or of another bit."""
    at = choice.randrange(len(request) or 1)
    old = request[at : at + 1] or b"\x00"
    new = bytes([choice.choice((choice.randrange(256), old[0] ^ (1 << choice.randrange(8))))])
    return request[:at] + new + request[at + 1 :]


def _cut(request: bytes, choice: random.Random) -> bytes:
    return request[: choice.randrange(len(request) or 1)]


def _without_a_piece(request: bytes, choice: random.Random) -> bytes:
    at = choice.randrange(len(request) or 1)
    return request[:at] + request[at + choice.randrange(1, 40) :]


def _with_a_word(request: bytes, choice: random.Random) -> bytes:
    at = choice.randrange(len(request) or 1)
    return request[:at] + choice.choice(_WORDS) + request[at:]


def _another_line(request: bytes, choice: random.Random) -> bytes:
    """One more header, or one in place of another."""
    lines, body = _apart(request)
    at = choice.randrange(1, max(2, len(lines)))
    lines[at : at + choice.randrange(2)] = [choice.choice(_LINES)]
    return _joined(lines, body)


def _same_line(request: bytes, choice: random.Random) -> bytes:
    """A header twice, left out, or at another place."""
    lines, body = _apart(request)
    if len(lines) < 2:
        return request
    line = lines.pop(choice.randrange(1, len(lines)))
    for _ in range(choice.randrange(3)):
        lines.insert(choice.randrange(1, len(lines) + 1), line)
    return _joined(lines, body)


def _path(request: bytes, choice: random.Random) -> bytes:
    method, _, rest = request.partition(b" ")
    path, space, rest = rest.partition(b" ")
    at = choice.randrange(len(path) + 1)
    return method + b" " + path[:at] + choice.choice(_PATHS) + path[at:] + space + rest


def _first_line(request: bytes, choice: random.Random) -> bytes:
    _, _, rest = request.partition(b"\r\n")
    return choice.choice(_FIRST) + b"\r\n" + rest


def _line_ends(request: bytes, choice: random.Random) -> bytes:
    lines, body = _apart(request)
    return choice.choice((b"\n", b"\r", b"\r\r\n", b"\n\r\n")).join(lines) + b"\r\n\r\n" + body


def _in_pieces(request: bytes, choice: random.Random) -> bytes:
    """The body as chunks, of which some tell a wrong size."""
    lines, body = _apart(request)
    if choice.random() < 0.8:
        lines = [line for line in lines if not line.lower().startswith(b"content-length:")]
    size = choice.choice((b"%x" % len(body), b"0x5", b"-1", b"ffffffffffffffff1", b"5;a=b", b" 5", b"", b"zz"))
    end = choice.choice((b"0\r\n\r\n", b"0\r\nhost: x\r\n\r\n", b"0\r\n", b"0;\x00\r\n\r\n"))
    return _joined([*lines, b"transfer-encoding: chunked"], size + b"\r\n" + body + b"\r\n" + end)


def _large(request: bytes, choice: random.Random) -> bytes:
    """A head that is longer than a server takes, of few lines or many."""
    lines, body = _apart(request)
    more = choice.choice(([b"x-long: " + b"y" * 70_000], [b"x-%d: y" % number for number in range(3_000)]))
    return _joined([*lines, *more], body)


def _spliced(request: bytes, other: bytes, choice: random.Random) -> bytes:
    """The beginning of one, the end of another."""
    return request[: choice.randrange(len(request) + 1)] + other[choice.randrange(len(other) + 1) :]


def _apart(request: bytes) -> tuple[list[bytes], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def _joined(lines: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


_WAYS: Sequence[Breaking | None] = (
    *(_byte, _cut, _without_a_piece, _with_a_word, _another_line, _another_line, _same_line, _path),
    *(_first_line, _line_ends, _in_pieces, None, _byte, _with_a_word),
    *((_byte, _another_line, _path, _same_line) * 2),
    _large,
)

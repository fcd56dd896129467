"""Signatures and tokens: what nobody signed is refused, what botocore signs holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from urllib.parse import quote

from fuzz.guided.protocols import outcomes, request
from fuzz.guided.target import Target, fields
from iamd.caller import sigv4
from iamd.caller.payload import Payload
from iamd.caller.streamed import read as read_body
from iamd.caller.tokens import TokenKeys
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest
from tests.caller.peer import KEY_ID, NOW, SECRET, altered, check, sign

_KEYS = TokenKeys({1: b"k" * 32})
_CODINGS = (
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "UNSIGNED-PAYLOAD",
    "0" * 64,
)
_SIGNED = sign("POST", "/a/b?List=Users&Max=5", [("Content-Type", "text/plain")], b"Action=X", token="session")
_PRESIGNED = sign("GET", "/a?Action=GetCallerIdentity&Version=2011-06-15", body=b"", service="sts", presigned=True)


def _signature(data: bytes) -> object:
    """A request with a signature of any sort: nobody has the key, so that none holds but those of the samples."""
    asked = request(data)
    found = sigv4.read(asked)
    if found is None:
        return None
    payload = sigv4.payload_of(asked, found) if found.service == "s3" else None
    sigv4.verify(asked, found, SECRET, NOW, payload)
    assert {_meaning(asked)} <= {_meaning(each) for each in (_SIGNED, _PRESIGNED)}, (
        "a signature holds for another request"
    )
    return "holds"


def _meaning(asked: HttpRequest) -> tuple[object, ...]:
    """What a signature stands for."""
    query = sorted(pair for pair in asked.query.split(b"&") if not pair.startswith(b"X-Amz-Signature"))
    return asked.method, asked.path, tuple(query), sha256(asked.body).hexdigest(), asked.header(b"x-amz-date")


def _canonical(data: bytes) -> object:
    """What botocore signs holds, and does not for another body, path or query."""
    service, path, query, header, body = fields(data, 5)
    target = "/" + "".join(chr(each) for each in path if 0x20 < each < 0x7F and each not in b"?#")
    pairs = [pair.partition(b"=") for pair in query.split(b"&")] if query else []
    found = "&".join(f"{quote(key, safe='-_.~')}={quote(value, safe='-_.~')}" for key, _, value in pairs)
    told = "".join(chr(each) for each in header if 0x20 <= each < 0x7F)
    name = ("iam", "sts", "s3", "sqs")[len(service) % 4]
    if target.startswith("//") and name != "s3":
        return None  # a URL's host would be in it
    made = sign("POST", f"{target}?{found}" if found else target, [("X-Amz-Meta", told)], body, service=name)
    check(made)
    for other in (altered(made, body=body + b"x"), altered(made, path=made.path + b"x"), altered(made, query=b"x=y")):
        if other.query == made.query and other.path == made.path and other.body == made.body:
            continue
        try:
            check(other)
        except AwsError:
            continue
        raise AssertionError("a signature holds for another request")
    return KEY_ID


def _chunked(data: bytes) -> object:
    """A body in chunks: the same however it comes in, and no signed one without its signatures."""
    coding, body = data[:1], data[1:]
    claimed = _CODINGS[(coding or b"\0")[0] % len(_CODINGS)]

    async def read(pieces: AsyncIterator[bytes]) -> object:
        payload = Payload(claimed)
        payload.announce("x-amz-checksum-crc32")
        payload.signed(lambda text: sha256(b"key" + text).hexdigest(), "20150830T123600Z", "scope", "0" * 64)
        return b"".join([piece async for piece in read_body(payload, pieces)]), payload.trailers

    return outcomes(read, body)


def _chunks() -> Sequence[bytes]:
    """A signed body of two chunks, and an unsigned one with a trailer."""
    text, previous = b"", "0" * 64
    empty = sha256(b"").hexdigest()
    for chunk in (b"hello", b""):
        told = f"AWS4-HMAC-SHA256-PAYLOAD\n20150830T123600Z\nscope\n{previous}\n{empty}\n{sha256(chunk).hexdigest()}"
        previous = sha256(b"key" + told.encode()).hexdigest()
        text += b"%x;chunk-signature=%s\r\n%s\r\n" % (len(chunk), previous.encode(), chunk)
    return (b"\0" + text, b"\x02" + b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n")


def _written(asked: HttpRequest) -> bytes:
    lines = [b": ".join(header) for header in asked.headers]
    query = b"?" + asked.query if asked.query else b""
    return b"\n".join([asked.method.encode() + b" " + asked.path + query, *lines]) + b"\n\n" + asked.body


def _token(data: bytes) -> object:
    """A session token, as text or as what it is the armour of."""
    return _KEYS.open(data.decode("latin-1"))


def targets() -> Sequence[Target]:
    """Those of this module."""
    words = (
        *(
            "authorization: AWS4-HMAC-SHA256 Credential=",
            "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request",
            "SignedHeaders=",
        ),
        *("Signature=", "host;x-amz-date", "x-amz-date: 20150830T123600Z", "X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        *(
            "X-Amz-Credential=",
            "X-Amz-Expires=60",
            "X-Amz-SignedHeaders=host",
            "x-amz-content-sha256: UNSIGNED-PAYLOAD",
        ),
    )
    return (
        Target("signature", _signature, (AwsError,), words, lambda: [_written(_SIGNED), _written(_PRESIGNED)]),
        Target("canonical", _canonical, words=("%2F", "/../", "//", "/./", "&a=", "+", "%20", "a=b&a=c")),
        Target(
            "chunked", _chunked, words=("0\r\n\r\n", ";chunk-signature=", "x-amz-trailer-signature:"), samples=_chunks
        ),
        Target("token", _token, (AwsError,)),
    )

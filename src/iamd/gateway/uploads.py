"""Uploads of HTML forms to S3, signed by a POST policy: taken apart, and forwarded as the PutObject that does the same.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

from iamd.caller.claim import Signature
from iamd.caller.presigned import MAX_EXPIRES
from iamd.caller.signature import ALGORITHM, parse_credential, parse_timestamp
from iamd.caller.streamed import Pieces
from iamd.gateway import forms, post_policies
from iamd.gateway.answer import Answer
from iamd.gateway.exact.s3_keys import tags_in
from iamd.gateway.forms import Form
from iamd.gateway.outbound import Headers
from iamd.gateway.s3_requests import checked_key, place
from iamd.wire.errors import IncompleteSignature, MissingAuthenticationToken
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest
from iamd.wire.query_output import escape
from iamd.wire.s3_errors import IncompleteBody, InvalidArgument, MissingContentLength

_AT_ONCE = 1 << 20  # bytes of a file that is read before it is forwarded
_KEPT = (b"host", b"user-agent", b"x-forwarded-for", b"x-forwarded-proto")
# Fields that are headers of PutObject.
_HEADERS = frozenset(
    [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
    ]
)
_KINDS = ("x-amz-checksum-", "x-amz-meta-", "x-amz-object-lock-", "x-amz-server-side-encryption")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search
_ADDRESS = re.compile(r"https?://[!-~]+").fullmatch


class Upload:
    """A form whose file is still to come: its `signature` claims that the policy's words are the signer's."""

    def __init__(self, request: HttpRequest, bucket: str, form: Form) -> None:
        self.signature = _signature(form.fields)
        self._policy = post_policies.read(_required(form.fields, "policy"))  # sooner than what it says is believed
        self._request = request
        self._form = form
        self._bucket = bucket
        self._key = checked_key(_required(form.fields, "key").replace("${filename}", form.file_name))

    async def as_put(self, now: datetime) -> tuple[HttpRequest, Pieces]:
        """The request that puts the object, with its body; called when the signature holds.

        Raises AccessDenied where the policy is against it, EntityTooLarge and EntityTooSmall, and Ambiguous for a long
        file that is not the last field: its length must be known before it has come to its end.
        """
        fields = {**self._form.fields, "key": self._key, "bucket": self._bucket}
        self._policy.require(fields, now)
        length, pieces = await self._sized()
        self._policy.require_length(length)
        request = self._request
        headers = [header for header in request.headers if header[0] in _KEPT]
        headers += [*_put_headers(fields), (b"content-length", str(length).encode())]
        path = b"/" + quote(self._key, safe="/-_.~").encode()
        if not place(request).virtual:
            path = b"/" + self._bucket.encode() + path
        return HttpRequest("PUT", path, b"", headers, b"", request.client_ip, request.secure), pieces

    async def _sized(self) -> tuple[int, Pieces]:
        """The length of the file, and the file: a short one is read first, of another the form's length tells."""
        begun: list[bytes] = []
        size, file = 0, self._form.file()
        async for piece in file:
            begun.append(piece)
            size += len(piece)
            if size > _AT_ONCE:
                told = self._request.header(b"content-length")
                if told is None:
                    raise MissingContentLength
                length = int(told) - self._form.consumed - self._form.end
                return length, _of_length(_joined(begun, file), length)
        return size, _joined(begun, file)

    def answer(self, etag: bytes, request_id: str) -> Answer:
        """What the browser is told of an upload that went well, as the form asks for it."""
        fields, base = self._form.fields, f"{'https' if self._request.secure else 'http'}://"
        path = "/" + quote(self._key, safe="/-_.~")
        if not place(self._request).virtual:
            path = f"/{self._bucket}{path}"
        location = base + (self._request.header(b"host") or "") + path
        headers: Headers = [(b"etag", etag), (b"x-amz-request-id", request_id.encode())]
        url = fields.get("success_action_redirect", fields.get("redirect", ""))
        if _is_url(url):
            told = urlencode({"bucket": self._bucket, "key": self._key, "etag": etag.decode("latin-1")})
            url += ("&" if "?" in url else "?") + told
            return Answer(303, [*headers, (b"location", url.encode())], b"")
        headers.append((b"location", location.encode("latin-1")))
        status = fields.get("success_action_status")
        if status != "201":
            return Answer(200 if status == "200" else 204, headers, b"")
        told = "".join(
            f"<{name}>{escape(value)}</{name}>"
            for name, value in (
                ("Location", location),
                ("Bucket", self._bucket),
                ("Key", self._key),
                ("ETag", etag.decode("latin-1")),
            )
        )
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{told}</PostResponse>'.encode()
        return Answer(201, [*headers, (b"content-type", b"application/xml")], body)


def _is_url(text: str) -> bool:
    """Whether a browser can be led there; S3 passes over what it cannot interpret."""
    try:
        return _ADDRESS(text) is not None and bool(urlsplit(text).hostname)
    except ValueError:
        return False


async def read(request: HttpRequest, pieces: Pieces) -> Upload:
    """The form that is sent to a bucket, as far as its file. Raises AwsError for what is no such form, or not signed."""
    where = place(request)
    if where.bucket is None or where.key is not None or request.query:
        raise Ambiguous("A form is sent to a bucket, without key and query.")
    form = await forms.read(request.header(b"content-type") or "", pieces)
    return Upload(request, where.bucket, form)


def _signature(fields: Mapping[str, str]) -> Signature:
    """What the form claims. Raises MissingAuthenticationToken for a form without policy, IncompleteSignature,
    SignatureDoesNotMatch and InvalidArgument."""
    if "policy" not in fields:
        raise MissingAuthenticationToken
    if "awsaccesskeyid" in fields or _required(fields, "x-amz-algorithm") != ALGORITHM:
        raise IncompleteSignature(
            f"The authorization mechanism you have provided is not supported. Please use {ALGORITHM}."
        )
    stamp = _required(fields, "x-amz-date")
    timestamp = parse_timestamp(stamp)
    access_key_id, date, region, service = parse_credential(_required(fields, "x-amz-credential"), stamp)
    if service != "s3":
        raise IncompleteSignature("The credential of a form is scoped to s3.")
    return Signature(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        signed_headers=(),
        signature=_required(fields, "x-amz-signature"),
        timestamp=timestamp,
        stamp=stamp,
        token=fields.get("x-amz-security-token"),
        expires=MAX_EXPIRES,  # for which a signing key is valid; the policy has its own expiration
        presigned=True,
        policy=fields["policy"].encode(),
    )


def _required(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name)
    if not value:
        raise InvalidArgument(
            f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
        )
    return value


def _put_headers(fields: Mapping[str, str]) -> Headers:
    """The headers of PutObject that say what the fields say; raises Ambiguous for values that no header can have."""
    named = {name: value for name, value in fields.items() if name in _HEADERS or name.startswith(_KINDS)}
    if "acl" in fields:
        named["x-amz-acl"] = fields["acl"]
    if fields.get("tagging"):
        named["x-amz-tagging"] = urlencode(tags_in(fields["tagging"].encode()))
    if any(_CONTROL(value) for value in named.values()):
        raise Ambiguous("A field's value holds control characters.")
    named.setdefault("content-type", "binary/octet-stream")
    return [(name.encode(), value.encode()) for name, value in named.items()]


async def _joined(begun: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for piece in begun:
        yield piece
    async for piece in rest:
        yield piece


async def _of_length(pieces: AsyncIterator[bytes], length: int) -> AsyncIterator[bytes]:
    """The pieces; raises Ambiguous when they are not as long as the form's length tells."""
    size = 0
    try:
        async for piece in pieces:
            size += len(piece)
            if size > length:
                break
            yield piece
    except IncompleteBody:
        size = -1
    if size != length:
        raise Ambiguous("The file must be the last field of a form, so that its length is known before its end.")

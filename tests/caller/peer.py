"""botocore as the signing peer: requests as it signs them, in the form in which they come off the socket."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamd.caller import sigv4
from iamd.wire.http import HttpRequest

KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
HOST = "iamd.example:4500"


def sign(
    method: str = "POST",
    target: str = "/",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"Action=GetUser&Version=2010-05-08",
    *,
    service: str = "iam",
    token: str | None = None,
    presigned: bool = False,
    expires: int = 60,
    scheme: str = "http",
) -> HttpRequest:
    """A request signed by botocore at NOW, in its header or (`presigned`) in its query."""
    request = AWSRequest(method, f"{scheme}://{HOST}{target}", data=body)
    for name, value in headers:
        request.headers.add_header(name, value)
    credentials = Credentials(KEY_ID, SECRET, token)
    kind = ("S3" if service == "s3" else "") + ("SigV4QueryAuth" if presigned else "SigV4Auth")
    extra = {"expires": expires} if presigned else {}
    with patch.object(auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None)):
        getattr(auth, kind)(credentials, service, "us-east-1", **extra).add_auth(request)
    return received(request, b"" if presigned else body)


def received(request: AWSRequest, body: bytes) -> HttpRequest:
    """The bytes of a signed request as a server reads them."""
    url = urlsplit(request.url)
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in request.headers.items()]
    return HttpRequest(
        method=request.method,
        path=url.path.encode(),
        query=url.query.encode(),
        headers=[(b"host", HOST.encode()), *headers],
        body=body,
    )


def check(request: HttpRequest, now: datetime = NOW, secret: str = SECRET) -> sigv4.Signature:
    """Read and verify, as a caller does; returns the signature when it holds."""
    signature = sigv4.read(request)
    assert signature is not None
    sigv4.verify(request, signature, secret, now)
    return signature


def altered(request: HttpRequest, **changes: object) -> HttpRequest:
    """A copy with other parts; `headers` given as a dict replace or add single headers, None removes one."""
    headers = list(request.headers)
    new = changes.pop("headers", {})
    assert isinstance(new, dict)
    for name, value in new.items():
        headers = [(other, old) for other, old in headers if other != name]
        if value is not None:
            headers.append((name, value))
    parts = {"method": request.method, "path": request.path, "query": request.query, "body": request.body}
    return HttpRequest(**{**parts, **changes}, headers=headers)  # type: ignore[arg-type]

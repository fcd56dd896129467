"""The public door as a hostile client sees it: raw HTTP, signed or not, and answers taken apart strictly."""

from __future__ import annotations

import http.client
import json
import re
import select
import socket
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.live import ROOT_KEY, ROOT_SECRET

VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
FORM = "application/x-www-form-urlencoded"
ROOT = {"AccessKeyId": ROOT_KEY, "SecretAccessKey": ROOT_SECRET}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_INTERNAL = re.compile(r"Traceback|File \"|site-packages|iamd\.[a-z_]+\.[a-z_]+|<class '|Error\(|object at 0x|sqlite")

Params = Mapping[str, str] | Iterable[tuple[str, str]] | bytes


@dataclass(frozen=True)
class Answered:
    """One answer; `code` is empty when the call succeeded."""

    status: int
    headers: dict[str, str]
    body: bytes
    code: str = ""
    message: str = ""

    @property
    def request_id(self) -> str:
        return self.headers["x-amzn-requestid"]

    @property
    def revision(self) -> int:
        return int(self.headers["x-iamd-revision"])

    def refused(self, code: str, status: int | None = None) -> Answered:
        """Assert that it is this refusal."""
        assert self.code == code, (self.code, self.message)
        assert status is None or self.status == status
        return self


def understood(response: http.client.HTTPResponse) -> Answered:
    """Read an answer and hold it to the form that every answer has, failures above all."""
    body = response.read()
    headers = {name.lower(): value for name, value in response.getheaders()}
    assert _UUID.fullmatch(headers["x-amzn-requestid"])
    assert "date" in headers
    if response.status == 200:
        return Answered(200, headers, body)
    code, message, request_id = _failure(headers, body)
    assert code
    assert request_id == headers["x-amzn-requestid"]
    assert not _INTERNAL.search(message), message
    return Answered(response.status, headers, body, code, message)


def _failure(headers: Mapping[str, str], body: bytes) -> tuple[str, str, str]:
    if headers["content-type"] == "text/xml":
        root = ElementTree.fromstring(body)
        namespace, _, name = root.tag.rpartition("}")
        assert name == "ErrorResponse"
        texts = {element.tag.removeprefix(namespace + "}"): element.text or "" for element in root.iter()}
        assert texts["Type"] in ("Sender", "Receiver")
        return texts["Code"], texts["Message"], texts["RequestId"]
    told = json.loads(body)
    if "__type" in told:
        assert headers["x-amzn-errortype"] == told["__type"]
        return told["__type"], told.get("message", told.get("Message")), headers["x-amzn-requestid"]
    if "Error" not in told:  # REST-JSON has the code in a header
        return headers["x-amzn-errortype"], told["message"], headers["x-amzn-requestid"]
    return told["Error"]["Code"], told["Error"]["Message"], told["RequestId"]


def _ended(sock: socket.socket) -> bool:
    readable, _, _ = select.select([sock], [], [], 0)
    return bool(readable)


class Door:
    """Sends requests over one connection that is kept alive, as long as the server keeps it."""

    def __init__(self, endpoint: str) -> None:
        url = urlsplit(endpoint)
        self.endpoint = endpoint
        self.host = url.netloc
        self.address = (url.hostname or "", url.port or 0)
        self._connection = http.client.HTTPConnection(*self.address, timeout=20)

    def close(self) -> None:
        self._connection.close()

    def request(self, action: str, params: Mapping[str, str], service: str = "iam") -> bytes:
        """A signed call as the bytes that go over the wire."""
        body = urlencode({"Action": action, "Version": VERSIONS[service], **params}).encode()
        headers = signed(self.host, "POST", "/", {"content-type": FORM}, body, service)
        return plain("POST", "/", {**headers, "content-length": str(len(body))}, body)

    def call(self, action: str, params: Params = (), *, service: str = "iam", **more: Any) -> Answered:
        """A signed call in the Query protocol; `params` given as bytes are appended to the form as they are."""
        version = more.pop("version", VERSIONS[service])
        form = urlencode({"Action": action, "Version": version}).encode()
        rest = params if isinstance(params, bytes) else urlencode(list(dict(params).items())).encode()
        return self.post(form + b"&" * bool(rest) + rest, service=service, **more)

    def post(
        self,
        body: bytes,
        *,
        service: str = "iam",
        key: Mapping[str, Any] = ROOT,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        target: str = "/",
    ) -> Answered:
        """A signed request with that body."""
        sent = {"content-type": FORM, **(headers or {})}
        return self.send(method, target, signed(self.host, method, target, sent, body, service, key), body)

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answered:
        """A request as it is given."""
        if self._connection.sock is not None and _ended(self._connection.sock):
            self._connection.close()  # by the server, after nothing came for a while; the next request opens it again
        self._connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {"host": self.host, "content-length": str(len(body)), **headers}.items():
            self._connection.putheader(name, value.encode("utf-8"))
        self._connection.endheaders(body)
        return understood(self._connection.getresponse())

    def raw(self, *pieces: bytes, finish: bool = False) -> bytes:
        """Send bytes over a connection of their own, and return everything until the server closes it.

        `finish` shuts down our side first; else the server has to end the connection by itself.
        """
        with closing(socket.create_connection(self.address, timeout=20)) as connection:
            for piece in pieces:
                connection.sendall(piece)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            received = []
            while chunk := connection.recv(65536):
                received.append(chunk)
            return b"".join(received)


def signed(
    host: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    service: str = "iam",
    key: Mapping[str, Any] = ROOT,
    region: str = "us-east-1",
) -> dict[str, str]:
    """The headers with a signature made by botocore."""
    request = AWSRequest(method, f"http://{host}{target}", data=body, headers=dict(headers))
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"], key.get("SessionToken"))
    SigV4Auth(credentials, service, region).add_auth(request)
    return {"host": host, **dict(request.headers.items())}


def plain(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as the bytes that go over the wire."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body

"""A client that says what it knows: done, refused, or unknown because the server went away meanwhile."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_TIMEOUT = 30.0  # seconds: longer than any pause


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with the moments around it. The status is 0 when there was none; `sent` tells whether there could be
    one: nobody listened else, and nothing has happened."""

    sent: bool
    status: int
    body: bytes
    revision: int | None
    started: float
    ended: float


class Client:
    """Calls of a service in the Query protocol to one node over a connection that is opened again when it breaks; no call is sent twice."""

    def __init__(self, port: int, service: str = "iam", version: str = "2010-05-08") -> None:
        self._service, self._version = service, version
        self._host = f"127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)

    def call(self, key: Credentials, action: str, parameters: Mapping[str, str], revision: int | None = None) -> Answer:
        """Send it, and wait for what comes; `revision` is what it must be answered from at least."""
        body = urlencode({"Action": action, "Version": self._version, **parameters}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if revision is not None:
            headers["x-iamd-revision"] = str(revision)
        request = AWSRequest("POST", f"http://{self._host}/", data=body, headers=headers)
        SigV4Auth(key, self._service, "us-east-1").add_auth(request)
        started = time.monotonic()
        try:
            if self._connection.sock is None:
                self._connection.connect()
        except OSError:
            return Answer(False, 0, b"", None, started, time.monotonic())
        try:
            self._connection.request("POST", "/", body, dict(request.headers.items()))
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(True, 0, b"", None, started, time.monotonic())
        told = response.headers.get("x-iamd-revision")
        return Answer(True, response.status, content, int(told) if told else None, started, time.monotonic())

    def close(self) -> None:
        """Forget the connection."""
        with suppress(OSError):
            self._connection.close()

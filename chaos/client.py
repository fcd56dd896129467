"""A client that says what it knows: done, refused, or unknown because the server went away meanwhile."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from chaos.requests import Request, query

_TIMEOUT = 30.0  # seconds: longer than any pause
_CODE = re.compile(rb'"(?:Code|__type)": ?"(?:[\w.]+#)?(\w+)"|<Code>(\w+)</Code>')  # in JSON, and in XML
_DENIALS = frozenset({"AccessDenied", "AccessDeniedException"})
_NOBODY = frozenset({"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException"})
_SKEWED = re.compile(rb"Signature (?:expired|not yet current): ")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with the moments around it. The status is 0 when there was none; `sent` tells whether there could be
    one: nobody listened else, and nothing has happened. `skew` is what was added to this machine's clock to sign; `how`
    tells which revisions went along and came back, and with whom."""

    sent: bool
    status: int
    body: bytes
    revision: int | None
    started: float
    ended: float
    skew: float = 0.0
    how: str = ""

    @property
    def code(self) -> str:
        """The error's code; empty where there is none."""
        found = _CODE.search(self.body) if self.status >= 400 else None
        return "" if found is None else (found[1] or found[2]).decode()

    @property
    def is_decided(self) -> bool:
        """Whether a decision was made: the caller was allowed, or denied."""
        return self.status == 200 or self.code in _DENIALS

    @property
    def is_nobody(self) -> bool:
        """Whether it was refused because the key is nobody's, or not active."""
        return self.code in _NOBODY

    @property
    def is_skewed(self) -> bool:
        """Whether it was refused because the clocks of client and server differ."""
        return self.code == "SignatureDoesNotMatch" and _SKEWED.search(self.body) is not None


class Carried:
    """The newest revision that any of some clients was told."""

    def __init__(self) -> None:
        self.revision: int | None = None
        self._lock = threading.Lock()

    def note(self, revision: int) -> None:
        """One of them was told this."""
        with self._lock:
            self.revision = max(revision, self.revision or 0)


class Client:
    """Calls of a service in the Query protocol to one node over a connection that is opened again when it breaks; no call
    is sent twice. As AWS's SDKs do, it signs by the server's clock once the server has refused its own."""

    def __init__(
        self,
        port: int,
        service: str = "iam",
        version: str = "2010-05-08",
        space: AbstractContextManager[Any] | None = None,
        carried: Carried | None = None,
    ) -> None:
        """`space` enters the network namespace of the node. `carried` is shared with other clients, on several nodes."""
        self._service, self._version = service, version
        self._space = space or nullcontext()
        self._carried = carried
        self._host = f"127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        self._skew = 0.0

    def call(self, key: Credentials, action: str, parameters: Mapping[str, str], *, fresh: bool = False) -> Answer:
        """Send an operation of the service; as `send`."""
        return self.send(key, query(self._service, action, parameters, self._version), fresh=fresh)

    def send(
        self, key: Credentials, asked: Request, *, fresh: bool = False, apart: bool = False, number: int | None = None
    ) -> Answer:
        """Send it, and wait for what comes; a `fresh` answer is of what is carried at least. Revisions of another account
        than that of what is carried stay `apart`. A `number` is told as the user agent, which events record."""
        started = time.monotonic()
        # INVARIANT: what others were told before this began is carried, so it is looked up behind the beginning, and
        # noted in front of the end.
        revision = self._carried.revision if fresh and self._carried is not None else None
        more = {"x-iamd-revision": str(revision)} if revision is not None else {}
        if number is not None:
            more["user-agent"] = agent(number)
        request = AWSRequest(
            asked.method, f"http://{self._host}{asked.path}", data=asked.body, headers={**asked.headers, **more}
        )
        skew = self._skew
        _Signer(key, asked.service, skew).add_auth(request)
        try:
            if self._connection.sock is None:
                with self._space:
                    self._connection.connect()
        except OSError:
            return Answer(False, 0, b"", None, started, time.monotonic(), skew)
        try:
            self._connection.request(asked.method, asked.path, asked.body, dict(request.headers.items()))
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(True, 0, b"", None, started, time.monotonic(), skew)
        told = response.headers.get("x-iamd-revision")
        reached = int(told) if told and not apart else None
        if self._carried is not None and reached is not None:
            self._carried.note(reached)
        how = f"{self._host} {asked.service} {response.status}, revision {told or '-'} for {revision or '-'}"
        answer = Answer(True, response.status, content, reached, started, time.monotonic(), skew, how)
        if answer.is_skewed:
            self._skew = parsedate_to_datetime(response.headers["date"]).timestamp() - time.time()
        return answer

    def close(self) -> None:
        """Forget the connection."""
        with suppress(OSError):
            self._connection.close()


def agent(number: int) -> str:
    """The user agent that tells a change from all others."""
    return f"chaos/{number}"


def number_of(user_agent: str) -> int | None:
    """The number of a change by its user agent; None for what is none of ours."""
    begin, _, number = user_agent.partition("/")
    return int(number) if begin == "chaos" else None


class _Signer(SigV4Auth):  # type: ignore[misc]
    """Signs as if it were so many seconds later."""

    def __init__(self, key: Credentials, service: str, skew: float) -> None:
        super().__init__(key, service, "us-east-1")
        self._skew = skew

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = datetime.fromtimestamp(time.time() + self._skew, UTC).strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)

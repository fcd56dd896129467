"""Clients of the authorization API, synchronous and asynchronous. They keep connections, and may be shared by threads or
tasks."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from . import messages
from .messages import Decision, Garbled, Principal, Question

if TYPE_CHECKING:
    from aiohttp import ClientSession

_JSON = {"content-type": "application/json"}
_KEPT = 32  # connections that nobody uses
_EVALUATION, _EVALUATIONS = "/access/v1/evaluation", "/access/v1/evaluations"

T = TypeVar("T")
Answer = tuple[int, Mapping[str, str], bytes]
Headers = Iterable[tuple[str, str]]


class Unavailable(Exception):
    """iamd did not answer, or answered neither yes nor no; nothing may be taken as allowed."""


class _Address:
    """Where iamd is, and the caller's own token."""

    def __init__(self, url: str, token: str | None, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"`{url}` is no URL of a server")
        self.url = url.rstrip("/")
        self.secure, self.host, self.port = parts.scheme == "https", parts.hostname, parts.port
        self.path = parts.path.rstrip("/")
        self.timeout = timeout
        self.headers = {**_JSON, **({"authorization": f"Bearer {token}"} if token else {})}


class Client:
    """A synchronous client of the iamd at a URL; `token` is the program's own, which may `iamd:Evaluate`.

    `with` closes the connections that it keeps, and so does `close`.
    """

    def __init__(self, url: str, token: str | None = None, timeout: float = 2.0) -> None:
        self._address = _Address(url, token, timeout)
        self._idle: list[http.client.HTTPConnection] = []  # whose methods are atomic

    def evaluate(self, question: Question) -> Decision:
        """Ask one question; raises Unavailable."""
        answer = self._send("POST", _EVALUATION, messages.question_body(question), self._address.headers)
        return _read(lambda: messages.decision(_content(answer)))

    def evaluate_many(self, questions: Sequence[Question]) -> list[Decision]:
        """Ask several questions at once, 1,000 at most; raises Unavailable."""
        if not questions:
            return []
        answer = self._send("POST", _EVALUATIONS, messages.questions_body(questions), self._address.headers)
        return _read(lambda: messages.decisions(_content(answer), len(questions)))

    def invoke(self, api: str, method: str, target: str, host: str, headers: Headers) -> Principal:
        """Whose request to an API it is, that may pass: by its own signature or token. Raises Refused, Unavailable."""
        answer = self._send("GET", messages.invoke_path(api), None, messages.forwarded(method, target, host, headers))
        return _read(lambda: messages.invoked(*answer))

    def close(self) -> None:
        """Close the connections; the next question opens others."""
        while (connection := self._kept()) is not None:
            connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """The answer; a connection that was kept and has died meanwhile is replaced once."""
        kept = self._kept()
        if kept is not None:
            try:
                return self._exchange(kept, method, path, body, headers)
            except (OSError, http.client.HTTPException):
                self.close()  # the others will hardly have lived longer; a question may be asked twice
        try:
            return self._exchange(self._connect(), method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{self._address.url}: {error}") from error

    def _kept(self) -> http.client.HTTPConnection | None:
        """A connection that nobody uses, to be used by the caller alone."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _connect(self) -> http.client.HTTPConnection:
        address = self._address
        kind = http.client.HTTPSConnection if address.secure else http.client.HTTPConnection
        return kind(address.host, address.port, timeout=address.timeout)

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        """The answer over that connection, which is kept afterwards unless something goes wrong."""
        try:
            connection.request(method, self._address.path + path, body, dict(headers))
            response = connection.getresponse()
            answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < _KEPT:
            self._idle.append(connection)
        else:
            connection.close()
        return answer


class AsyncClient:
    """The same for asyncio, with aiohttp; `async with` closes its connections, and so does `close`."""

    def __init__(self, url: str, token: str | None = None, timeout: float = 2.0) -> None:
        self._address = _Address(url, token, timeout)
        self._session: ClientSession | None = None

    async def evaluate(self, question: Question) -> Decision:
        """Ask one question; raises Unavailable."""
        answer = await self._send("POST", _EVALUATION, messages.question_body(question), self._address.headers)
        return _read(lambda: messages.decision(_content(answer)))

    async def evaluate_many(self, questions: Sequence[Question]) -> list[Decision]:
        """Ask several questions at once, 1,000 at most; raises Unavailable."""
        if not questions:
            return []
        answer = await self._send("POST", _EVALUATIONS, messages.questions_body(questions), self._address.headers)
        return _read(lambda: messages.decisions(_content(answer), len(questions)))

    async def invoke(self, api: str, method: str, target: str, host: str, headers: Headers) -> Principal:
        """Whose request to an API it is, that may pass: by its own signature or token. Raises Refused, Unavailable."""
        told = messages.forwarded(method, target, host, headers)
        answer = await self._send("GET", messages.invoke_path(api), None, told)
        return _read(lambda: messages.invoked(*answer))

    async def close(self) -> None:
        """Close the connections; the next question opens others."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        from aiohttp import ClientError, ClientSession, ClientTimeout

        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=self._address.timeout))
        try:
            async with self._session.request(
                method, self._address.url + path, data=body, headers=headers, allow_redirects=False
            ) as response:
                content = await response.read()
                return response.status, {name.lower(): value for name, value in response.headers.items()}, content
        except (ClientError, OSError, TimeoutError) as error:
            raise Unavailable(f"{self._address.url}: {error or 'no answer in time'}") from error


def _content(answer: Answer) -> bytes:
    status, _, content = answer
    if status != 200:
        raise Garbled(f"iamd answered {status}: {content[:500].decode(errors='replace')}")
    return content


def _read(reading: Callable[[], T]) -> T:
    """What an answer says; raises Unavailable for one that says nothing."""
    try:
        return reading()
    except Garbled as error:
        raise Unavailable(str(error)) from error

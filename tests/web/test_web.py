"""Clients and middleware, with the frameworks that they are for and a running iamd."""

from __future__ import annotations

import asyncio
import http.server
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamd.web import (
    PUBLIC,
    AskMiddleware,
    AsyncClient,
    Client,
    Entity,
    InvokeMiddleware,
    InvokeWsgiMiddleware,
    Question,
    Refused,
    Unavailable,
)
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET, Live
from tests.web.conftest import asgi, example, send, wsgi

ALICE, TODO = Entity("user", "alice"), Entity("todo", "1", {"owner": "alice"})
READ, DELETE = Question(ALICE, "read", TODO), Question(ALICE, "delete", TODO)
NOWHERE = "http://127.0.0.1:1"


def test_clients_ask(iamd: Live, token: str) -> None:
    with Client(iamd.endpoint, token) as client:
        _ask(client)


def _ask(client: Client) -> None:
    assert client.evaluate(READ)
    denied = client.evaluate(DELETE)
    assert not denied
    assert "todo:delete" in denied.reason
    assert (
        client.evaluate(Question(Entity("user", "nobody"), "read", TODO)).reason
        == f"account {ACCOUNT} has no user `nobody`"
    )
    assert [each.allowed for each in client.evaluate_many([READ, DELETE, READ])] == [True, False, True]
    assert client.evaluate_many([]) == []


def test_asynchronous_clients_ask_alike(iamd: Live, token: str) -> None:
    async def run() -> None:
        async with AsyncClient(iamd.endpoint, token) as client:
            assert await client.evaluate(READ)
            assert [each.allowed for each in await client.evaluate_many([READ, DELETE])] == [True, False]
            assert await client.evaluate_many([]) == []
            await client.close()
            assert await client.evaluate(READ)

    asyncio.run(run())


def test_nothing_is_allowed_when_nobody_answers(iamd: Live) -> None:
    for url, token in ((NOWHERE, "x"), (iamd.endpoint, "wrong"), (f"{iamd.endpoint}/elsewhere", "x")):
        with pytest.raises(Unavailable), Client(url, token) as client:
            client.evaluate(READ)

        async def ask(url: str = url, token: str = token) -> None:
            async with AsyncClient(url, token) as client:
                await client.evaluate(READ)

        with pytest.raises(Unavailable):
            asyncio.run(ask())


@pytest.mark.parametrize("url", ["", "iamd:4500", "ftp://iamd", "http://iamd/?a=b"])
def test_urls_are_checked(url: str) -> None:
    with pytest.raises(ValueError, match="no URL of a server"):
        Client(url)


class Liar(http.server.BaseHTTPRequestHandler):
    """A server that answers what it is told to, and hangs up now and then."""

    body = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def liar() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    "body", [b"", b"yes", b"true", b"[]", b"{}", b'{"decision": 1}', b'{"decision": "true"}', b'{"decision": null}']
)
def test_only_a_decision_decides(liar: str, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(Liar, "body", body)
    with pytest.raises(Unavailable), Client(liar) as client:
        client.evaluate(READ)
    monkeypatch.setattr(Liar, "body", b'{"evaluations": [' + (body or b"7") + b"]}")
    with pytest.raises(Unavailable), Client(liar) as client:
        client.evaluate_many([READ])


def test_connections_that_died_are_replaced(liar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Liar, "body", json.dumps({"decision": False, "context": {"error": 7}}).encode())
    with Client(liar) as client:  # HTTP/1.0: every answer closes the connection
        assert [client.evaluate(READ).allowed for _ in range(3)] == [False] * 3


def test_kept_connections_may_have_died(iamd: Live, token: str) -> None:
    with Client(iamd.endpoint, token) as client:
        assert client.evaluate(READ)
        kept = client._idle[0].sock
        assert kept is not None
        kept.shutdown(socket.SHUT_RDWR)
        assert client.evaluate(READ)


def test_threads_share_a_client(iamd: Live, token: str) -> None:
    with Client(iamd.endpoint, token) as client, ThreadPoolExecutor(8) as pool:
        assert all(pool.map(client.evaluate, [READ] * 40))


@pytest.fixture
def todos(iamd: Live, token: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with asgi(example("fastapi_app", monkeypatch, iamd.endpoint, token).app) as url:
        yield url


def test_fastapi(todos: str) -> None:
    alice, stranger = {"x-user": "alice"}, {"x-user": "mallory"}
    assert send(f"{todos}/todos/1", headers=alice).json["text"] == "Water the plants"
    assert send(f"{todos}/todos/1?text=Done", method="PUT", headers=alice).json["text"] == "Done"
    assert send(f"{todos}/todos/2?text=Done", method="PUT", headers=alice).status == 403
    assert send(f"{todos}/todos/3", headers=alice).status == 403
    assert send(f"{todos}/todos/1", headers=stranger).status == 403
    unknown = send(f"{todos}/todos/1")
    assert (unknown.status, unknown.headers["www-authenticate"]) == (401, 'Bearer realm="iamd"')


def test_fastapi_without_iamd(monkeypatch: pytest.MonkeyPatch) -> None:
    with asgi(example("fastapi_app", monkeypatch, NOWHERE, "x").app) as url:
        assert send(f"{url}/todos/1", headers={"x-user": "alice"}).status == 503


def test_flask(iamd: Live, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = example("flask_app", monkeypatch, iamd.endpoint, token)
    with module.iamd, wsgi(module.app) as url:
        assert send(f"{url}/todos/1", headers={"x-user": "alice"}).body == b"todo 1"
        assert send(f"{url}/todos/1", method="DELETE", headers={"x-user": "alice"}).status == 403
        assert send(f"{url}/todos/1").status == 401
        assert send(f"{url}/health").body == b"well"
    with wsgi(example("flask_app", monkeypatch, NOWHERE, "x").app) as url:
        assert send(f"{url}/todos/1", headers={"x-user": "alice"}).status == 503


def signed(url: str) -> dict[str, str]:
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(ROOT_KEY, ROOT_SECRET), "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def test_asgi_for_clients_that_sign(iamd: Live, alices: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with asgi(example("asgi_app", monkeypatch, iamd.endpoint).app) as url:
        assert send(f"{url}/open/1?a=b", headers=alices).body.decode() == f"Hello, arn:aws:iam::{ACCOUNT}:user/alice\n"
        assert send(f"{url}/secret", headers=alices).status == 403
        assert send(f"{url}/open/../secret", headers=alices).status == 403
        assert send(f"{url}/open/1", {}, headers=alices).status == 403
        assert send(f"{url}/open/1").status == 401
        spoofed = {"x-forwarded-uri": "/open/1", "x-iamd-principal": "root", "x-iamd-subject": "user/alice"}
        assert send(f"{url}/secret", headers=alices | spoofed).status == 403
        target = f"{url}/any%20where?x=1"
        assert send(target, headers=signed(target)).body.decode() == f"Hello, arn:aws:iam::{ACCOUNT}:root\n"
        assert send(f"{url}/other", headers=signed(target)).status == 401
    with asgi(example("asgi_app", monkeypatch, NOWHERE).app) as url:
        assert send(f"{url}/open/1", headers=alices).status == 503


def test_wsgi_for_clients_that_sign(iamd: Live, alices: dict[str, str]) -> None:
    def hello(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["iamd.principal"].arn.encode()]

    with Client(iamd.endpoint) as client, wsgi(InvokeWsgiMiddleware(hello, client, "hello")) as url:
        assert send(f"{url}/open/1", headers=alices).body.decode() == f"arn:aws:iam::{ACCOUNT}:user/alice"
        assert send(f"{url}/secret", headers=alices).status == 403
        assert send(f"{url}/open/1").status == 401
        target = f"{url}/any%20where?x=1"
        assert send(target, headers=signed(target)).status == 200
    with wsgi(InvokeWsgiMiddleware(hello, Client(NOWHERE), "hello")) as url:
        assert send(f"{url}/open/1", headers=alices).status == 503

    def told(status: str, headers: Any) -> None:
        assert status == "403 Forbidden"

    middleware = InvokeWsgiMiddleware(hello, Client(iamd.endpoint), "hello")
    assert b"".join(middleware({"REQUEST_METHOD": "GET", "PATH_INFO": "/open/1"}, told))


def called(client: AsyncClient, make: Callable[[AsyncClient], Any], type_: str, **scope: Any) -> list[Any]:
    """What an ASGI application sends."""
    sent: list[Any] = []

    async def send_(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def run() -> None:
        async with client:
            await make(client)({"type": type_, **scope}, receive, send_)

    asyncio.run(run())
    return sent


def test_asgi_for_applications_that_know_their_users(iamd: Live, token: str) -> None:
    async def inner(scope: Any, receive: Any, send_: Any) -> None:
        await send_({"type": "passed"})

    def through(answer: Any, url: str = iamd.endpoint, type_: str = "http") -> Any:
        sent = called(AsyncClient(url, token), lambda client: AskMiddleware(inner, client, lambda scope: answer), type_)
        return sent[0].get("status") or sent[0].get("code") or sent[0]["type"]

    assert through(READ) == "passed"
    assert through(PUBLIC, NOWHERE) == "passed"
    assert through(None, NOWHERE, "lifespan") == "passed"
    assert through(DELETE) == 403
    assert through(None) == 401
    assert through("anything else") == 403
    assert through(READ, NOWHERE) == 503
    assert through(None, type_="websocket") == 1008


def test_servers_that_hide_the_path_are_refused(iamd: Live) -> None:
    async def inner(scope: Any, receive: Any, send_: Any) -> None:
        raise AssertionError("it passed")

    told = {"method": "GET", "path": "/open/1", "headers": []}
    sent = called(AsyncClient(iamd.endpoint), lambda client: InvokeMiddleware(inner, client, "hello"), "http", **told)
    assert sent[0]["status"] == 403


def test_a_client_tells_whose_request_it_is(iamd: Live, alices: dict[str, str]) -> None:
    with Client(iamd.endpoint) as client:
        principal = client.invoke("hello", "GET", "/open/1", "hello.example", alices.items())
        with pytest.raises(Refused, match="not authorized to perform: execute-api:Invoke") as refused:
            client.invoke("hello", "GET", "/secret", "hello.example", alices.items())
    assert (principal.arn, principal.account_id) == (f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT)
    assert principal.user_id.startswith("AIDA")
    assert refused.value.status == 403


def test_no_framework_is_imported() -> None:
    told = "import sys, iamd.web, iamd.web.fastapi; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert not {"fastapi", "starlette", "flask", "aiohttp", "botocore", "iamd.wire"} & set(ran.stdout.split())

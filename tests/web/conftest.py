"""A running iamd with two users and a program's token, and applications behind real servers."""

from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from werkzeug.serving import make_server

from tests.authorization.conftest import document, send, token_of
from tests.live import ACCOUNT, Live, live

__all__ = ["send"]

OWN = {"StringEquals": {"authzen:ResourceProperty/owner": "${aws:username}"}}
ALICE = (
    {"Action": "todo:read", "Resource": "*"},
    {"Action": "todo:update", "Resource": "*", "Condition": OWN},
    {"Action": "execute-api:Invoke", "Resource": f"arn:aws:execute-api:*:{ACCOUNT}:hello/*/GET/open/*"},
)


@pytest.fixture(scope="session")
def iamd() -> Iterator[Live]:
    with live() as server:
        iam = server.client("iam")
        for name, statements in {"alice": ALICE, "pep": ({"Action": "iamd:Evaluate", "Resource": "*"},)}.items():
            iam.create_user(UserName=name)
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        yield server


@pytest.fixture(scope="session")
def token(iamd: Live) -> str:
    secret: str = token_of(iamd.client("iam"), "pep")["ServiceCredentialSecret"]
    return secret


@pytest.fixture(scope="session")
def alices(iamd: Live) -> dict[str, str]:
    """The header with alice's token."""
    return {"authorization": f"Bearer {token_of(iamd.client('iam'), 'alice')['ServiceCredentialSecret']}"}


@contextmanager
def asgi(app: Any) -> Iterator[str]:
    """Serve an ASGI application with uvicorn; its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        ready = threading.Event()
        begin = server.startup

        async def startup(sockets: Any = None) -> None:
            await begin(sockets)
            ready.set()

        server.startup = startup  # type: ignore[method-assign]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(30)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


@contextmanager
def wsgi(app: Any) -> Iterator[str]:
    """Serve a WSGI application with werkzeug; its URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(30)
    server.server_close()


def example(name: str, monkeypatch: pytest.MonkeyPatch, url: str, token: str = "") -> Any:
    """The module of an example, as it would be where these are set."""
    monkeypatch.setenv("IAMD_URL", url)
    monkeypatch.setenv("IAMD_TOKEN", token)
    spec = importlib.util.spec_from_file_location(name, Path("examples/web", f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

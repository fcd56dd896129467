"""Proxies that ask before they let a request pass: nginx as it is, Traefik and Envoy by what they send."""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.authorization.forwarded import Ambiguous, plain_path
from tests.authorization.conftest import MakeUser, Reply, send, token_of
from tests.live import ACCOUNT, Live

EXAMPLES = Path("examples/forward-auth")
ITEMS = f"arn:aws:execute-api:*:{ACCOUNT}:orders/*/GET/items/*"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or "nginx"


class Service(http.server.BaseHTTPRequestHandler):
    """A service that tells what reaches it."""

    def do_GET(self) -> None:
        told = f"{self.command} {self.path} {self.headers.get('X-Iamd-Principal')}".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def nginx(running_server: Live, service: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of nginx with the example's configuration."""
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    example = (EXAMPLES / "nginx.conf").read_text()
    for shown, real in (
        ("127.0.0.1:8080", f"127.0.0.1:{port}"),
        ("127.0.0.1:8081", service),
        ("127.0.0.1:4500", running_server.endpoint.removeprefix("http://")),
    ):
        assert shown in example
        example = example.replace(shown, real)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = (
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off;\n{paths}{example} }}\n"
    )
    (folder / "nginx.conf").write_text(whole)
    with subprocess.Popen([NGINX, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]) as process:
        listens = threading.Event()
        while process.poll() is None and not listens.is_set():
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    listens.set()
        assert listens.is_set(), (folder / "error.log").read_text()
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def token(iam: Any, user: MakeUser) -> str:
    """The bearer token of alice, who may read the items of orders."""
    user("alice", {"Action": "execute-api:Invoke", "Resource": ITEMS})
    secret: str = token_of(iam, "alice")["ServiceCredentialSecret"]
    return secret


@pytest.fixture
def key(iam: Any, token: str) -> Credentials:
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def signed(key: Credentials, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> dict[str, str]:
    request = AWSRequest(method, url, data=body or None, headers={k.replace("_", "-"): v for k, v in headers.items()})
    SigV4Auth(key, "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_nginx_lets_pass_whom_iamd_does(nginx: str, token: str, key: Credentials) -> None:
    passed = send(f"{nginx}/items/1?all=1", headers=bearer(token) | {"x-iamd-principal": "the boss"})
    alice = f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert (passed.status, passed.body.decode()) == (200, f"GET /items/1?all=1 {alice}")
    url = f"{nginx}/items/a%20b?x=%2F"
    assert send(url, headers=signed(key, url)).body.decode() == f"GET /items/a%20b?x=%2F {alice}"


def test_nginx_lets_nobody_name_a_subject(nginx: str, token: str, proxy: dict[str, str]) -> None:
    named = proxy | {"x-iamd-subject": "user/alice"}
    assert send(f"{nginx}/items/1", headers=named).status == 401
    assert send(f"{nginx}/items/1", headers=named | bearer(token)).status == 200


def test_nginx_refuses_the_others(nginx: str, token: str, key: Credentials) -> None:
    assert send(f"{nginx}/items/1").status == 401
    assert send(f"{nginx}/items/1", headers=bearer("IAMDabc")).status == 401
    assert send(f"{nginx}/orders/1", headers=bearer(token)).status == 403
    assert send(f"{nginx}/items/1", {}, headers=bearer(token)).status == 403
    assert send(f"{nginx}/items/../orders/1", headers=bearer(token)).status == 403
    assert send(f"{nginx}/items/%2e%2e/orders/1", headers=bearer(token)).status == 403
    assert send(f"{nginx}/items/2", headers=signed(key, f"{nginx}/items/1")).status == 401
    spoofed = {"x-forwarded-uri": "/items/1", "x-forwarded-method": "GET", "x-iamd-subject": "user/alice"}
    assert send(f"{nginx}/orders/1", headers=bearer(token) | spoofed).status == 403


def asked(server: Live, token: str | None, **told: str) -> Reply:
    """What iamd answers to Traefik."""
    headers = {f"X-Forwarded-{name}": value for name, value in told.items()} | (bearer(token) if token else {})
    return send(f"{server.endpoint}/_iamd/forward-auth/orders", headers=headers)


def test_traefik(server: Live, token: str) -> None:
    middleware = yaml.safe_load((EXAMPLES / "traefik.yaml").read_text())["http"]["middlewares"]["iam"]["forwardAuth"]
    assert middleware["address"].endswith("/_iamd/forward-auth/orders")
    passed = asked(
        server, token, Method="GET", Uri="/items/1?x=1", Host="orders.example", Proto="https", For="192.0.2.1"
    )
    assert passed.status == 200
    assert all(passed.headers[name] for name in middleware["authResponseHeaders"])
    assert not [name for name in middleware["authRequestHeaders"] if name.lower().startswith(("x-iamd", "x-forw"))]
    assert asked(server, token, Method="DELETE", Uri="/items/1").status == 403
    assert asked(server, None, Method="GET", Uri="/items/1").status == 401
    assert asked(server, token, Method="GET").status == 403
    assert asked(server, token, Method="get", Uri="/items/1").status == 403


@pytest.mark.parametrize("word", ["AWS4-HMAC-SHA256 Credential=x", "AWS4-ECDSA-P256-SHA256 Credential=x", "Basic YTpi"])
def test_a_signature_that_cannot_be_read_is_no_reason_to_sign_in(server: Live, word: str) -> None:
    headers = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/items/1", "Authorization": word}
    answer = send(f"{server.endpoint}/_iamd/forward-auth/orders", headers=headers)
    assert (answer.status, "www-authenticate" in answer.headers) == (403, False)


def test_envoy(server: Live, token: str, key: Credentials) -> None:
    text = (EXAMPLES / "envoy.yaml").read_text()
    prefix = re.search(r"path_prefix: (\S+)", text)
    assert yaml.safe_load(text)
    assert prefix is not None
    url = f"{server.endpoint}{prefix[1]}"
    assert send(f"{url}/items/1?x=1", headers=bearer(token)).headers["x-iamd-principal"].endswith("user/alice")
    assert send(f"{url}/orders/1", headers=bearer(token)).status == 403
    assert send(f"{url}/items/1", method="DELETE", headers=bearer(token)).status == 403
    assert send(url, headers=bearer(token)).status == 403
    # Envoy keeps the client's Host and path: those are signed.
    host = signed(key, "http://orders.example/items/1?x=1")
    assert send(f"{url}/items/1?x=1", headers=host | {"host": "orders.example"}).status == 200
    assert send(f"{url}/items/1?x=2", headers=host | {"host": "orders.example"}).status == 401


def test_bodies_must_be_said_to_be_signed(server: Live, iam: Any, user: MakeUser) -> None:
    user("writer", {"Action": "execute-api:Invoke", "Resource": "*"})
    made = iam.create_access_key(UserName="writer")["AccessKey"]
    key = Credentials(made["AccessKeyId"], made["SecretAccessKey"])
    url, digest = "http://orders.example/items", hashlib.sha256(b"test").hexdigest()

    def status(body: bytes, **headers: str) -> int:
        given = signed(key, url, "POST", body, **headers)
        told = {"X-Forwarded-Method": "POST", "X-Forwarded-Uri": "/items", "X-Forwarded-Host": "orders.example"}
        return send(f"{server.endpoint}/_iamd/forward-auth/orders", headers=given | told).status

    assert status(b"") == 200
    assert status(b"test") == 401
    assert status(b"test", X_Amz_Content_SHA256=digest) == 200
    assert status(b"test", X_Amz_Content_SHA256="UNSIGNED-PAYLOAD") == 401


@pytest.fixture
def proxy(iam: Any, user: MakeUser) -> dict[str, str]:
    """The headers of a proxy that has signed clients in itself."""
    user("proxy", {"Action": "iamd:NameSubject", "Resource": "*"})
    return {"x-iamd-token": token_of(iam, "proxy")["ServiceCredentialSecret"]}


@pytest.mark.parametrize(
    ("subject", "uri", "status"),
    [
        ("user/alice", "/items/1", 200),
        (f"arn:aws:iam::{ACCOUNT}:user/alice", "/items/1", 200),
        ("user/alice", "/orders/1", 403),
        ("user/nobody", "/items/1", 403),
        ("user/proxy", "/items/1", 403),
        ("group/all", "/items/1", 403),
        ("", "/items/1", 401),
        ("user/", "/items/1", 401),
    ],
)
def test_proxies_may_name_whom_they_have_signed_in(
    server: Live, token: str, proxy: dict[str, str], subject: str, uri: str, status: int
) -> None:
    told = proxy | {"x-iamd-subject": subject, "x-forwarded-method": "GET", "x-forwarded-uri": uri}
    answer = send(f"{server.endpoint}/_iamd/forward-auth/orders", headers=told)
    assert answer.status == status, answer.body
    if status == 200:
        assert answer.headers["x-iamd-principal"].endswith("user/alice")
        assert answer.headers["x-iamd-user-id"].startswith("AIDA")


def test_nobody_else_may(server: Live, iam: Any, user: MakeUser, token: str, proxy: dict[str, str]) -> None:
    user("pep", {"Action": ["iamd:Evaluate", "iamd:Search*"], "Resource": "*"})
    pep = token_of(iam, "pep")["ServiceCredentialSecret"]
    told = {"x-iamd-subject": "user/alice", "x-forwarded-method": "GET", "x-forwarded-uri": "/items/1"}
    url = f"{server.endpoint}/_iamd/forward-auth/orders"
    assert send(url, headers=told).status == 401
    assert send(url, headers=told | bearer(token)).status == 401
    assert send(url, headers=told | {"x-iamd-token": "IAMDabc"}).status == 401
    assert send(url, headers=told | {"x-iamd-token": token}).status == 403  # alice is no proxy
    assert send(url, headers=told | {"x-iamd-token": pep}).status == 403  # who may ask is none either
    assert send(url, headers=proxy | {"x-forwarded-method": "GET", "x-forwarded-uri": "/items/1"}).status == 401


def test_other_services_signatures_are_refused(server: Live, key: Credentials) -> None:
    request = AWSRequest("GET", "http://orders.example/items/1")
    SigV4Auth(key, "s3", "us-east-1").add_auth(request)
    told = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/items/1", "X-Forwarded-Host": "orders.example"}
    answer = send(f"{server.endpoint}/_iamd/forward-auth/orders", headers=dict(request.headers.items()) | told)
    assert answer.status == 401


def test_apis_have_names(server: Live, token: str) -> None:
    told: Mapping[str, str] = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/items/1"} | bearer(token)
    for name in ("", "Orders", "orders/items", "a" * 64):
        assert send(f"{server.endpoint}/_iamd/forward-auth/{name}", headers=told).status == 403


@given(st.binary(max_size=40))
@settings(max_examples=200)
def test_a_path_that_passes_has_one_reading(tail: bytes) -> None:
    try:
        text = plain_path(b"/" + tail)
    except Ambiguous:
        return
    assert "//" not in text
    assert not {".", ".."} & set(text.split("/"))
    assert "\\" not in text
    assert text.count("/") == tail.count(b"/") + 1
    assert text.isprintable() or not text.isascii()

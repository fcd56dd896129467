"""An OpenID Connect issuer on loopback: https with certificates of its own, discovery, keys that rotate, ID tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from tests.services.iam.pki import Issued, issue, private_pem, rsa_key

AUDIENCE = "sts.amazonaws.com"
SUBJECT = "repo:octo-org/app:ref:refs/heads/main"
DISCOVERY = "/.well-known/openid-configuration"
_numbers = count()


def thumbprint(issued: Issued) -> str:
    return hashlib.sha1(issued.certificate.public_bytes(Encoding.DER)).hexdigest()


def signing_key(alg: str = "RS256", which: str = "") -> RSAKey | ECKey:
    """A private key for an algorithm; the RSA one is the same for the same `which`."""
    if alg.startswith("ES"):
        return ECKey.generate_key({"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[alg])
    return RSAKey.import_key(private_pem(rsa_key(2048, which)))


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Issuer:
    """A running issuer. `pages` answers by path: bytes, or (status, headers, bytes), or a function of the query or form
    and the headers that makes one of these; `asked` lists what was asked."""

    def __init__(self, port: int, path: str = "") -> None:
        self.host = f"localhost:{port}{path}"
        self.url = f"https://{self.host}"
        self.asked: list[str] = []
        self.pages: dict[str, Any] = {}
        self.slow = threading.Event()
        self.slow.set()
        self.rotate()

    def rotate(self, alg: str = "RS256", kid: str | None = None) -> None:
        """Sign with another key from now on, and publish that one alone."""
        self.kid, self.alg = kid or f"key-{next(_numbers)}", alg
        self.key = signing_key(alg, self.kid if alg == "RS256" else "")
        self.publish({**self.key.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": alg})

    def publish(self, *keys: dict[str, Any], **discovery: Any) -> None:
        path = self.url.removeprefix("https://").partition("/")[2]
        prefix = f"/{path}" if path else ""
        told = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **discovery}
        self.pages[prefix + DISCOVERY] = json.dumps(told).encode()
        self.pages[prefix + "/keys"] = json.dumps({"keys": list(keys)}).encode()

    def claims(self, age: int = 0, **claims: Any) -> dict[str, Any]:
        now = int(time.time()) - age
        told = {"iss": self.url, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 600, **claims}
        return {name: value for name, value in told.items() if value is not None}

    def token(self, age: int = 0, header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        """A token; a claim or a part of the header that is None is left out."""
        named = {"alg": self.alg, "kid": self.kid, "typ": "JWT", **(header or {})}
        protected = {name: value for name, value in named.items() if value is not None}
        registry = jws.JWSRegistry(algorithms=[self.alg], strict_check_header=False)
        body = json.dumps(self.claims(age, **claims))
        return jws.serialize_compact(protected, body, key or self.key, registry=registry)


@contextmanager
def issuer(folder: Path, *chain: Issued, path: str = "") -> Iterator[Issuer]:
    """Serve until the block ends; `chain` is shown, its first certificate being the server's own."""
    (folder / "chain.pem").write_text("".join(each.pem for each in chain))
    (folder / "key.pem").write_text(chain[0].key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    server = _Server(("127.0.0.1", 0), _handler(lambda: running))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    running = Issuer(server.server_address[1], path)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        running.slow.set()
        server.shutdown()
        server.server_close()
        thread.join()


def own_certificate() -> Issued:
    """A self-signed one, as developers have."""
    return issue("localhost", ca=True, hosts=("localhost",))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no matter."""


def _handler(running: Callable[[], Issuer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            issuer = running()
            issuer.asked.append(self.path)
            issuer.slow.wait(10)
            path, _, query = self.path.partition("?")
            self._answer(issuer.pages.get(self.path) or issuer.pages.get(path, (404, {}, b"")), query)

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            self._answer(running().pages.get(self.path, (404, {}, b"")), self.rfile.read(length).decode())

        def _answer(self, page: Any, given: str) -> None:
            if callable(page):
                page = page(dict(parse_qsl(given)), self.headers)
            status, headers, body = (200, {}, page) if isinstance(page, bytes) else page
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler

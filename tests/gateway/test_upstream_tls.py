"""TLS to upstreams: whose certificate is trusted, which one they are shown, and that renewed files count."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from iamd.gateway.connections import Connections
from iamd.gateway.origins import Identification, Origin
from iamd.gateway.upstreams import Upstreams
from iamd.server import tls
from iamd.serving import serve
from iamd.settings import SettingsError, load
from iamd.wire.errors import ServiceUnavailable
from iamd.wire.gateway_errors import BadGateway
from iamd.wire.tls_files import BadCertificate
from tests.live import live

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
BUCKETS = b"<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"


class Authority:
    """An authority with a folder of its own; `issue` writes NAME.crt and NAME.key there."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file = folder / f"{name}.pem"
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file.write_bytes(self._signed(self._name, self._key).public_bytes(serialization.Encoding.PEM))

    def issue(self, subject: str, file: str = "") -> Path:
        """The file of a certificate for a subject on this machine, with its key beside it."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._signed(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]), key)
        path = self._folder / f"{file or subject}.crt"
        plain = serialization.NoEncryption()
        path.with_suffix(".key").write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        )
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        return path

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=subject == self._name, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )


@contextmanager
def demanding(authority: Authority) -> Iterator[tuple[str, list[str]]]:
    """The URL of a server that serves nobody without a certificate of that authority, and who asked it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            shown: Any = self.connection
            asked.append(dict(pair for (pair,) in shown.getpeercert()["subject"])["commonName"])
            self.send_response(200)
            self.send_header("content-length", str(len(BUCKETS)))
            self.end_headers()
            self.wfile.write(BUCKETS)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Who shows no certificate is dropped in the handshake."""

    certificate = authority.issue("upstream")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def soon(holds: Callable[[], bool]) -> None:
    """Wait for what is about to be so."""
    end = monotonic() + 20
    while not holds():
        assert monotonic() < end
        sleep(0.02)


def test_an_upstream_is_shown_the_certificate_that_is_in_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_LOOKS_EVERY", 0.02)
    authority = Authority(tmp_path, "ours")
    certificate = authority.issue("gateway", "client")
    with demanding(authority) as (url, asked):
        files = {
            "upstream_authorities": f"*={authority.file}",
            "upstream_certificate": f"s3={certificate}",
            "upstream_key": f"s3={certificate.with_suffix('.key')}",
        }
        with live(upstream={"s3": url, "sqs": url}, **files) as server:
            s3 = server.client("s3")
            for _ in range(2):
                assert s3.list_buckets()["Buckets"] == []
            assert asked == ["gateway"] * 2
            with pytest.raises(ClientError) as raised:  # it has none for this one, nor a connection of the other's
                server.client("sqs").list_queues()
            assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] in (502, 503)

            authority.issue("renewed", "client")
            soon(lambda: s3.list_buckets()["Buckets"] == [] and asked[-1] == "renewed")


def test_who_is_not_trusted_or_not_known_gets_nothing(tmp_path: Path) -> None:
    ours, others = Authority(tmp_path, "ours"), Authority(tmp_path, "others")
    known, strange = ours.issue("known"), others.issue("strange")

    async def ask(url: str, by: Identification) -> bytes:
        connections = Connections(5)
        try:
            return await (await connections.send(Origin(url, by.files()), "GET", GET, b"")).read(1000)
        finally:
            connections.close()

    with demanding(ours) as (url, asked):
        assert asyncio.run(ask(url, Identification(ours.file, known, known.with_suffix(".key")))) == BUCKETS
        for by in (Identification(), Identification(others.file, known, known.with_suffix(".key"))):
            with pytest.raises(ServiceUnavailable, match="cannot be reached"):
                asyncio.run(ask(url, by))
        for by in (Identification(ours.file), Identification(ours.file, strange, strange.with_suffix(".key"))):
            with pytest.raises((BadGateway, ServiceUnavailable)):  # TLS 1.3 tells after the handshake
                asyncio.run(ask(url, by))
        assert asked == ["known"]


def test_upstreams_that_are_connected_to_alike_share_connections(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    one, other = "https://one.example", "https://other.example"
    by = dict.fromkeys(("s3", "sqs", "sns", "*"), Identification(authority.file))
    urls = {"s3": one, "sqs": one, "sns": other, "*": "http://one.example"}
    upstreams = Upstreams(urls, identified=by)
    assert len(upstreams.tls_files) == 1
    by["sns"] = Identification(Authority(tmp_path, "another").file)
    assert len(Upstreams(urls, identified=by).tls_files) == 2
    assert not Upstreams({"s3": "http://one.example"}, identified=by).tls_files


def test_files_that_cannot_be_used_are_refused_at_the_start(tmp_path: Path) -> None:
    certificate = Authority(tmp_path, "ours").issue("gateway")
    key = certificate.with_suffix(".key")

    def refused(upstream: str = "s3=https://127.0.0.1:9", **files: Any) -> str:
        given = {name: f"s3={file}" for name, file in files.items()}
        with pytest.raises((SettingsError, BadCertificate)) as raised:
            asyncio.run(serve(load({"in_memory": True, "port": 0, "upstream": upstream} | given, {}), lambda *_: None))
        return str(raised.value)

    gone = tmp_path / "gone.pem"
    assert refused(upstream_authorities=gone) == f"{gone} cannot be read: No such file or directory"
    assert refused(upstream_authorities=key) == f"{key} holds no PEM certificates"
    swapped = refused(upstream_certificate=key, upstream_key=certificate)
    assert swapped.endswith("are no PEM certificate and key")
    assert "`upstream_key` does not: set both" in refused(upstream_certificate=certificate)
    assert "`upstream_certificate` does not: set both" in refused(upstream_key=key)
    assert "no upstream with an https URL" in refused("s3=http://127.0.0.1:9", upstream_authorities=certificate)
    assert "no upstream with an https URL" in refused("*=https://127.0.0.1:9", upstream_authorities=certificate)

"""The listener's own TLS: clients that trust the certificate are served, and a renewed one counts without a restart."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import boto3
import pytest
import uvicorn
import uvloop
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from iamd.server import crowd, handshakes
from iamd.server.front import Front
from iamd.server.tls import ServerCertificate
from iamd.settings import SettingsError, load
from iamd.wire.tls_files import BadCertificate
from tests.live import ROOT_KEY, ROOT_SECRET, live


def write(
    folder: Path, name: str = "one", certificate: str = "tls.crt", key: str = "tls.key", secret: bytes = b""
) -> None:
    """A certificate for this machine that signs itself, with a name to tell it by."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    encryption = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    (folder / certificate).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / key).write_bytes(
        private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )


def shown(server: ServerCertificate) -> str:
    """The name on the certificate that a handshake gets, without a network."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(back, there)
    serving = server.context.wrap_bio(there, back, server_side=True)
    for _ in range(4):
        for side in (client, serving):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    der = client.getpeercert(binary_form=True)
    assert der is not None
    return str(x509.load_der_x509_certificate(der).subject.rfc4514_string())


def test_a_client_that_trusts_the_certificate_is_served_and_policies_see_that_it_came_over_tls(tmp_path):
    write(tmp_path)
    files = {"tls_certificate": str(tmp_path / "tls.crt"), "tls_key": str(tmp_path / "tls.key")}
    with live(**files) as server:
        assert server.endpoint.startswith("https://127.0.0.1:")

        def client(key, secret):
            return boto3.client(
                "iam",
                endpoint_url=server.endpoint,
                region_name="us-east-1",
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                verify=str(tmp_path / "tls.crt"),
                config=Config(retries={"max_attempts": 0}),
            )

        root = client(ROOT_KEY, ROOT_SECRET)
        root.create_user(UserName="alice")
        root.put_user_policy(
            UserName="alice",
            PolicyName="over-tls",
            PolicyDocument='{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*",'
            ' "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}',
        )
        key = root.create_access_key(UserName="alice")["AccessKey"]
        assert client(key["AccessKeyId"], key["SecretAccessKey"]).get_user()["User"]["UserName"] == "alice"

        address = server.endpoint.removeprefix("https://")
        with pytest.raises(ssl.SSLCertVerificationError):
            http.client.HTTPSConnection(address, context=ssl.create_default_context()).request("GET", "/_iamd/health")
        plain = http.client.HTTPConnection(address)
        plain.request("GET", "/_iamd/health")
        with pytest.raises((http.client.HTTPException, ConnectionError)):  # in the clear nothing is answered
            plain.getresponse()


def test_a_renewed_certificate_counts_from_the_next_handshake_on(tmp_path):
    write(tmp_path, "one")
    server = ServerCertificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    assert shown(server) == "CN=one"
    assert server.context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert not server.files.look()
    write(tmp_path, "two")
    assert shown(server) == "CN=one"
    assert server.files.look()
    assert shown(server) == "CN=two"


def test_half_of_a_renewal_leaves_the_certificate_that_counted(tmp_path):
    write(tmp_path, "one")
    server = ServerCertificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    write(tmp_path, "two", certificate="tls.crt", key="later.key")
    with pytest.raises(BadCertificate, match="do not belong together"):
        server.files.look()
    assert shown(server) == "CN=one"
    (tmp_path / "later.key").rename(tmp_path / "tls.key")
    assert server.files.look()
    assert shown(server) == "CN=two"
    (tmp_path / "tls.crt").unlink()
    with pytest.raises(BadCertificate, match=r"tls\.crt cannot be read"):
        server.files.look()
    assert shown(server) == "CN=two"


def test_what_cannot_be_used_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(BadCertificate, match=r"tls\.crt cannot be read: No such file"):
        ServerCertificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    write(tmp_path, secret=b"a passphrase")
    with pytest.raises(BadCertificate, match="the key is encrypted"):
        ServerCertificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    (tmp_path / "tls.key").write_text("no key")
    with pytest.raises(BadCertificate, match="are no PEM certificate and key"):
        ServerCertificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    with pytest.raises(SettingsError, match="`tls_certificate` is set without `tls_key`"):
        load({"tls_certificate": str(tmp_path / "tls.crt")}, {})


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run])
def test_who_does_not_finish_a_handshake_counts_and_is_given_up(tmp_path, monkeypatch, runner):
    monkeypatch.setattr(crowd, "place_of", lambda address: address)  # this machine's own are not counted
    monkeypatch.setattr(handshakes, "SECONDS", 0.5)
    write(tmp_path)
    trusting = ssl.create_default_context(cafile=str(tmp_path / "tls.crt"))
    counted = crowd.Crowd(2)
    server = uvicorn.Server(
        uvicorn.Config(
            _hello,
            http=handshakes.Handshakes(
                Front(1000, 60.0, None, counted),
                ServerCertificate(tmp_path / "tls.crt", tmp_path / "tls.key").context,
            ),
            log_config=None,
        )
    )

    async def check():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            silent = [await asyncio.open_connection(*address) for _ in range(4)]
            refused = list(asyncio.as_completed([reader.read() for reader, _ in silent[2:]]))
            assert [await each for each in refused] == [b"", b""]
            assert counted._greeted == {"127.0.0.1": 2}
            assert [await reader.read() for reader, _ in silent[:2]] == [b"", b""]  # nothing came for too long
            garbage = await asyncio.open_connection(*address)
            garbage[1].write(b"GET / HTTP/1.1\r\n\r\n")
            assert b"HTTP" not in await garbage[0].read()
            open_ = []
            for _ in range(2):
                reader, writer = await asyncio.open_connection(*address, ssl=trusting)
                writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                assert (await reader.readline()).startswith(b"HTTP/1.1 200")
                open_.append((reader, writer))
            assert (counted._greeted, counted._open) == ({}, {"127.0.0.1": 2})
            with pytest.raises(ConnectionError):
                await asyncio.open_connection(*address, ssl=trusting)
            for _, writer in (*silent, garbage, *open_):
                writer.close()
            server.should_exit = True
            await serving
            assert (counted._greeted, counted._open) == ({}, {})

    runner(check())


async def _hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})

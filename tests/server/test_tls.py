"""The listener's own TLS: clients that trust the certificate are served, and a renewed one counts without a restart."""

from __future__ import annotations

import http.client
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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

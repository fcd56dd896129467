"""What the metadata service tells, and in which form."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from iamd.agent.source import NoCredentials, Profile
from tests.agent.support import NOW, PROFILE, ROLE, Agent


def test_the_listings_are_those_of_ec2():
    agent = Agent(instance={"role": ROLE})
    assert "latest" in agent.ask("/", x_aws_ec2_metadata_token=agent.token()).body.decode().split("\n")
    assert agent.read("") == "dynamic/\nmeta-data/"
    assert {"iam/", "instance-id", "placement/"} <= set((agent.read("meta-data/") or "").split("\n"))
    assert agent.read("meta-data/iam/") == "security-credentials/"
    assert agent.read("meta-data/iam/security-credentials/") == "web"
    assert agent.read("meta-data/iam/security-credentials") == "web"
    assert agent.read("meta-data/iam/security-credentials/other") is None
    assert agent.read("meta-data/instance-id/more") is None
    assert agent.read("user-data") is None
    assert agent.ask("/1066-10-14/meta-data/iam/", x_aws_ec2_metadata_token=agent.token()).status == 404


def test_the_facts_are_those_of_the_configuration():
    agent = Agent(
        region="eu-central-1",
        instance={"role": ROLE, "id": "i-0123456789abcdef0", "type": "m7g.large", "private_ip": "10.1.2.3"},
    )
    assert agent.read("meta-data/instance-id") == "i-0123456789abcdef0"
    assert agent.read("meta-data/placement/region") == "eu-central-1"
    assert agent.read("meta-data/placement/availability-zone") == "eu-central-1a"
    assert agent.read("meta-data/local-hostname") == "ip-10-1-2-3.eu-central-1.compute.internal"
    assert agent.read("meta-data/services/partition") == "aws"


def test_credentials_have_the_exact_form():
    agent = Agent(instance={"role": ROLE, "id": "i-0123456789abcdef0"})
    told = agent.read("meta-data/iam/security-credentials/web")
    assert told is not None
    assert list(json.loads(told).items()) == [
        ("Code", "Success"),
        ("LastUpdated", "2026-11-21T12:00:00Z"),
        ("Type", "AWS-HMAC"),
        ("AccessKeyId", "ASIA1"),
        ("SecretAccessKey", "secret1"),
        ("Token", "token1"),
        ("Expiration", "2026-11-21T13:00:00Z"),
    ]
    assert '"Code" : "Success"' in told
    (asked,) = agent.source.asked
    assert (asked.role_arn, asked.service, asked.session_name) == (ROLE, "ec2.amazonaws.com", "i-0123456789abcdef0")


def test_a_role_that_does_not_trust_ec2_is_told_as_ec2_tells_it():
    agent = Agent(instance={"role": ROLE})
    agent.source.failure = NoCredentials("AccessDenied: secret things", refused=True)
    told = json.loads(agent.read("meta-data/iam/security-credentials/web") or "")
    assert told["Code"] == "AssumeRoleUnauthorizedAccess"
    assert told["Message"].startswith("EC2 cannot assume the role web. Please see documentation at ")
    assert "secret" not in json.dumps(told)


def test_an_instance_profile_lends_its_role():
    agent = Agent(instance={"profile": PROFILE})
    assert agent.read("meta-data/iam/security-credentials/") is None
    assert json.loads(agent.read("meta-data/iam/info") or "")["Code"] == "InstanceProfileNotFound"
    agent.source.profiles[PROFILE] = Profile(PROFILE, "AIPAEXAMPLE", ROLE)
    assert json.loads(agent.read("meta-data/iam/info") or "") == {
        "Code": "Success",
        "LastUpdated": "2026-11-21T12:00:00Z",
        "InstanceProfileArn": PROFILE,
        "InstanceProfileId": "AIPAEXAMPLE",
    }
    assert agent.read("meta-data/iam/security-credentials/") == "web"
    agent.source.profiles.clear()
    assert agent.read("meta-data/iam/security-credentials/") == "web"  # for a minute
    agent.clock.forward(minutes=1)
    assert agent.read("meta-data/iam/security-credentials/") is None


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signer")
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "instances")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=9))
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key").write_bytes(key.private_bytes(*pem))
    (folder / "certificate").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key, {"key_file": str(folder / "key"), "certificate_file": str(folder / "certificate")}


def test_the_identity_document_can_be_signed(signer):
    key, files = signer
    agent = Agent(instance={"role": ROLE, **files})
    document = agent.read("dynamic/instance-identity/document") or ""
    assert json.loads(document)["accountId"] == "123456789012"
    assert json.loads(document)["pendingTime"] == "2026-11-21T12:00:00Z"
    signature = base64.b64decode(agent.read("dynamic/instance-identity/signature") or "")
    key.public_key().verify(signature, document.encode(), padding.PKCS1v15(), hashes.SHA256())
    structure = base64.b64decode(agent.read("dynamic/instance-identity/pkcs7") or "")
    assert document.encode() in structure
    assert agent.read("dynamic/instance-identity/") == "document\npkcs7\nrsa2048\nsignature"


def test_an_unsigned_document_has_no_signature():
    agent = Agent(instance={"role": ROLE})
    assert agent.read("dynamic/instance-identity/document")
    assert agent.read("dynamic/instance-identity/signature") is None

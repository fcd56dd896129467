"""The instance identity document and its signatures.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from iamd.agent.config import ConfigError, Instance
from iamd.agent.replies import iso


@dataclass(frozen=True, slots=True)
class Signer:
    """The key and the certificate that sign identity documents."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def signature(self, document: str) -> str:
        """RSA (PKCS #1) with SHA-256, in base64."""
        signed = self.key.sign(document.encode(), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signed).decode()

    def pkcs7(self, document: str) -> str:
        """A PKCS #7 structure that holds the document, in base64 lines without the marks around them."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(document.encode())
        builder = builder.add_signer(self.certificate, self.key, hashes.SHA256())
        made = builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoAttributes])
        return base64.encodebytes(made).decode().strip()


def signer_of(instance: Instance) -> Signer | None:
    """The signer that the configuration names, if it names one; raises ConfigError."""
    if instance.key_file is None or instance.certificate_file is None:
        return None
    try:
        key = serialization.load_pem_private_key(Path(instance.key_file).read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(Path(instance.certificate_file).read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"`key_file` and `certificate_file` must be readable PEM files: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
        raise ConfigError("`key_file` must be the RSA key of `certificate_file`")
    return Signer(key, certificate)


def document(instance: Instance, account_id: str, region: str, started: datetime) -> str:
    """The document, as EC2 writes it."""
    told = {
        "accountId": account_id,
        "architecture": instance.architecture,
        "availabilityZone": instance.zone or f"{region}a",
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": instance.image,
        "instanceId": instance.id,
        "instanceType": instance.type,
        "kernelId": None,
        "pendingTime": iso(started),
        "privateIp": instance.private_ip,
        "ramdiskId": None,
        "region": region,
        "version": "2017-09-30",
    }
    return json.dumps(told, indent=2, separators=(",", " : "))

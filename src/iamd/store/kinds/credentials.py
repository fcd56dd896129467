"""Credentials besides access keys and passwords: SSH keys, certificates, credentials for single services, the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import Tags, iam_arn


@dataclass(frozen=True, slots=True)
class SshPublicKey:
    account_id: str
    id: str
    owner_id: str
    body: str  # "ssh-rsa BASE64", without a comment
    uploaded: datetime
    active: bool = True


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    account_id: str
    id: str  # made from the certificate itself, so that the same one is found again
    owner_id: str  # user id, or the account id for the root user
    body: str
    uploaded: datetime
    active: bool = True


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    account_id: str
    id: str
    name: str
    path: str
    uploaded: datetime
    expires: datetime
    body: str
    chain: str | None
    sealed_key: bytes = field(repr=False)  # the private key's PEM; opens with the id
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return iam_arn(self.account_id, f"server-certificate{self.path}{self.name}")


@dataclass(frozen=True, slots=True)
class ServiceCredential:
    """`login` is the user name or, of a bearer token, the alias under which the service knows it: unique per service,
    and kept when the user is renamed. `sealed_secret` is the password, or what a bearer token holds of it."""

    account_id: str
    id: str
    owner_id: str
    service: str  # "codecommit.amazonaws.com"
    login: str
    created: datetime
    sealed_secret: bytes = field(repr=False)  # opens with the id
    expires: datetime | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """The last report of the account; `content` is the CSV text, deflated (RFC 1950)."""

    account_id: str
    generated: datetime
    content: bytes = field(repr=False)


def service_login(service: str, login: str) -> str:
    """The value of the index `login`: one login at one service, whatever its case."""
    return f"{service} {login.lower()}"


SSH_PUBLIC_KEYS = Kind("ssh_public_keys", SshPublicKey, lambda r: r.id, None, {"owner": lambda r: r.owner_id})
SIGNING_CERTIFICATES = Kind(
    "signing_certificates", SigningCertificate, lambda r: r.id, None, {"owner": lambda r: r.owner_id}
)
SERVER_CERTIFICATES = Kind("server_certificates", ServerCertificate, lambda r: r.id, lambda r: r.name)
SERVICE_CREDENTIALS = Kind(
    "service_credentials",
    ServiceCredential,
    lambda r: r.id,
    None,
    {"owner": lambda r: r.owner_id, "login": lambda r: service_login(r.service, r.login)},
)
CREDENTIAL_REPORTS = Kind("credential_reports", CredentialReport, lambda r: r.account_id)

KINDS: tuple[Kind[Any], ...] = (
    SSH_PUBLIC_KEYS,
    SIGNING_CERTIFICATES,
    SERVER_CERTIFICATES,
    SERVICE_CREDENTIALS,
    CREDENTIAL_REPORTS,
)

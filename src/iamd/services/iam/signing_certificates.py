"""Signing certificates (X.509) of users and of the root user."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1

from iamd.services.call import Call, Reply
from iamd.services.iam import certificates, quotas
from iamd.services.iam.access_keys import owner_id, owner_name
from iamd.services.iam.api import iam
from iamd.services.iam.statuses import is_active, status_of
from iamd.services.iam.users import user_or_root
from iamd.services.paging import page_of
from iamd.store.kinds.credentials import SigningCertificate
from iamd.store.records import Account, User
from iamd.wire.errors import DuplicateCertificate, MalformedCertificate, NoSuchEntity


def certificate_of(call: Call, owner: User | Account, certificate_id: str) -> SigningCertificate:
    """The owner's certificate; raises NoSuchEntity, also for one of someone else."""
    certificate: SigningCertificate | None = call.records.signing_certificates.get(certificate_id)
    if certificate is None or certificate.owner_id != owner_id(owner):
        raise NoSuchEntity(f"The Certificate with id {certificate_id} cannot be found.")
    return certificate


def view(certificate: SigningCertificate, name: str | None) -> dict[str, Any]:
    return {
        "UserName": name,
        "CertificateId": certificate.id,
        "CertificateBody": certificate.body,
        "Status": status_of(certificate.active),
        "UploadDate": certificate.uploaded,
    }


def _id(call: Call, body: str) -> str:
    """The certificate's id: its SHA-1 in base32 (seen of live AWS). Raises MalformedCertificate, also when expired."""
    try:
        certificate = certificates.parse(body)
    except ValueError:
        certificate = None
    if certificate is None or not certificates.in_force(certificate, call.now):
        raise MalformedCertificate(f"Certificate {body} is malformed.")
    return base64.b32encode(certificate.fingerprint(SHA1())).decode()  # noqa: S303 - a name, no protection


@iam.operation(on=user_or_root)
def upload_signing_certificate(call: Call, owner: User | Account, *, certificate_body: str) -> Reply:
    """Add a certificate to a user's, or to the caller's.

    The same one again succeeds, changes nothing and is told to be Active even if it is not (seen of live AWS). Raises
    MalformedCertificate, DuplicateCertificate when another has it, LimitExceeded.
    """
    store, name = call.records.signing_certificates, owner_name(owner)
    certificate_id = _id(call, certificate_body)
    present: SigningCertificate | None = store.get(certificate_id)
    if present is not None:
        if present.owner_id != owner_id(owner):
            raise DuplicateCertificate("Duplicate certificate uploaded.")
        return {"Certificate": {**view(present, name), "Status": status_of(True)}}
    limit = quotas.SIGNING_CERTIFICATES_PER_USER
    quotas.check(store.count("owner", owner_id(owner)), limit, "CertificatesPerUser")
    new = SigningCertificate(call.account_id, certificate_id, owner_id(owner), certificate_body, call.now)
    return {"Certificate": view(store.add(new), name)}


@iam.operation(on=user_or_root)
def list_signing_certificates(
    call: Call, owner: User | Account, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the certificates of a user, or of the caller."""
    found, name = call.records.signing_certificates.where("owner", owner_id(owner)), owner_name(owner)
    return page_of("Certificates", found, lambda one: one.id, lambda one: view(one, name), marker, max_items)


@iam.operation(on=user_or_root)
def update_signing_certificate(call: Call, owner: User | Account, *, certificate_id: str, status: str) -> None:
    """Activate or deactivate a certificate."""
    certificate = certificate_of(call, owner, certificate_id)
    call.records.signing_certificates.replace(certificate, active=is_active(status))


@iam.operation(on=user_or_root)
def delete_signing_certificate(call: Call, owner: User | Account, *, certificate_id: str) -> None:
    """Delete a certificate for good."""
    call.records.signing_certificates.remove(certificate_of(call, owner, certificate_id))

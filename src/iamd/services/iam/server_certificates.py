"""Server certificates: X.509 certificates with their private keys, for services that serve TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target, found, missing, new
from iamd.services.call import Call, Reply
from iamd.services.iam import certificates, quotas
from iamd.services.iam.api import iam
from iamd.services.iam.tag_policies import conform
from iamd.services.iam.tags import merged_map, new_tags, tag_page, tag_views, untagged_map, views
from iamd.services.paging import page
from iamd.store.kind import Taken
from iamd.store.kinds.credentials import ServerCertificate
from iamd.store.records import iam_arn
from iamd.wire.errors import EntityAlreadyExists, KeyPairMismatch, MalformedCertificate, NoSuchEntity


def new_certificate(call: Call, *, server_certificate_name: str, path: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"server-certificate{path}{server_certificate_name}"))


def existing_certificate(call: Call, *, server_certificate_name: str) -> Target[ServerCertificate]:
    certificate = call.records.server_certificates.named(server_certificate_name)
    label = f"server certificate {server_certificate_name}"
    if certificate is None:
        error = NoSuchEntity(f"The Server Certificate with name {server_certificate_name} cannot be found.")
        return missing(iam_arn(call.account_id, f"server-certificate/{server_certificate_name}"), error, label)
    return found(certificate, label)


def certificates_under(call: Call, *, path_prefix: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"server-certificate{path_prefix}"))


def tagging_certificate(call: Call, arn: str) -> Iterator[Ask]:
    """Uploading with tags takes the permission to tag as well (the page "Tag server certificates")."""
    if call.params.get("tags"):
        yield Ask("iam:TagServerCertificate", arn, call.account_id)


def renamed_certificate(call: Call, certificate: ServerCertificate) -> Iterator[Ask]:
    """Who renames or moves a certificate must be allowed to update what it becomes, too.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServerCertificate.html
    """
    name = call.params.get("new_server_certificate_name", certificate.name)
    arn = iam_arn(call.account_id, f"server-certificate{call.params.get('new_path', certificate.path)}{name}")
    if arn != certificate.arn:
        yield Ask(call.operation.action, arn, call.account_id)


def metadata(certificate: ServerCertificate) -> dict[str, Any]:
    """A certificate as lists show it."""
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.name,
        "ServerCertificateId": certificate.id,
        "Arn": certificate.arn,
        "UploadDate": certificate.uploaded,
        "Expiration": certificate.expires,
    }


def _taken(name: str) -> EntityAlreadyExists:
    return EntityAlreadyExists(f"The Server Certificate with name {name} already exists.")


@iam.operation(on=new_certificate, also=tagging_certificate)
def upload_server_certificate(
    call: Call,
    arn: str,
    *,
    server_certificate_name: str,
    certificate_body: str,
    private_key: str,
    certificate_chain: str | None = None,
    path: str = "/",
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Keep a certificate with its private key, which is never told again; names are unique whatever their case.

    A chain may be missing, but one that is given must lead down to the certificate. Raises MalformedCertificate,
    KeyPairMismatch, EntityAlreadyExists, LimitExceeded.
    """
    given = new_tags(tags, ignore_case=False)
    conform(call, "server-certificate", tags)
    certificate = _checked(call, certificate_body, private_key, certificate_chain)
    store = call.records.server_certificates
    if store.named(server_certificate_name) is not None:
        raise _taken(server_certificate_name)
    quotas.check(len(store), call.realm.quotas.server_certificates, "ServerCertificatesPerAccount")
    certificate_id = call.new_id("ASCA")
    record = ServerCertificate(
        call.account_id,
        certificate_id,
        server_certificate_name,
        path,
        uploaded=call.now,
        expires=certificate.not_valid_after_utc,
        # Seen of live AWS: the last line break is gone when they are read again.
        body=certificate_body.strip(),
        chain=None if certificate_chain is None else certificate_chain.strip(),
        sealed_key=call.realm.sealer.seal(private_key.encode(), certificate_id.encode()),
        tags=given,
    )
    return {"ServerCertificateMetadata": metadata(store.add(record)), **tag_views(given)}


def _checked(call: Call, body: str, private_key: str, chain: str | None) -> certificates.Certificate:
    """The certificate, valid now, with the key that belongs to it and an unbroken chain; the words are AWS's."""
    try:
        certificate = certificates.parse(body)
    except ValueError:
        said = "Unable to parse certificate. Please ensure the certificate is in PEM format."
        raise MalformedCertificate(said) from None
    try:
        key = certificates.parse_private_key(private_key)
    except ValueError:
        raise MalformedCertificate("Invalid Private Key.") from None
    if not certificates.belongs(key, certificate):
        said = "The private key did not match the public key provided. Please verify the key material and try again."
        raise KeyPairMismatch(said)
    if call.now > certificate.not_valid_after_utc:
        said = "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed."
        raise MalformedCertificate(said)
    if call.now < certificate.not_valid_before_utc:
        said = "Certificate is not yet valid. The 'Not Before' date restriction on the certificate has not passed."
        raise MalformedCertificate(said)
    if chain is not None:
        _check_chain(call, certificate, chain)
    return certificate


def _check_chain(call: Call, certificate: certificates.Certificate, chain: str) -> None:
    try:
        issuers = certificates.parse_chain(chain)
    except ValueError:
        raise MalformedCertificate("Unknown") from None
    place = certificates.broken_link(certificate, issuers, call.now)
    if place is not None:
        raise MalformedCertificate(
            "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
            "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
            f"certificate is: {place}"
        )


@iam.operation(on=existing_certificate)
def get_server_certificate(call: Call, certificate: ServerCertificate) -> Reply:
    """Show a certificate with its chain; `Tags` is there even when it is empty (seen of live AWS)."""
    return {
        "ServerCertificate": {
            "ServerCertificateMetadata": metadata(certificate),
            "CertificateBody": certificate.body,
            "CertificateChain": certificate.chain,
            "Tags": views(certificate.tags),
        }
    }


@iam.operation(on=certificates_under)
def list_server_certificates(
    call: Call, arn: str, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the certificates whose path begins with the prefix, by name."""
    return page(
        "ServerCertificateMetadataList",
        call.records.server_certificates,
        metadata,
        marker,
        max_items,
        lambda certificate: certificate.path.startswith(path_prefix),
    )


@iam.operation(on=existing_certificate, also=renamed_certificate)
def update_server_certificate(
    call: Call,
    certificate: ServerCertificate,
    *,
    new_path: str | None = None,
    new_server_certificate_name: str | None = None,
) -> None:
    """Rename or move a certificate: its ARN changes, its id and tags do not.

    AWS loses the tags when an update changes nothing; iamd does not.
    """
    path, name = new_path or certificate.path, new_server_certificate_name or certificate.name
    try:
        call.records.server_certificates.replace(certificate, path=path, name=name)
    except Taken:
        raise _taken(name) from None


@iam.operation(on=existing_certificate)
def delete_server_certificate(call: Call, certificate: ServerCertificate) -> None:
    """Delete a certificate and its private key."""
    call.records.server_certificates.remove(certificate)


@iam.operation(on=existing_certificate)
def tag_server_certificate(call: Call, certificate: ServerCertificate, *, tags: list[dict[str, str]]) -> None:
    """Add tags or replace their values; `Team` and `team` are two tags."""
    conform(call, "server-certificate", tags)
    call.records.server_certificates.replace(certificate, tags=merged_map(certificate.tags, tags))


@iam.operation(on=existing_certificate)
def untag_server_certificate(call: Call, certificate: ServerCertificate, *, tag_keys: list[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    call.records.server_certificates.replace(certificate, tags=untagged_map(certificate.tags, tag_keys))


@iam.operation(on=existing_certificate)
def list_server_certificate_tags(
    call: Call, certificate: ServerCertificate, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the tags of a certificate."""
    return tag_page(certificate.tags, marker, max_items)

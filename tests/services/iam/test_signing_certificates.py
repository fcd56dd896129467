"""Signing certificates, through the public door."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.pki import DAY, issue, rsa_key
from tests.services.iam.support import denied, let, refused

FIRST, SECOND, THIRD = (issue(name) for name in ("first", "second", "third"))


@pytest.fixture
def bob(iam: Any) -> Any:
    iam.create_user(UserName="Bob")
    return lambda body: iam.upload_signing_certificate(UserName="bob", CertificateBody=body)["Certificate"]


def test_an_uploaded_certificate_is_named_by_its_hash(iam: Any, bob: Any) -> None:
    certificate = bob(FIRST.pem)
    assert set(certificate) == {"UserName", "CertificateId", "CertificateBody", "Status", "UploadDate"}
    digest = hashlib.sha1(FIRST.certificate.public_bytes(Encoding.DER)).digest()
    assert certificate["CertificateId"] == base64.b32encode(digest).decode()
    assert (certificate["UserName"], certificate["Status"]) == ("Bob", "Active")
    assert certificate["CertificateBody"] == FIRST.pem
    assert iam.list_signing_certificates(UserName="bob")["Certificates"] == [certificate]


def test_small_keys_pass(bob: Any) -> None:
    assert bob(issue("small", key=rsa_key(1024)).pem)["Status"] == "Active"


@pytest.mark.parametrize(
    "body",
    [
        "not a certificate",
        issue("expired", start=-2 * DAY, end=-DAY).pem,
        issue("early", start=DAY).pem,
        FIRST.pem + SECOND.pem,
        FIRST.key_pem,
    ],
    ids=["text", "expired", "not yet valid", "two", "private key"],
)
def test_what_is_no_certificate_in_force_is_refused(iam: Any, bob: Any, body: str) -> None:
    assert refused(bob, body=body) == ("MalformedCertificate", f"Certificate {body} is malformed.")
    assert iam.list_signing_certificates(UserName="bob")["Certificates"] == []


def test_the_same_again_changes_nothing_and_is_told_to_be_active(iam: Any, bob: Any) -> None:
    certificate = bob(FIRST.pem)
    key = {"UserName": "bob", "CertificateId": certificate["CertificateId"]}
    iam.update_signing_certificate(**key, Status="Inactive")
    assert bob(FIRST.pem) == certificate
    [listed] = iam.list_signing_certificates(UserName="bob")["Certificates"]
    assert listed == {**certificate, "Status": "Inactive"}


def test_no_two_users_have_the_same(iam: Any, bob: Any) -> None:
    bob(FIRST.pem)
    iam.create_user(UserName="eve")
    duplicate = ("DuplicateCertificate", "Duplicate certificate uploaded.")
    assert refused(iam.upload_signing_certificate, UserName="eve", CertificateBody=FIRST.pem) == duplicate
    assert refused(iam.upload_signing_certificate, CertificateBody=FIRST.pem) == duplicate


def test_a_user_has_at_most_two_which_are_listed_in_pages(iam: Any, bob: Any) -> None:
    for certificate in (FIRST, SECOND):
        bob(certificate.pem)
    assert refused(bob, body=THIRD.pem) == ("LimitExceeded", "Cannot exceed quota for CertificatesPerUser: 2")
    bob(FIRST.pem)
    pager = iam.get_paginator("list_signing_certificates")
    pages = list(pager.paginate(UserName="bob", PaginationConfig={"PageSize": 1}))
    assert {page["Certificates"][0]["CertificateBody"] for page in pages} == {FIRST.pem, SECOND.pem}


def test_a_certificate_is_activated_and_deactivated_but_not_expired(iam: Any, bob: Any) -> None:
    key = {"UserName": "bob", "CertificateId": bob(FIRST.pem)["CertificateId"]}
    for status in ("Inactive", "Active"):
        iam.update_signing_certificate(**key, Status=status)
        assert iam.list_signing_certificates(UserName="bob")["Certificates"][0]["Status"] == status
    assert refused(iam.update_signing_certificate, **key, Status="Expired") == (
        "InvalidInput",
        "Operation does not support status Expired",
    )


def test_a_certificate_is_found_only_with_its_own_user(iam: Any, bob: Any) -> None:
    certificate_id = bob(FIRST.pem)["CertificateId"]
    iam.create_user(UserName="eve")
    unknown = ("NoSuchEntity", f"The Certificate with id {certificate_id} cannot be found.")
    for whose in ({"UserName": "eve"}, {}):  # the root user's own is meant without a name
        key = {**whose, "CertificateId": certificate_id}
        assert refused(iam.update_signing_certificate, **key, Status="Inactive") == unknown
        assert refused(iam.delete_signing_certificate, **key) == unknown
    assert refused(iam.upload_signing_certificate, UserName="nobody", CertificateBody="x") == (
        "NoSuchEntity",
        "The user with name nobody cannot be found.",
    )


def test_a_user_with_certificates_is_not_deleted(iam: Any, bob: Any) -> None:
    certificate_id = bob(FIRST.pem)["CertificateId"]
    assert refused(iam.delete_user, UserName="bob") == (
        "DeleteConflict",
        "Cannot delete entity, must delete certificates first.",
    )
    iam.delete_signing_certificate(UserName="bob", CertificateId=certificate_id)
    iam.delete_user(UserName="bob")


def test_the_root_user_has_certificates_of_its_own(iam: Any) -> None:
    assert iam.get_account_summary()["SummaryMap"]["AccountSigningCertificatesPresent"] == 0
    certificate_id = iam.upload_signing_certificate(CertificateBody=FIRST.pem)["Certificate"]["CertificateId"]
    assert iam.get_account_summary()["SummaryMap"]["AccountSigningCertificatesPresent"] == 1
    iam.update_signing_certificate(CertificateId=certificate_id, Status="Inactive")
    assert iam.list_signing_certificates()["Certificates"][0]["Status"] == "Inactive"
    iam.delete_signing_certificate(CertificateId=certificate_id)
    assert iam.list_signing_certificates()["Certificates"] == []


def test_certificates_are_decided_on_as_their_user(iam: Any, bob: Any, server: Live) -> None:
    iam.create_user(UserName="eve")
    eve = server.client("iam", iam.create_access_key(UserName="eve")["AccessKey"])
    arn = f"arn:aws:iam::{ACCOUNT}:user/eve"
    assert refused(eve.list_signing_certificates) == denied(arn, "ListSigningCertificates", "user eve")
    let(iam, "eve", statement("iam:*SigningCertificate*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))
    own = eve.upload_signing_certificate(CertificateBody=FIRST.pem)["Certificate"]
    assert own["UserName"] == "eve"
    assert eve.list_signing_certificates()["Certificates"] == [own]
    assert refused(eve.upload_signing_certificate, UserName="bob", CertificateBody=SECOND.pem) == denied(
        arn, "UploadSigningCertificate", "user bob"
    )

"""Server certificates, through the public door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from iamd.audit.elements import HIDDEN, request_parameters
from iamd.wire import model
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.pki import DAY, Issued, issue, private_pem, rsa_key
from tests.services.iam.support import denied, let, refused

ROOT = issue("root", ca=True)
SITE = issue("site", ROOT)
BROKEN = (
    "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, "
    "followed by any intermediaries in order. The index within the chain of the invalid certificate is: {}"
)
PREFIX = f"arn:aws:iam::{ACCOUNT}:server-certificate"


def material(issued: Issued = SITE, **more: Any) -> dict[str, Any]:
    return {"CertificateBody": issued.pem, "PrivateKey": issued.key_pem, **more}


@pytest.fixture
def upload(iam: Any) -> Callable[..., Any]:
    def call(name: str = "Site", **params: Any) -> Any:
        return iam.upload_server_certificate(ServerCertificateName=name, **(material() | params))

    return call


def shown(iam: Any, name: str = "Site") -> Any:
    return iam.get_server_certificate(ServerCertificateName=name)["ServerCertificate"]


def unknown(name: str) -> tuple[str, str]:
    return "NoSuchEntity", f"The Server Certificate with name {name} cannot be found."


def test_an_uploaded_certificate_tells_when_it_expires(iam: Any, upload: Callable[..., Any]) -> None:
    answer = upload(Path="/web/")
    assert "Tags" not in answer
    metadata = answer["ServerCertificateMetadata"]
    assert metadata["Arn"] == f"{PREFIX}/web/Site"
    assert metadata["ServerCertificateId"].startswith("ASCA")
    assert len(metadata["ServerCertificateId"]) == 21
    assert metadata["Expiration"] == SITE.certificate.not_valid_after_utc
    assert set(metadata) == {
        *("Path", "ServerCertificateName", "ServerCertificateId", "Arn"),
        *("UploadDate", "Expiration"),
    }
    assert shown(iam, "SITE") == {
        "ServerCertificateMetadata": metadata,
        "CertificateBody": SITE.pem.strip(),
        "Tags": [],
    }
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == [metadata]
    assert iam.get_account_summary()["SummaryMap"]["ServerCertificates"] == 1


def test_the_private_key_is_kept_sealed_and_never_told(iam: Any, upload: Callable[..., Any], server: Live) -> None:
    upload()
    assert "PRIVATE" not in json.dumps(shown(iam), default=str)
    realm = server.realm
    records = asyncio.run_coroutine_threadsafe(realm.store.load(ACCOUNT), server.loop).result(10)
    [kept] = records.server_certificates
    assert realm.sealer.open(kept.sealed_key, kept.id.encode()).decode() == SITE.key_pem
    assert b"PRIVATE" not in kept.sealed_key
    assert "sealed_key" not in repr(kept)


def test_a_chain_is_shown_as_it_was_sent(iam: Any, upload: Callable[..., Any]) -> None:
    upload(CertificateChain=ROOT.pem)
    assert shown(iam)["CertificateChain"] == ROOT.pem.strip()


@pytest.mark.parametrize("chain", [ROOT.pem, ROOT.pem + ROOT.pem], ids=["root", "root twice"])
def test_a_chain_may_repeat_its_root(upload: Callable[..., Any], chain: str) -> None:
    upload(CertificateChain=chain)


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        ("bad chain", "Unknown"),
        (f"Subject: root\n{ROOT.pem}", "Unknown"),
        (issue("other", ca=True).pem, BROKEN.format(-1)),
        (SITE.pem + ROOT.pem, BROKEN.format(1)),
        (issue("root", ca=True).pem, BROKEN.format(0)),
    ],
    ids=["text", "text before it", "unrelated", "with the certificate itself", "forged"],
)
def test_a_chain_that_does_not_lead_to_the_certificate_is_refused(
    iam: Any, upload: Callable[..., Any], chain: str, message: str
) -> None:
    assert refused(upload, CertificateChain=chain) == ("MalformedCertificate", message)
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []


UNPARSED = ("MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is in PEM format.")
NO_KEY = ("MalformedCertificate", "Invalid Private Key.")
REFUSALS = {
    "text": (material(CertificateBody="bad cert"), UNPARSED),
    "several": (material(CertificateBody=SITE.pem + ROOT.pem), UNPARSED),
    "another's key": (
        material(PrivateKey=ROOT.key_pem),
        (
            "KeyPairMismatch",
            "The private key did not match the public key provided. Please verify the key material and try again.",
        ),
    ),
    "no key": (material(PrivateKey="bad key"), NO_KEY),
    "an encrypted key": (material(PrivateKey=private_pem(SITE.key, b"secret")), NO_KEY),
    "expired": (
        material(issue("old", start=-2 * DAY, end=-DAY)),
        (
            "MalformedCertificate",
            "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed.",
        ),
    ),
    "not yet valid": (
        material(issue("new", start=DAY)),
        (
            "MalformedCertificate",
            "Certificate is not yet valid. The 'Not Before' date restriction on the certificate has not passed.",
        ),
    ),
}


@pytest.mark.parametrize(("params", "refusal"), REFUSALS.values(), ids=REFUSALS)
def test_what_does_not_hold_is_refused(
    iam: Any, upload: Callable[..., Any], params: dict[str, Any], refusal: tuple[str, str]
) -> None:
    assert refused(upload, **params) == refusal
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []


def test_a_refusal_does_not_repeat_the_private_key(upload: Callable[..., Any]) -> None:
    code, message = refused(upload, PrivateKey="secret" * 4_000)
    assert code == "ValidationError"
    assert "secret" not in message


def test_small_rsa_keys_pass(upload: Callable[..., Any]) -> None:
    upload(**material(issue("small", key=rsa_key(1024))))


def test_names_are_unique_whatever_their_case(iam: Any, upload: Callable[..., Any]) -> None:
    upload("Site")
    for name in ("Site", "SITE"):
        assert refused(upload, name=name) == (
            "EntityAlreadyExists",
            f"The Server Certificate with name {name} already exists.",
        )


def test_an_account_has_at_most_20_which_are_listed_in_pages_by_name(iam: Any, upload: Callable[..., Any]) -> None:
    names = sorted(f"{'cC'[number % 2]}{number:02}" for number in range(20))
    for name in names:
        upload(name, Path="/even/" if int(name[1:]) % 2 == 0 else "/")
    assert refused(upload) == ("LimitExceeded", "Cannot exceed quota for ServerCertificatesPerAccount: 20")
    pager = iam.get_paginator("list_server_certificates")
    pages = list(pager.paginate(PaginationConfig={"PageSize": 7}))
    listed = [one["ServerCertificateName"] for page in pages for one in page["ServerCertificateMetadataList"]]
    assert listed == sorted(names, key=str.lower)
    even = iam.list_server_certificates(PathPrefix="/even/")["ServerCertificateMetadataList"]
    assert len(even) == 10


def test_a_certificate_is_renamed_and_moved(iam: Any, upload: Callable[..., Any]) -> None:
    before = upload(Tags=[{"Key": "Team", "Value": "one"}])["ServerCertificateMetadata"]
    upload("Other")
    iam.update_server_certificate(ServerCertificateName="site", NewServerCertificateName="New", NewPath="/new/")
    after = shown(iam, "new")
    assert after["ServerCertificateMetadata"] == {
        **before,
        "Path": "/new/",
        "ServerCertificateName": "New",
        "Arn": f"{PREFIX}/new/New",
    }
    assert after["Tags"] == [{"Key": "Team", "Value": "one"}]
    assert refused(iam.get_server_certificate, ServerCertificateName="Site") == unknown("Site")
    assert refused(iam.update_server_certificate, ServerCertificateName="New", NewServerCertificateName="OTHER") == (
        "EntityAlreadyExists",
        "The Server Certificate with name OTHER already exists.",
    )
    iam.update_server_certificate(ServerCertificateName="New", NewServerCertificateName="NEW")
    iam.update_server_certificate(ServerCertificateName="new")
    assert shown(iam, "new")["Tags"] == [{"Key": "Team", "Value": "one"}]


def test_a_deleted_certificate_is_gone(iam: Any, upload: Callable[..., Any]) -> None:
    upload()
    iam.delete_server_certificate(ServerCertificateName="site")
    for operation in (iam.get_server_certificate, iam.delete_server_certificate, iam.list_server_certificate_tags):
        assert refused(operation, ServerCertificateName="site") == unknown("site")
    upload()


def test_tags_keep_keys_of_another_case_side_by_side(iam: Any, upload: Callable[..., Any]) -> None:
    tags = [{"Key": "Team", "Value": "one"}, {"Key": "team", "Value": "two"}]
    assert upload(Tags=tags)["Tags"] == tags
    assert iam.list_server_certificate_tags(ServerCertificateName="site")["Tags"] == tags
    iam.tag_server_certificate(ServerCertificateName="site", Tags=[{"Key": "Team", "Value": "new"}])
    iam.untag_server_certificate(ServerCertificateName="site", TagKeys=["team", "absent"])
    assert shown(iam)["Tags"] == [{"Key": "Team", "Value": "new"}]


def test_tagging_with_no_tags_at_all_is_refused(iam: Any, upload: Callable[..., Any]) -> None:
    no_tags = ("InvalidInput", "The provided tag map must not be null/empty.")
    assert "Tags" not in upload(Tags=[])
    assert refused(iam.tag_server_certificate, ServerCertificateName="site", Tags=[]) == no_tags
    assert refused(iam.untag_server_certificate, ServerCertificateName="site", TagKeys=[]) == (
        "InvalidInput",
        "The provided tag keys must not be null/empty.",
    )


def test_tags_are_listed_in_pages_and_at_most_50(iam: Any, upload: Callable[..., Any]) -> None:
    upload(Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    pager = iam.get_paginator("list_server_certificate_tags")
    pages = list(pager.paginate(ServerCertificateName="site", PaginationConfig={"PageSize": 20}))
    assert [len(page["Tags"]) for page in pages] == [20, 20, 10]
    one_more = [{"Key": "one more", "Value": ""}]
    assert refused(iam.tag_server_certificate, ServerCertificateName="site", Tags=one_more)[0] == "LimitExceeded"
    reserved = [{"Key": "aws:x", "Value": ""}]
    assert refused(iam.tag_server_certificate, ServerCertificateName="site", Tags=reserved)[0] == "InvalidInput"


def test_denials_name_the_certificate(upload: Callable[..., Any], user: Callable[..., Any]) -> None:
    upload()
    eve = user("eve")("iam")
    arn = f"arn:aws:iam::{ACCOUNT}:user/eve"
    for name in ("Site", "absent"):  # names cannot be probed
        for action in ("GetServerCertificate", "DeleteServerCertificate", "ListServerCertificateTags"):
            operation = getattr(eve, "".join(f"_{c.lower()}" if c.isupper() else c for c in action)[1:])
            refusal = denied(arn, action, f"server certificate {name}")
            assert refused(operation, ServerCertificateName=name) == refusal
    assert refused(eve.upload_server_certificate, ServerCertificateName="x", Path="/a/", **material()) == denied(
        arn, "UploadServerCertificate", f"{PREFIX}/a/x"
    )
    assert refused(eve.list_server_certificates, PathPrefix="/a") == denied(
        arn, "ListServerCertificates", f"{PREFIX}/a"
    )


def test_tags_of_the_request_and_of_the_certificate_decide(
    iam: Any, upload: Callable[..., Any], user: Callable[..., Any]
) -> None:
    eve = user("eve")("iam")
    tags = [{"Key": "team", "Value": "red"}]
    new = {"ServerCertificateName": "Red", "Tags": tags, **material()}
    let(iam, "eve", statement("iam:UploadServerCertificate"))
    code, message = refused(eve.upload_server_certificate, **new)
    assert code == "AccessDenied"
    assert "iam:TagServerCertificate" in message
    red = {"StringEquals": {"aws:RequestTag/team": "red"}}
    let(iam, "eve", statement(["iam:UploadServerCertificate", "iam:TagServerCertificate"], Condition=red))
    eve.upload_server_certificate(**new)
    other = {**new, "ServerCertificateName": "Blue", "Tags": [{"Key": "team", "Value": "blue"}]}
    assert refused(eve.upload_server_certificate, **other)[0] == "AccessDenied"
    upload("Plain")
    let(iam, "eve", statement("iam:*", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}}))
    eve.get_server_certificate(ServerCertificateName="Red")
    assert refused(eve.get_server_certificate, ServerCertificateName="Plain")[0] == "AccessDenied"


def test_renaming_takes_permission_for_both_names(
    iam: Any, upload: Callable[..., Any], user: Callable[..., Any]
) -> None:
    upload(Path="/a/")
    eve = user("eve", statement("iam:UpdateServerCertificate", f"{PREFIX}/a/*"))("iam")
    eve.update_server_certificate(ServerCertificateName="Site", NewServerCertificateName="New")
    assert refused(eve.update_server_certificate, ServerCertificateName="New", NewPath="/b/") == denied(
        f"arn:aws:iam::{ACCOUNT}:user/eve", "UpdateServerCertificate", f"{PREFIX}/b/New"
    )


def test_the_trail_hides_the_private_key() -> None:
    upload = model.load("iam").operations["UploadServerCertificate"]
    recorded = request_parameters(upload, {"server_certificate_name": "Site", "private_key": SITE.key_pem})
    assert recorded == {"serverCertificateName": "Site", "privateKey": HIDDEN}

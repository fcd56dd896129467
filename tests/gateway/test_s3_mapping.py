"""What requests to S3 need, beyond the table of actions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest

from iamd.gateway import mapping
from iamd.gateway.mapped import Inquiry
from iamd.gateway.recognise import recognise
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest
from tests.gateway.conftest import Make
from tests.gateway.policies import allow, deny, refused
from tests.gateway.test_exact import Known, briefly, needs_of
from tests.live import ACCOUNT, Live

TABLES = f"arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/tables"


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("CreateBucket", {"ACL": "private", "ObjectLockEnabledForBucket": False}, ["s3:CreateBucket b"]),
        ("CreateBucket", {"ACL": "private", "GrantRead": "id=1"}, ["s3:CreateBucket b", "s3:PutBucketAcl b"]),
        ("CreateBucket", {"ACL": "public-read"}, ["s3:CreateBucket b", "s3:PutBucketAcl b"]),
        (
            "CreateBucket",
            {"CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "b"}]}},
            ["s3:CreateBucket b", "s3:TagResource b"],
        ),
        ("PutBucketAbac", {"AbacStatus": {"Status": "Enabled"}}, ["s3:PutBucketAbac b"]),
        ("ListObjectAnnotations", {"Key": "k", "VersionId": "1"}, ["s3:ListObjectVersionAnnotations b/k"]),
        ("GetObjectAnnotation", {"Key": "k", "AnnotationName": "n"}, ["s3:GetObjectAnnotation b/k"]),
        ("GetBucketMetadataConfiguration", {}, ["s3:GetBucketMetadataTableConfiguration b"]),
        (
            "CreateBucketMetadataTableConfiguration",
            {
                "MetadataTableConfiguration": {
                    "S3TablesDestination": {"TableBucketArn": TABLES, "TableName": "t"}
                }
            },
            [
                "s3:CreateBucketMetadataTableConfiguration b",
                "s3tables:CreateNamespace tables",
                "s3tables:GetTable tables/table/*",
                "s3tables:CreateTable tables/table/*",
                "s3tables:PutTablePolicy tables/table/*",
            ],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_request_to_s3_needs(operation: str, params: dict[str, Any], expected: list[str]) -> None:
    needs = needs_of("s3", operation, Bucket="b-b", **params)
    short = [line.replace("arn:aws:s3:::b-b", "b").replace("arn:aws:s3tables:bucket/", "") for line in briefly(needs)]
    assert short == expected


@pytest.mark.parametrize(
    ("operation", "query", "body"),
    [
        ("PutObjectTagging", b"tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value><Value>2</Value></Tag></TagSet></Tagging>"),
        ("PutObjectRetention", b"retention", "<Retention><Mode>GOVERNANCE</Mode><Mode>COMPLIANCE</Mode></Retention>"),
        ("UpdateObjectEncryption", b"encryption", "<E><S><KMSKeyArn>a</KMSKeyArn><KMSKeyArn>b</KMSKeyArn></S></E>"),
    ],
)  # fmt: skip
def test_a_body_that_says_a_thing_twice_is_refused(operation: str, query: bytes, body: str) -> None:
    request = HttpRequest("PUT", b"/b-b/k", query, [(b"host", b"127.0.0.1:4500")], body.encode())
    asked = recognise(request, "s3")
    assert asked.name == operation
    with pytest.raises(Ambiguous):
        mapping.needs(Inquiry(asked, request, {}, "us-east-1", ACCOUNT, Known()))


def test_what_makes_an_object_says_so() -> None:
    made = needs_of("s3", "PutObject", Bucket="b-b", Key="k", Body=b"")[0]
    part = needs_of("s3", "UploadPart", Bucket="b-b", Key="k", UploadId="u", PartNumber=1, Body=b"")[0]
    assert made.context["s3:objectcreationoperation"] == "true"
    assert part.context["s3:objectcreationoperation"] == "false"


def test_the_source_of_a_copy_is_a_bucket() -> None:
    with pytest.raises(Ambiguous):
        needs_of("s3", "CopyObject", Bucket="b-b", Key="k", CopySource="point-hbwe9vqqtbi-s3alias/k")


def test_tags_are_copied_by_who_may_read_and_write_them(gateway: Live, user: Make) -> None:
    s3 = gateway.client("s3")
    s3.create_bucket(Bucket="copies")
    s3.put_object(Bucket="copies", Key="plain", Body=b"x")
    s3.put_object(Bucket="copies", Key="tagged", Body=b"x", Tagging="a=b")
    copy = {"Bucket": "copies", "Key": "copy"}
    alice = user("alice", allow(["s3:GetObject", "s3:PutObject"]))("s3")
    alice.copy_object(**copy, CopySource="copies/plain")
    assert "s3:GetObjectTagging" in refused(alice.copy_object, **copy, CopySource="copies/tagged")
    alice.copy_object(**copy, CopySource="copies/tagged", TaggingDirective="REPLACE")
    bob = user("bob", allow(["s3:GetObject*", "s3:PutObject"]))("s3")
    assert "s3:PutObjectTagging" in refused(bob.copy_object, **copy, CopySource="copies/tagged")
    user("carol", allow("s3:*"))("s3").copy_object(**copy, CopySource="copies/tagged")


def test_the_age_of_a_signature_is_known_and_what_is_not_known_is_refused(gateway: Live, user: Make) -> None:
    gateway.client("s3").create_bucket(Bucket="ages")
    young = {"NumericLessThan": {"s3:signatureAge": "600000"}, "NumericGreaterThanEquals": {"s3:signatureAge": "0"}}
    alice = user("alice", allow("s3:*"), deny("s3:*", NumericGreaterThan={"s3:signatureAge": "600000"}))("s3")
    alice.list_objects_v2(Bucket="ages")
    user("bob", allow("s3:ListBucket", **young))("s3").list_objects_v2(Bucket="ages")
    old = user("carol", allow("s3:*"), deny("s3:*", NumericGreaterThanEquals={"s3:signatureAge": "0"}))("s3")
    assert "explicit deny" in refused(old.list_objects_v2, Bucket="ages")
    then = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=11)
    for query, headers in (
        ("&X-Amz-Date=20991231T000000Z", {}),
        ("", {"Date": "now"}),
    ):  # besides, and by another header
        request = AWSRequest("GET", f"{gateway.endpoint}/ages?list-type=2{query}", headers)
        with patch.object(auth, "get_current_datetime", lambda: then):
            auth.S3SigV4Auth(alice._request_signer._credentials, "s3", "us-east-1").add_auth(request)
        answer = httpx.get(request.url, headers=dict(request.headers.items()))
        assert answer.status_code == 403, answer.text
        assert "explicit deny" in answer.text
    user("dave", allow("s3:*"), deny("s3:*", NumericLessThan={"s3:TlsVersion": "1.2"}))("s3").list_objects_v2(
        Bucket="ages"
    )  # a request without TLS has none, as in AWS
    days = deny("s3:PutObject", NumericGreaterThan={"s3:object-lock-remaining-retention-days": "10"})
    erin = user("erin", allow("s3:*"), days)("s3")
    assert "remaining-retention-days" in refused(erin.put_object, Bucket="ages", Key="k", Body=b"")

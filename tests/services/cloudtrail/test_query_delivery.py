"""Results of queries are delivered to buckets, and can be verified there."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from iamd.server.query_delivery import delivered
from iamd.server.report_places import NotPut
from iamd.store.kinds.event_data_stores import EventQuery
from tests.live import ACCOUNT, Live, live
from tests.services.cloudtrail.test_event_data_stores import refused

SECONDS = 30


def saved(trail: Any, statement: str, uri: str) -> Any:
    """What DescribeQuery tells once the delivery has ended."""
    id = trail.start_query(QueryStatement=statement, DeliveryS3Uri=uri)["QueryId"]
    end = time.monotonic() + SECONDS
    while (told := trail.describe_query(QueryId=id))["DeliveryStatus"] == "PENDING":
        assert time.monotonic() < end, told
        time.sleep(0.05)
    return told


@pytest.fixture
def store(trail: Any) -> str:
    made: str = trail.create_event_data_store(Name="all")["EventDataStoreArn"]
    return made.rpartition("/")[2]


def test_a_result_is_saved_and_signed(iam: Any, trail: Any, store: str, buckets: Path) -> None:
    iam.create_group(GroupName="a,b")
    uri = "s3://results/lake/"
    told = saved(trail, f"SELECT eventName, errorCode FROM {store} WHERE eventName = 'CreateGroup'", uri)
    assert (told["DeliveryStatus"], told["DeliveryS3Uri"], told["QueryStatus"]) == ("SUCCESS", uri, "FINISHED")
    day = told["QueryStatistics"]["CreationTime"].astimezone(UTC)
    folder = buckets / "results" / f"lake/AWSLogs/{ACCOUNT}/CloudTrail-Lake/Query/{day:%Y/%m/%d}/{told['QueryId']}"
    packed = (folder / "result_1.csv.gz").read_bytes()
    assert list(csv.reader(gzip.decompress(packed).decode().splitlines())) == [
        ["eventName", "errorCode"],
        ["CreateGroup", ""],
    ]
    sign = json.loads((folder / "result_sign.json").read_text())
    digest = hashlib.sha256(packed).hexdigest()
    assert sign["files"] == [{"fileHashValue": digest, "fileName": "result_1.csv.gz"}]
    assert (sign["version"], sign["hashAlgorithm"], sign["signatureAlgorithm"]) == ("1.0", "SHA-256", "SHA256withRSA")
    complete = datetime.fromisoformat(sign["queryCompleteTime"])
    keys = trail.list_public_keys(StartTime=complete, EndTime=complete)["PublicKeyList"]
    (key,) = [each["Value"] for each in keys if each["Fingerprint"] == sign["publicKeyFingerprint"]]
    public = load_der_public_key(key)
    assert isinstance(public, RSAPublicKey)
    public.verify(bytes.fromhex(sign["hashSignature"]), digest.encode(), PKCS1v15(), SHA256())


def test_what_is_not_delivered_says_nothing_of_it(trail: Any, store: str) -> None:
    id = trail.start_query(QueryStatement=f"SELECT 1 FROM {store}")["QueryId"]
    assert trail.describe_query(QueryId=id).keys().isdisjoint({"DeliveryS3Uri", "DeliveryStatus"})


def test_without_a_result_nothing_is_delivered(trail: Any, store: str) -> None:
    told = saved(trail, f"SELECT range FROM range(20000) WHERE EXISTS (SELECT * FROM {store})", "s3://results")
    assert (told["QueryStatus"], told["DeliveryStatus"]) == ("FAILED", "FAILED")
    endless = f"SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b, {store} LIMIT 1"
    id = trail.start_query(QueryStatement=endless, DeliveryS3Uri="s3://results")["QueryId"]
    trail.cancel_query(QueryId=id)
    assert trail.describe_query(QueryId=id)["DeliveryStatus"] == "CANCELLED"


def test_a_folder_that_takes_nothing_is_told(trail: Any, store: str, buckets: Path) -> None:
    (buckets / "full").write_text("a file where the bucket's folder would be")
    id = trail.start_query(QueryStatement=f"SELECT 1 FROM {store}", DeliveryS3Uri="s3://full/x")["QueryId"]
    end = time.monotonic() + SECONDS
    while trail.describe_query(QueryId=id)["QueryStatus"] in ("QUEUED", "RUNNING"):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert trail.describe_query(QueryId=id)["DeliveryStatus"] == "PENDING"
    (buckets / "full").unlink()


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("s3://results/../other", "InvalidS3PrefixException"),
        ("s3://results//x", "InvalidS3PrefixException"),
        ("s3://results/a b", "InvalidS3PrefixException"),
        ("s3://a..b/x", "InvalidS3BucketNameException"),
        ("s3://Results", "ValidationException"),
        ("results/x", "ValidationException"),
    ],
)
def test_a_place_that_is_none_is_refused(trail: Any, store: str, uri: str, code: str) -> None:
    statement = f"SELECT 1 FROM {store}"
    assert refused(trail.start_query, QueryStatement=statement, DeliveryS3Uri=uri)[0] == code


def test_without_a_place_for_buckets_a_delivery_is_refused_with_advice() -> None:
    with live() as server:
        trail = server.client("cloudtrail")
        id = trail.create_event_data_store(Name="all")["EventDataStoreArn"].rpartition("/")[2]
        given = {"QueryStatement": f"SELECT 1 FROM {id}", "DeliveryS3Uri": "s3://results"}
        code, message = refused(trail.start_query, **given)
    assert (code, "trail_buckets" in message) == ("S3BucketDoesNotExistException", True)


class Full:
    """Buckets that fail with an error, all or only for the file that signs."""

    def __init__(self, cause: Exception, only: str = "") -> None:
        self.cause, self.only = cause, only

    def put(self, bucket: str, key: str, content: bytes, metadata: Any) -> None:
        if key.endswith(self.only):
            raise NotPut("no") from self.cause


def s3_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "PutObject")


LATE = timedelta(hours=2)


@pytest.mark.parametrize(
    ("full", "after", "status"),
    [
        (Full(s3_error("NoSuchBucket")), timedelta(0), "RESOURCE_NOT_FOUND"),
        (Full(s3_error("AccessDenied")), timedelta(0), "ACCESS_DENIED"),
        (Full(s3_error("AccessDenied"), "result_sign.json"), timedelta(0), "ACCESS_DENIED_SIGNING_FILE"),
        (Full(PermissionError()), timedelta(0), "ACCESS_DENIED"),
        (Full(OSError("disk full")), timedelta(0), "PENDING"),
        (Full(OSError("disk full")), LATE, "FAILED"),
        (Full(s3_error("SlowDown"), "result_sign.json"), LATE, "FAILED_SIGNING_FILE"),
    ],
)
def test_why_a_result_was_not_delivered(
    server: Live, trail: Any, store: str, full: Full, after: timedelta, status: str
) -> None:
    id = saved(trail, f"SELECT 1 FROM {store}", "s3://results")["QueryId"]

    async def again() -> str:
        query: EventQuery | None = (await server.realm.store.load(ACCOUNT)).event_queries.get(id)
        assert query is not None
        assert query.ended is not None
        return await delivered(server.realm.store, full, query, "us-east-1", query.ended + after)

    assert server.run(again()) == status

"""Trails are delivered: AWS's folders and files, what they hold, in which order, and digests that AWS's CLI verifies."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import boto3
import pytest

from iamd.audit.log_files import METADATA
from iamd.audit.verification import verify
from iamd.server.report_places import NotPut
from iamd.server.trail_buckets import Folders, buckets_at
from iamd.server.trail_delivery import TrailDeliveries
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET, Live, live
from tests.s3 import S3, s3

HOUR = timedelta(hours=1)


def records(file: Path) -> list[Any]:
    told: list[Any] = json.loads(gzip.decompress(file.read_bytes()))["Records"]
    return told


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(trail_buckets=str(tmp_path_factory.mktemp("unused")), trail_interval=86_400) as server:
        yield server


@pytest.fixture
def server(running: Live) -> Live:
    running.reset()
    return running


@pytest.fixture
def trail(server: Live) -> Any:
    """CloudTrail as root, with a trail called `main` that logs everything."""
    client = server.client("cloudtrail")
    client.create_trail(Name="main", S3BucketName="audit", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    client.start_logging(Name="main")
    return client


class Deliveries:
    """Delivers to folders, or wherever it is told; knows what came there."""

    def __init__(self, server: Live, path: Path, buckets: Any = None) -> None:
        self.server, self.path, self.clock = server, path, Clock()
        self.deliveries = TrailDeliveries(server.realm.store, buckets or Folders(path), 300, 3600, self.clock)

    def turn(self) -> None:
        self.server.run(self.deliveries.turn())

    def files(self, kind: str = "CloudTrail") -> list[Path]:
        return sorted(self.path.glob(f"*/**/{kind}/**/*.json.gz"))

    def records(self) -> list[Any]:
        return [record for file in self.files() for record in records(file)]

    def names(self) -> list[str]:
        return [record["eventName"] for record in self.records()]


@pytest.fixture
def deliveries(server: Live, tmp_path: Path) -> Deliveries:
    return Deliveries(server, tmp_path)


def test_what_happened_since_logging_began_comes_once_and_in_order(
    server: Live, trail: Any, deliveries: Deliveries
) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="a")
    iam.list_users()
    deliveries.turn()
    assert deliveries.names() == ["StartLogging", "CreateUser", "ListUsers"]
    deliveries.turn()
    iam.delete_user(UserName="a")
    trail.stop_logging(Name="main")
    iam.list_users()
    deliveries.turn()
    assert sorted(deliveries.names()) == ["CreateUser", "DeleteUser", "ListUsers", "StartLogging"]
    trail.start_logging(Name="main")
    deliveries.turn()
    assert deliveries.names().count("StartLogging") == 2
    assert deliveries.names().count("ListUsers") == 1


def test_folders_and_names_are_aws_s(server: Live, trail: Any, deliveries: Deliveries) -> None:
    trail.update_trail(Name="main", S3KeyPrefix="all/of")
    deliveries.turn()
    (file,) = deliveries.files()
    assert re.fullmatch(
        rf"audit/all/of/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/\d{{4}}/\d\d/\d\d/"
        rf"{ACCOUNT}_CloudTrail_us-east-1_\d{{8}}T\d{{4}}Z_[0-9a-f]{{16}}\.json\.gz",
        str(file.relative_to(deliveries.path)),
    )
    assert file.stat().st_mode & 0o077 == 0
    assert deliveries.records()[0]["recipientAccountId"] == ACCOUNT


def test_only_the_own_account_and_what_is_selected(server: Live, trail: Any, deliveries: Deliveries) -> None:
    trail.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    server.client("iam", server.add_account("210987654321")).create_user(UserName="theirs")
    server.client("iam").create_user(UserName="ours")
    server.client("iam").list_users()
    deliveries.turn()
    assert deliveries.names() == ["StartLogging", "PutEventSelectors", "CreateUser"]


def test_a_reset_starts_anew(server: Live, trail: Any, deliveries: Deliveries) -> None:
    deliveries.turn()
    for _ in range(9):
        server.client("iam").list_users()
    trail.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    deliveries.turn()
    server.reset()
    trail.create_trail(Name="main", S3BucketName="again")
    trail.start_logging(Name="main")
    deliveries.turn()
    again = [file for file in deliveries.files() if file.is_relative_to(deliveries.path / "again")]
    assert len(again) == 1


def test_regions_have_folders_of_their_own_unless_they_are_invented(
    server: Live, trail: Any, deliveries: Deliveries
) -> None:
    for region in ("eu-west-1", "my-place-1"):
        client = boto3.client(
            "cloudtrail",
            endpoint_url=server.endpoint,
            region_name=region,
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_SECRET,
        )
        client.list_trails()
    deliveries.turn()
    told = {(file.parents[3].name, record["awsRegion"]) for file in deliveries.files() for record in records(file)}
    assert told == {("us-east-1", "us-east-1"), ("eu-west-1", "eu-west-1"), ("us-east-1", "my-place-1")}


def test_late_events_say_so(server: Live, trail: Any, deliveries: Deliveries) -> None:
    deliveries.turn()
    assert "addendum" not in deliveries.records()[0]
    server.client("iam").list_users()
    deliveries.clock.now += HOUR
    deliveries.turn()
    assert [record.get("addendum") for record in deliveries.records()] == [None, {"reason": "DELIVERY_DELAY"}]


def test_a_bucket_that_fails_is_told_and_gets_everything_later(
    server: Live, trail: Any, deliveries: Deliveries, tmp_path: Path
) -> None:
    (tmp_path / "audit").write_text("a file where the bucket should be")
    deliveries.turn()
    status = trail.get_trail_status(Name="main")
    assert "Not a directory" in status["LatestDeliveryError"] or "File exists" in status["LatestDeliveryError"]
    assert status["LatestDeliveryAttemptSucceeded"] == ""
    (tmp_path / "audit").unlink()
    deliveries.turn()
    status = trail.get_trail_status(Name="main")
    assert "LatestDeliveryError" not in status
    assert status["LatestDeliveryTime"] == deliveries.clock.now.replace(microsecond=0)
    assert sorted(deliveries.names()) == ["GetTrailStatus", "StartLogging"]


def test_a_restart_goes_on_where_the_last_delivery_was(server: Live, trail: Any, deliveries: Deliveries) -> None:
    server.client("iam").create_user(UserName="a")
    deliveries.turn()
    server.client("iam").create_user(UserName="b")
    again = Deliveries(server, deliveries.path)
    again.clock.now += timedelta(minutes=5)
    again.turn()
    assert again.names() == ["StartLogging", "CreateUser", "CreateUser"]


class Killed(Exception):
    """The process ended."""


class Last(Folders):
    """Buckets into which one object is put, and no more is done."""

    def put(self, bucket: str, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
        super().put(bucket, key, content, metadata)
        raise Killed


def test_who_goes_on_after_a_kill_puts_the_same_objects(
    server: Live, trail: Any, deliveries: Deliveries, tmp_path: Path
) -> None:
    server.client("iam").create_user(UserName="a")
    killed = Deliveries(server, tmp_path, Last(tmp_path))
    with pytest.raises(Killed):
        killed.turn()
    (put,) = deliveries.files()
    first = put.read_bytes()
    server.client("iam").create_user(UserName="b")
    for minutes in (5, 10):
        deliveries.clock.now += timedelta(minutes=minutes)
        deliveries.turn()
    assert put.read_bytes() == first
    assert len(deliveries.files()) == 2
    assert sorted(deliveries.names()) == ["CreateUser", "CreateUser", "StartLogging"]
    deliveries.clock.now += HOUR
    deliveries.turn()
    (digest,) = deliveries.files("CloudTrail-Digest")
    named = json.loads(gzip.decompress(digest.read_bytes()))["logFiles"]
    assert len(named) == 2
    assert {each["hashValue"] for each in named} == {
        hashlib.sha256(gzip.decompress(file.read_bytes())).hexdigest() for file in deliveries.files()
    }


def test_what_a_trail_took_is_delivered_though_it_takes_less_before_that_is_stored(
    server: Live, trail: Any, deliveries: Deliveries, tmp_path: Path
) -> None:
    server.client("iam").create_user(UserName="a")
    server.client("iam").list_users()
    with pytest.raises(Killed):
        Deliveries(server, tmp_path, Last(tmp_path)).turn()
    (put,) = deliveries.files()
    first = put.read_bytes()
    trail.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    trail.update_trail(Name="main", IsMultiRegionTrail=False, IncludeGlobalServiceEvents=False)
    deliveries.turn()
    assert put.read_bytes() == first
    assert deliveries.names().count("ListUsers") == 1


def test_a_delivery_to_a_bucket_that_fails_goes_to_the_one_that_is_named_next(
    server: Live, trail: Any, deliveries: Deliveries, tmp_path: Path
) -> None:
    (tmp_path / "audit").write_text("a file where the bucket should be")
    deliveries.turn()
    trail.update_trail(Name="main", S3BucketName="better")
    deliveries.turn()
    assert "StartLogging" in deliveries.names()
    assert "LatestDeliveryError" not in trail.get_trail_status(Name="main")


def test_who_is_overtaken_puts_the_same_object(
    server: Live, trail: Any, deliveries: Deliveries, tmp_path: Path
) -> None:
    """As a server does that was cut off, and takes itself for the leader a moment too long."""
    put: list[str] = []

    class Slow(Folders):
        def put(self, bucket: str, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
            server.client("iam").create_user(UserName="b")
            deliveries.clock.now += timedelta(minutes=1)
            deliveries.turn()
            put.append(key)
            super().put(bucket, key, content, metadata)

    server.client("iam").create_user(UserName="a")
    Deliveries(server, tmp_path, Slow(tmp_path)).turn()
    assert len(put) == 1
    assert sorted(deliveries.names()) == ["CreateUser", "CreateUser", "StartLogging"]
    assert len(deliveries.files()) == 2


def test_digests_chain_and_name_every_log_file(server: Live, trail: Any, deliveries: Deliveries) -> None:
    deliveries.turn()
    for number in range(2):
        server.client("iam").create_user(UserName=f"u{number}")
        deliveries.clock.now += HOUR + timedelta(minutes=1)
        deliveries.turn()
    first, second = (json.loads(gzip.decompress(file.read_bytes())) for file in deliveries.files("CloudTrail-Digest"))
    assert first["previousDigestSignature"] is None
    metadata = [json.loads(Path(f"{f}{METADATA}").read_text()) for f in deliveries.files("CloudTrail-Digest")]
    assert second["previousDigestSignature"] == metadata[0]["signature"]
    assert second["previousDigestS3Object"] == first["digestS3Object"]
    assert second["digestStartTime"] == first["digestEndTime"]
    named = [entry["s3Object"] for digest in (first, second) for entry in digest["logFiles"]]
    assert named == [str(file.relative_to(deliveries.path / "audit")) for file in deliveries.files()]
    (key,) = trail.list_public_keys(StartTime=deliveries.clock.now - HOUR, EndTime=deliveries.clock.now)[
        "PublicKeyList"
    ]
    assert key["Fingerprint"] == first["digestPublicKeyFingerprint"]
    before = datetime(2020, 1, 1, tzinfo=UTC)
    assert trail.list_public_keys(StartTime=before, EndTime=before)["PublicKeyList"] == []
    assert "LatestDigestDeliveryTime" in trail.get_trail_status(Name="main")


class Meanwhile(Folders):
    """Folders that do something before the first digest is put there."""

    def put(self, bucket: str, key: str, content: bytes, metadata: Any) -> None:
        if "CloudTrail-Digest" in key and self.doings:
            self.doings.pop()()
        super().put(bucket, key, content, metadata)

    doings: ClassVar[list[Callable[[], None]]] = []


def verified(deliveries: Deliveries) -> list[str]:
    """The problems that verification finds."""
    keys = {key.id: key.public for key in deliveries.server.run(_keys(deliveries.server))}
    return [found.problem for found in verify(deliveries.path / "audit", ACCOUNT, keys) if found.problem]


async def _keys(server: Live) -> list[Any]:
    return list((await server.realm.store.load(ACCOUNT)).digest_keys)


def test_two_servers_that_digest_at_once_keep_one_chain(server: Live, trail: Any, tmp_path: Path) -> None:
    first, second = Deliveries(server, tmp_path, Meanwhile(tmp_path)), Deliveries(server, tmp_path)
    second.clock = second.deliveries._clock = first.clock  # type: ignore[assignment]
    first.turn()

    def meanwhile() -> None:
        server.client("iam").list_users()
        second.turn()

    first.clock.now += HOUR + timedelta(minutes=1)
    Meanwhile.doings.append(meanwhile)
    first.turn()
    for _ in range(2):
        first.clock.now += HOUR + timedelta(minutes=1)
        second.turn()
    assert Meanwhile.doings == []
    assert verified(first) == []
    assert len(first.files("CloudTrail-Digest")) == 3


def test_a_digest_that_could_not_be_put_is_put_later(server: Live, trail: Any, deliveries: Deliveries) -> None:
    deliveries.turn()

    def fail() -> None:
        raise NotPut("the bucket is away")

    failing = Deliveries(server, deliveries.path, Meanwhile(deliveries.path))
    Meanwhile.doings.append(fail)
    failing.clock.now += HOUR + timedelta(minutes=1)
    failing.turn()
    assert trail.get_trail_status(Name="main")["LatestDeliveryError"] == "the bucket is away"
    assert deliveries.files("CloudTrail-Digest") == []
    deliveries.turn()
    deliveries.clock.now += 3 * HOUR
    deliveries.turn()
    assert len(deliveries.files("CloudTrail-Digest")) == 2
    assert verified(deliveries) == []


def aws(server: Live, bucket: S3, *command: str) -> subprocess.CompletedProcess[str]:
    """What AWS's CLI says to a command of CloudTrail."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_CLOUDTRAIL": server.endpoint,
        "AWS_ENDPOINT_URL_S3": bucket.endpoint,
    }
    program = [str(Path(sys.executable).with_name("aws")), "cloudtrail", *command]
    return subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=False)


def validate(server: Live, bucket: S3) -> subprocess.CompletedProcess[str]:
    """`aws cloudtrail validate-logs` over the whole life of the trail."""
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
    start, end = (f"{datetime.now(UTC) + shift:%Y-%m-%dT%H:%M:%SZ}" for shift in (-HOUR, 9 * HOUR))
    times = ("--start-time", start, "--end-time", end)
    return aws(server, bucket, "validate-logs", "--trail-arn", arn, *times, "--verbose")


def test_the_aws_cli_verifies_what_is_in_s3(
    server: Live, trail: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3() as bucket:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", bucket.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ROOT_KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ROOT_SECRET)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        deliveries = Deliveries(server, tmp_path, buckets_at("s3"))
        for number in range(3):
            server.client("iam").create_user(UserName=f"u{number}")
            deliveries.turn()
            deliveries.clock.now += HOUR + timedelta(minutes=1)
        deliveries.turn()
        good = validate(server, bucket)
        assert good.returncode == 0, good.stdout + good.stderr
        assert re.search(r"(\d)/\1 digest files valid", good.stdout)
        assert re.search(r"(\d)/\1 log files valid", good.stdout)
        logs = sorted(key for key in bucket.objects if "/CloudTrail/" in key)
        content, metadata = bucket.objects[logs[0]]
        bucket.objects[logs[0]] = (gzip.compress(gzip.decompress(content).replace(b"u0", b"u9")), metadata)
        del bucket.objects[logs[1]]
        bad = validate(server, bucket)
        assert bad.returncode == 1
        assert "hash value doesn't match" in bad.stdout + bad.stderr
        assert "not found" in bad.stdout + bad.stderr
        attribute = "AttributeKey=ResourceName,AttributeValue=u2"
        looked_up = aws(server, bucket, "lookup-events", "--lookup-attributes", attribute, "--output", "json")
        assert [event["EventName"] for event in json.loads(looked_up.stdout)["Events"]] == ["CreateUser"]
        bucket.refuses = True
        with pytest.raises(NotPut, match="s3://audit"):
            buckets_at("s3").put("audit", "key", b"", {})

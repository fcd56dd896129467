"""The record under bad conditions: nothing that was acknowledged is missing, and nothing is acknowledged that is not kept."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.server import clock
from iamd.server.trail_buckets import Folders
from iamd.server.trail_delivery import TrailDeliveries
from iamd.store import Store, StoreError, waiting
from tests.hostile.trail import recorded
from tests.live import Live, live
from tests.store.samples import SampleEvent


@pytest.fixture
def filed(tmp_path: Path) -> Iterator[Live]:
    """A server with a database file, so that its events can be read."""
    with live(in_memory=False, data_dir=tmp_path, detections=False) as server:
        yield server


def room(server: Live, pages: int | None) -> None:
    """Let the database have so many pages more than it has, or as many as it likes."""
    database: Any = server.realm.store._database

    async def limit() -> None:
        def work() -> None:
            present = database._writer.execute("PRAGMA page_count").fetchone()[0]
            wanted = 1 << 30 if pages is None else present + pages
            database._writer.execute(f"PRAGMA max_page_count = {wanted}")

        await database._on(database._write_thread, "limit", work)

    server.run(limit())


def names(directory: Path) -> list[tuple[str, str | None, str | None]]:
    """What the database has of every event: its name, the group that it names, its error."""
    return [
        (each["eventName"], (each["requestParameters"] or {}).get("groupName"), each.get("errorCode"))
        for each in recorded(directory)
    ]


@pytest.mark.embedded("it fills the file")
def test_a_full_disk_loses_nothing_that_was_acknowledged(filed: Live, tmp_path: Path) -> None:
    iam = filed.client("iam")
    iam.create_group(GroupName="before")
    filed.run(filed.realm.store.flush())
    room(filed, 0)
    made: list[str] = []

    def fill() -> None:
        for number in range(1000):
            iam.create_group(GroupName=f"g{number}", Path=f"/{'x' * 500}/")
            made.append(f"g{number}")

    with pytest.raises(ClientError) as refused:
        fill()
    told = refused.value.response["ResponseMetadata"]
    assert told["HTTPStatusCode"] == 503
    assert "x-iamd-revision" not in told["HTTPHeaders"]  # what is not durable may never come to be
    answered = iam.list_groups(MaxItems=1000)["Groups"]  # reads go on, and wait to be recorded
    assert {group["GroupName"] for group in answered} == {"before", *made}
    assert not filed.realm.store.healthy or _unflushed(filed)
    room(filed, None)
    iam.create_group(GroupName="after")
    filed.run(filed.realm.store.flush())
    assert filed.realm.store.healthy
    told = names(tmp_path)
    assert [group for name, group, error in told if name == "CreateGroup" and error is None] == [
        "before",
        *made,
        "after",
    ]
    assert [name for name, _, _ in told].count("ListGroups") == 1


def _unflushed(server: Live) -> bool:
    """Whether events that wait cannot be written."""
    try:
        server.run(server.realm.store.flush())
    except StoreError:
        return True
    return False


@pytest.mark.embedded("it fills the file")
def test_what_cannot_be_recorded_is_not_done(filed: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    iam = filed.client("iam")
    iam.list_users()
    room(filed, 0)
    monkeypatch.setattr(waiting, "MAX_EVENTS", 3)
    outcomes = []
    for _ in range(200):
        try:
            iam.list_users()
            outcomes.append(200)
        except ClientError as error:
            outcomes.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
            break
    assert outcomes[-1] == 500  # the answer is held back: what cannot be recorded is not told
    room(filed, None)


def test_a_clock_that_steps_back_hides_nothing(filed: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    iam, trail = filed.client("iam"), filed.client("cloudtrail")
    iam.create_group(GroupName="one")
    monkeypatch.setattr(clock, "time", lambda: time.time() - 120)
    iam.create_group(GroupName="two")
    monkeypatch.setattr(clock, "time", time.time)
    iam.create_group(GroupName="three")
    found = trail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateGroup"}])
    told = [json.loads(each["CloudTrailEvent"])["requestParameters"]["groupName"] for each in found["Events"]]
    assert (told[-1], sorted(told)) == ("two", ["one", "three", "two"])  # by time, each once
    assert [group for name, group, _ in names(tmp_path) if name == "CreateGroup"] == ["one", "two", "three"]
    ids = [each["eventID"] for each in recorded(tmp_path)]
    assert len(set(ids)) == len(ids)


def test_a_huge_parameter_is_refused_and_recorded_without_it(filed: Live, tmp_path: Path) -> None:
    iam = filed.client("iam")
    iam.create_user(UserName="bob")
    with pytest.raises(ClientError):
        iam.put_user_policy(UserName="bob", PolicyName="big", PolicyDocument="x" * (256 << 10))
    filed.run(filed.realm.store.flush())
    event = recorded(tmp_path)[-1]
    assert (event["eventName"], event["requestParameters"], "errorCode" in event) == ("PutUserPolicy", None, True)
    assert len(event["errorMessage"]) <= 1024


def test_control_characters_are_recorded_as_they_were_and_break_no_file(filed: Live, tmp_path: Path) -> None:
    trail, odd = filed.client("cloudtrail"), "a\x00b\x1b[2J\r\n\u2028\ud7ff"
    filed.run(_allow_trails(filed))
    trail.create_trail(Name="main", S3BucketName="audit")
    trail.start_logging(Name="main")
    trail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": odd}])
    filed.run(TrailDeliveries(filed.realm.store, Folders(tmp_path / "buckets"), 300, 3600).turn())
    (file,) = (tmp_path / "buckets").glob("**/CloudTrail/**/*.json.gz")
    delivered = json.loads(gzip.decompress(file.read_bytes()))["Records"]
    assert delivered[-1]["requestParameters"]["lookupAttributes"][0]["attributeValue"] == odd
    assert delivered == recorded(tmp_path)[-len(delivered) :]


def test_two_servers_on_one_database_record_and_deliver_everything(filed: Live, tmp_path: Path) -> None:
    buckets = tmp_path / "buckets"
    filed.run(_allow_trails(filed))
    trail = filed.client("cloudtrail")
    trail.create_trail(Name="main", S3BucketName="audit")
    trail.start_logging(Name="main")
    with live(in_memory=False, data_dir=tmp_path, detections=False) as second:
        both = [(server, server.client("iam")) for server in (filed, second)]
        deliver = [TrailDeliveries(server.realm.store, Folders(buckets), 300, 3600) for server, _ in both]
        for number in range(6):
            both[number % 2][1].create_group(GroupName=f"g{number}")
            other, client = both[(number + 1) % 2]
            other.run(other.realm.store.refresh())  # on PostgreSQL it would hear of it a moment later
            client.get_group(GroupName=f"g{number}")
            turns = [
                asyncio.run_coroutine_threadsafe(d.turn(), s.loop) for d, (s, _) in zip(deliver, both, strict=True)
            ]
            for turn in turns:
                turn.result(10)
        for (server, _), deliveries in zip(both, deliver, strict=True):
            server.run(server.realm.store.flush())
            server.run(deliveries.turn())
    files = buckets.glob("**/CloudTrail/**/*.json.gz")
    delivered = {
        each["eventID"] for file in files for each in json.loads(gzip.decompress(file.read_bytes()))["Records"]
    }
    kept = [each for each in recorded(tmp_path) if each["eventName"] in ("CreateGroup", "GetGroup")]
    assert len(kept) == 12
    assert {each["eventID"] for each in kept} <= delivered


async def _allow_trails(server: Live) -> None:
    server.realm.delivers_trails = True


def test_what_comes_late_says_so(filed: Live, tmp_path: Path) -> None:
    filed.run(_allow_trails(filed))
    trail = filed.client("cloudtrail")
    trail.create_trail(Name="main", S3BucketName="audit")
    trail.start_logging(Name="main")
    (tmp_path / "buckets").write_text("no folder")
    later = datetime.now(UTC) + timedelta(minutes=20)
    deliveries = TrailDeliveries(filed.realm.store, Folders(tmp_path / "buckets"), 300, 3600, lambda: later)
    filed.run(deliveries.turn())
    assert trail.get_trail_status(Name="main")["LatestDeliveryError"]
    (tmp_path / "buckets").unlink()
    filed.run(deliveries.turn())
    # What was to be put at first has its own file; what was recorded since has another.
    files = (tmp_path / "buckets").glob("**/CloudTrail/**/*.json.gz")
    delivered = [each for file in files for each in json.loads(gzip.decompress(file.read_bytes()))["Records"]]
    assert {each["addendum"]["reason"] for each in delivered} == {"DELIVERY_DELAY"}


@pytest.mark.embedded("it fills the file")
def test_a_store_that_was_closed_while_full_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        store = Store.open_sqlite(tmp_path)
        await store.start()
        store._database._writer.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]
        for number in range(2000):
            store.append_event(SampleEvent(f"event-{number}" * 20))
        with pytest.raises(StoreError, match="full"):
            await store.close()
        other = Store.open_sqlite(tmp_path / "other")  # whose disk has room
        await other.start()
        other.append_event(SampleEvent("event"))
        await other.close()

    asyncio.run(main())

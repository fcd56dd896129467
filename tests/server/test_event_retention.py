"""Old events are forgotten, but for what somebody still waits for; what was delivered is verified as before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iamd.audit.lookup import sought, terms
from iamd.audit.verification import verify
from iamd.server.event_data_stores import EventDataStores
from iamd.server.event_retention import EventRetention
from iamd.server.known_time import Known
from iamd.server.trail_buckets import Folders
from iamd.server.trail_delivery import TrailDeliveries
from iamd.store.interface import Window
from tests.live import ACCOUNT, Live, live

DAYS = 30
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    buckets = str(tmp_path_factory.mktemp("unused"))
    with live(detections=False, trail_buckets=buckets, trail_interval=86_400) as server:
        yield server


def known(time: datetime) -> Known:
    async def told() -> datetime:
        return time

    return told


class Kept:
    """A server's events, forgotten as on a later day."""

    def __init__(self, server: Live) -> None:
        server.reset()
        self.server, self.store, self.now = server, server.realm.store, datetime.now(UTC)
        self.iam = server.client("iam")

    def forget(self, days: float = DAYS + 1) -> None:
        later = self.now + timedelta(days=days)
        retention = EventRetention(self.store, self.server.realm.lake, DAYS, known(later))
        self.server.run(retention.turn())

    def names(self, name: str | None = None) -> list[str]:
        """The names of events, or the ids of those of that name, as they are found."""
        term = None if name is None else sought("EventName", name)
        found = self.server.run(self.store.events(Window(ACCOUNT, limit=100), term, terms))
        return [event.event_id for event in found]


@pytest.fixture
def kept(running: Live) -> Kept:
    return Kept(running)


def test_events_are_forgotten_with_their_index_but_for_the_last(kept: Kept) -> None:
    for number in range(6):
        kept.iam.create_group(GroupName=f"g{number}")
    kept.server.run(kept.store.index_events(terms, 4))
    assert len(kept.names("CreateGroup")) == 6
    kept.forget(DAYS - 1)
    assert len(kept.names("CreateGroup")) == 6
    last = kept.server.run(kept.store.last_event())
    kept.forget()
    assert len(kept.names()) == len(kept.names("CreateGroup")) == 1
    assert kept.server.run(kept.store.last_event()) == last
    kept.iam.create_group(GroupName="new")
    assert len(kept.names("CreateGroup")) == 2
    assert kept.server.run(kept.store.last_event()) == last + 1


def test_what_the_index_still_knows_of_is_not_found(kept: Kept) -> None:
    for number in range(4):
        kept.iam.create_group(GroupName=f"g{number}")
    kept.server.run(kept.store.index_events(terms, 4))
    later = kept.now + HOUR
    assert kept.server.run(kept.store.forget_events(ACCOUNT, later, 2)) == 2
    assert len(kept.names("CreateGroup")) == 2


def test_a_trail_gets_what_it_waits_for_and_its_digests_go_on(kept: Kept, tmp_path: Path) -> None:
    trail = kept.server.client("cloudtrail")
    trail.create_trail(Name="main", S3BucketName="audit", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    trail.start_logging(Name="main")
    clock = [kept.now]
    deliveries = TrailDeliveries(kept.store, Folders(tmp_path), 300, 3600, lambda: clock[0])

    def deliver() -> None:
        clock[0] += HOUR + timedelta(minutes=1)
        kept.server.run(deliveries.turn())

    kept.iam.create_group(GroupName="first")
    before = len(kept.names())
    kept.forget()
    assert len(kept.names()) == before
    deliver()
    kept.forget()
    assert len(kept.names()) == 1
    kept.iam.create_group(GroupName="second")
    deliver()
    keys = {key.id: key.public for key in kept.server.run(kept.store.load(ACCOUNT)).digest_keys}
    findings = list(verify(tmp_path / "audit", ACCOUNT, keys))
    assert not [each for each in findings if each.problem]
    assert len([each for each in findings if each.kind == "digest"]) == 2


def test_a_trail_that_takes_nothing_holds_nothing_up(kept: Kept, tmp_path: Path) -> None:
    trail = kept.server.client("cloudtrail")
    trail.create_trail(Name="main", S3BucketName="audit")
    trail.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    trail.start_logging(Name="main")
    clock = [kept.now]
    deliveries = TrailDeliveries(kept.store, Folders(tmp_path), 300, 3600, lambda: clock[0])
    for _ in range(3):
        kept.iam.list_users()
        clock[0] += HOUR
        kept.server.run(deliveries.turn())
    kept.forget()
    assert len(kept.names()) == 1


def test_an_event_data_store_gets_what_it_waits_for(kept: Kept) -> None:
    lake = kept.server.realm.lake
    assert lake is not None
    lake.block, before = 4, lake.block
    try:
        kept.server.client("cloudtrail").create_event_data_store(Name="all")
        for number in range(5):
            kept.iam.create_group(GroupName=f"g{number}")
        for _ in range(2):  # a block that is not full is waited for, too
            kept.forget()
            assert len(kept.names("CreateGroup")) == 5
            kept.server.run(EventDataStores(kept.store, lake).turn())
        while kept.server.run(kept.store.last_event()) % 4:
            kept.iam.list_users()
        kept.forget()
        assert len(kept.names("CreateGroup")) == 5
        kept.server.run(EventDataStores(kept.store, lake).turn())
        kept.forget()
        assert len(kept.names()) == 1
    finally:
        lake.block = before


def test_look_ups_go_back_for_ninety_days(kept: Kept) -> None:
    trail = kept.server.client("cloudtrail")
    kept.iam.list_users()
    old = datetime.now(UTC) - timedelta(days=91)
    assert trail.lookup_events(StartTime=old)["Events"]
    assert trail.lookup_events(StartTime=old, EndTime=old + HOUR)["Events"] == []

"""`iamd audit`: events on the command line, while the server runs, and files that are verified."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.audit.log_files import METADATA
from iamd.audit.lookup import summary
from iamd.cli.audit import following
from iamd.cli.main import main
from iamd.server.trail_buckets import Folders
from iamd.server.trail_delivery import TrailDeliveries
from tests import elsewhere
from tests.live import Live, live

Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def server(data: Path) -> Iterator[Live]:
    """A server where alice was made, listed and denied something, with a trail in a folder."""
    with live(in_memory=False, data_dir=str(data / "db"), trail_buckets=str(data), trail_interval=86_400) as running:
        iam = running.client("iam")
        iam.create_user(UserName="alice")
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        with pytest.raises(ClientError):
            running.client("iam", key).delete_user(UserName="bob\x1b")
        iam.list_users()
        running.run(running.realm.store.flush())
        yield running


@pytest.fixture
def run(server: Live, data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, list[str]]:
        code = main(["audit", *arguments, "--data-dir", str(data / "db")])
        return code, capsys.readouterr().out.splitlines()

    return run


def test_tail_prints_the_newest_events_last(run: Run) -> None:
    code, lines = run("tail", "-n", "3")
    assert code == 0
    assert [line.split("  ")[2:] for line in lines] == [
        ["root", "iam", "CreateAccessKey", "ok", "alice"],
        ["alice", "iam", "DeleteUser", "ValidationError", "bob?"],
        ["root", "iam", "ListUsers", "ok"],
    ]


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (["--user", "alice"], ["DeleteUser"]),
        (["--error", "any"], ["DeleteUser"]),
        (["--error", "AccessDenied"], []),
        (["--resource", "alice", "--name", "CreateUser"], ["CreateUser"]),
        (["--user", "root", "--writes"], ["CreateUser", "CreateAccessKey"]),
        (["--since", "1h", "--source", "iam.amazonaws.com", "-n", "1"], ["ListUsers"]),
        (["--until", "2020-01-01"], []),
        (["--type", "AWS::IAM::AccessKey"], ["CreateAccessKey"]),
    ],
)
def test_search_finds_by_all_that_is_given(run: Run, flags: list[str], names: list[str]) -> None:
    code, lines = run("search", "--json", *flags)
    assert [json.loads(line)["eventName"] for line in lines] == names
    assert code == (0 if names else 1)


def test_an_event_is_found_by_its_id(run: Run) -> None:
    event = json.loads(run("tail", "--json", "-n", "1")[1][0])
    assert [json.loads(line) for line in run("search", "--json", "--id", event["eventID"])[1]] == [event]


def test_following_goes_on_as_events_come_in(server: Live, data: Path) -> None:
    async def follow() -> str:
        store = elsewhere.open_store(data / "db")
        await store.start()
        try:
            events = following(store, await store.last_event(), lambda event: b"carol" in event.record)
            pending = asyncio.ensure_future(anext(events))
            await asyncio.to_thread(server.client("iam").create_user, UserName="carol")
            return summary(await pending).name
        finally:
            await store.close()

    assert asyncio.run(follow()) == "CreateUser"


def test_what_makes_no_sense_is_refused(run: Run, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["verify"], ["tail", "folder"], ["search", "--follow"], ["verify", str(data / "none")]):
        assert run(*arguments)[0] == 2
    with pytest.raises(SystemExit):
        run("tail", "--since", "yesterday")
    assert "is no time" in capsys.readouterr().err


def delivered(server: Live, data: Path) -> Path:
    """A bucket with three log files, two digests, and a log file that no digest names."""
    clock = [datetime.now(UTC)]
    trail = server.client("cloudtrail")
    trail.create_trail(Name="main", S3BucketName="audit", EnableLogFileValidation=True)
    trail.start_logging(Name="main")
    deliveries = TrailDeliveries(server.realm.store, Folders(data), 300, 3600, lambda: clock[0])
    for hours in (0, 1, 1, 0.1):
        clock[0] += timedelta(hours=hours, seconds=1)
        trail.get_trail(Name="main")
        server.run(deliveries.turn())
    return data / "audit"


def test_verify_finds_what_was_changed_moved_or_removed(server: Live, run: Run, data: Path) -> None:
    bucket = delivered(server, data)
    assert run("verify", str(bucket)) == (
        0,
        [
            "2 of 2 digest files verified",
            "3 of 4 log files verified",
            "1 log files are in no digest: the next one names those of its hour",
        ],
    )

    def problems() -> list[str]:
        code, lines = run("verify", str(bucket), "--json")
        found: list[Any] = json.loads(lines[0])
        assert code == (1 if any(each["problem"] for each in found) else 0)
        return [each["problem"].partition(",")[0] for each in found if each["problem"]]

    logs, digests = sorted(bucket.rglob("*_CloudTrail_*.gz")), sorted(bucket.rglob("*_CloudTrail-Digest_*.gz"))
    for file, content, expected in (
        (logs[0], gzip.compress(b"{}"), ["hash value doesn't match"]),
        (logs[0], b"nonsense", ["cannot be read"]),
        (logs[0], None, ["not found"]),
        (digests[0], gzip.compress(b"{}"), ["invalid format", "the digest before it"]),
        (digests[0], None, ["the digest before it"]),
        (Path(f"{digests[1]}{METADATA}"), b'{"signature": "00"}', ["signature verification failed"]),
        (digests[0], digests[1].read_bytes(), ["has been moved from its original location", "the digest before it"]),
    ):
        before = file.read_bytes()
        file.unlink()
        if content is not None:
            file.write_bytes(content)
        assert problems() == expected, file
        file.write_bytes(before)
    assert problems() == []

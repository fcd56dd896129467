"""Credential reports as files: `iamd report`, and on a schedule."""

from __future__ import annotations

import asyncio
import csv
import email
import email.policy
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from iamd.caller import sigv4
from iamd.cli.main import main
from iamd.server.report_places import Folder, NotPut, Report, place_of
from iamd.server.report_schedule import RETRY, ReportSchedule
from iamd.wire.http import HttpRequest
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET, Live, live

OTHER = "210987654321"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Live]:
    with live(in_memory=False, data_dir=str(tmp_path / "data"), root_email="owner@example.com") as running:
        running.client("iam").create_user(UserName="true")
        yield running


@pytest.fixture
def report(server: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs `iamd report credentials`; returns what it prints."""

    def run(*flags: str) -> str:
        assert main(["report", "credentials", "--data-dir", str(tmp_path / "data"), *flags]) == 0
        return capsys.readouterr().out

    return run


class Days:
    """A clock that stands where it is put."""

    def __init__(self, now: str) -> None:
        self.at(now)

    def at(self, now: str) -> None:
        self.now = datetime.fromisoformat(now).replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_the_report_is_aws_s(server: Live, report: Callable[..., str]) -> None:
    printed = list(csv.reader(report("--csv").splitlines()))
    iam = server.client("iam")
    iam.generate_credential_report()
    expected = list(csv.reader(iam.get_credential_report()["Content"].decode().splitlines()))
    key_columns = {expected[0].index(f"access_key_1_last_used_{what}") for what in ("date", "region", "service")}
    for theirs, ours in zip(expected, printed, strict=True):  # all but the use of the key by these calls
        assert [c for i, c in enumerate(ours) if i not in key_columns] == [
            c for i, c in enumerate(theirs) if i not in key_columns
        ]


def test_json_has_values_instead_of_words(report: Callable[..., str]) -> None:
    root, user = json.loads(report("--json"))
    assert (root["user"], root["password_enabled"]) == ("<root_account>", "not_supported")
    assert (root["access_key_1_active"], root["access_key_2_active"], root["mfa_active"]) == (True, False, False)
    assert (user["user"], user["password_enabled"], user["password_last_used"]) == ("true", False, None)
    assert user["arn"] == f"arn:aws:iam::{ACCOUNT}:user/true"


def test_a_report_goes_into_a_folder(report: Callable[..., str], tmp_path: Path) -> None:
    printed = report("--to", str(tmp_path / "new" / "reports")).strip()
    [file] = (tmp_path / "new" / "reports").iterdir()
    assert printed == str(file)
    assert file.name.startswith(f"credential-report-{ACCOUNT}-")
    assert file.read_text() == report().removesuffix("\n")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_report_goes_into_a_mail_spool(report: Callable[..., str], tmp_path: Path) -> None:
    for _ in range(2):
        report("--json", "--to", f"maildir:{tmp_path / 'mail'}")
    [file] = (tmp_path / "mail" / "new").iterdir()
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert message["To"] == "owner@example.com"
    [attached] = list(message.iter_attachments())
    assert (attached.get_filename(), attached.get_content_type()) == (file.name, "application/json")
    assert json.loads(attached.get_content())[0]["user"] == "<root_account>"


@contextmanager
def bucket() -> Iterator[tuple[str, list[HttpRequest]]]:
    """An S3 endpoint that keeps what is put."""
    taken: list[HttpRequest] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
            taken.append(HttpRequest("PUT", self.path.encode(), b"", headers, body))
            self.send_response(200 if "denied" not in self.path else 403)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}", taken
        finally:
            http.shutdown()
            thread.join()


def test_a_report_goes_into_a_bucket_signed(report: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ROOT_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ROOT_SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with bucket() as (endpoint, taken):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        printed = report("--to", "s3://audit/reports/").strip()
        refused = Report("denied.csv", "text/csv", b"", "")
        with pytest.raises(NotPut, match="s3://audit: "):
            place_of("s3://audit").put(refused)
    put = taken[0]
    assert put.path.decode() == printed.removeprefix("s3:/")
    signature = sigv4.read(put)
    assert signature is not None
    assert (signature.service, signature.region) == ("s3", "eu-west-1")
    sigv4.verify(put, signature, ROOT_SECRET, datetime.now(UTC))
    assert put.body.startswith(b"user,arn,")


def test_what_cannot_be_written_is_told(server: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    place = str(tmp_path / "file" / "reports")
    for to in (place, f"maildir:{place}"):
        assert main(["report", "credentials", "--data-dir", str(tmp_path / "data"), "--to", to]) == 2
        assert "Not a directory" in capsys.readouterr().err
    assert main(["report", "credentials", "--csv", "--json", "--data-dir", str(tmp_path / "data")]) == 2


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_every_account_gets_a_report_a_day(server: Live, tmp_path: Path) -> None:
    server.add_account(OTHER)
    clock, folder = Days("2026-11-20T12:00:00"), tmp_path / "reports"
    schedule = ReportSchedule(server.realm.store, Folder(folder), "daily", "csv", clock)
    assert server.run(schedule.turn()) == 3600
    first = [f"credential-report-{account}-2026-11-20.csv" for account in (ACCOUNT, OTHER)]
    assert files(folder) == first
    written = (folder / first[0]).stat().st_mtime_ns
    clock.at("2026-11-20T23:59:00")
    again = ReportSchedule(server.realm.store, Folder(folder), "daily", "csv", clock)
    assert server.run(again.turn()) == 61
    assert (folder / first[0]).stat().st_mtime_ns == written
    clock.at("2026-11-21T00:00:00")
    server.run(schedule.turn())
    assert files(folder) == sorted([*first, *(name.replace("-20.csv", "-21.csv") for name in first)])


def test_a_week_s_report_is_named_by_its_monday(server: Live, tmp_path: Path) -> None:
    clock, folder = Days("2026-11-22T09:00:00"), tmp_path / "reports"  # a Sunday
    schedule = ReportSchedule(server.realm.store, Folder(folder), "weekly", "json", clock)
    server.run(schedule.turn())
    clock.at("2026-11-23T00:00:01")
    server.run(schedule.turn())
    assert files(folder) == [f"credential-report-{ACCOUNT}-2026-11-{day}.json" for day in (16, 23)]


def test_failures_are_tried_again_and_end_nothing(server: Live, tmp_path: Path) -> None:
    clock, folder = Days("2026-11-20T12:00:00"), tmp_path / "reports"
    folder.write_text("in the way")
    schedule = ReportSchedule(server.realm.store, Folder(folder), "daily", "csv", clock)
    assert server.run(schedule.turn()) == RETRY
    folder.unlink()
    assert server.run(schedule.turn()) == 3600
    assert len(files(folder)) == 1


def test_a_message_that_was_read_is_not_sent_again(server: Live, tmp_path: Path) -> None:
    clock, mail = Days("2026-11-20T12:00:00"), tmp_path / "mail"
    for _ in range(2):
        schedule = ReportSchedule(server.realm.store, place_of(f"maildir:{mail}"), "daily", "csv", clock)
        server.run(schedule.turn())
        for message in (mail / "new").iterdir():
            message.rename(mail / "cur" / f"{message.name}:2,S")
    assert len(files(mail / "cur")) == 1


def test_a_server_writes_reports_when_told(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    with live(report_schedule="daily", report_to=str(folder)) as server:
        server.run(_until(lambda: folder.exists() and any(file.suffix == ".csv" for file in folder.iterdir())))


async def _until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.005)

"""`iamd findings`: what was detected, as text and JSON, archived and not."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from iamd.audit.detections.catalogue import ADMINISTRATOR
from iamd.audit.detections.detectors import Sighting
from iamd.audit.detections.finding import found
from iamd.cli.main import main
from iamd.store.interface import KeptFinding
from tests import elsewhere
from tests.audit.test_detections import ROOT, detected, seen
from tests.audit.test_event import ACCOUNT, NOW
from tests.store.samples import new_account


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = found(detected(seen(who=ROOT))[0], None, NOW)
    admin = found(Sighting(ADMINISTRATOR, "x", seen("PutUserPolicy"), "arn:bob\x1b"), None, NOW + timedelta(hours=1))

    async def fill() -> None:
        store = elsewhere.open_store(tmp_path)
        await store.start()
        await store.write(new_account(ACCOUNT))
        kept = [KeptFinding(ACCOUNT, each.id, each.updated, msgspec.msgpack.encode(each)) for each in (root, admin)]
        await store.remember([], kept, NOW - timedelta(days=1))
        await store.close()

    asyncio.run(fill())
    return tmp_path


def run(data: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["findings", *arguments, "--data-dir", str(data)])
    return code, capsys.readouterr().out


def test_findings_are_listed_last_seen_first(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(data, capsys)
    lines = out.splitlines()
    assert (code, len(lines)) == (1, 6)
    assert lines[0] == "high    PrivilegeEscalation:IAMUser/AdministrativePermissions"
    assert "arn:bob? an administrator" in lines[1]
    assert lines[3] == "low     Policy:IAMUser/RootCredentialUsage"
    assert run(data, capsys, "--severity", "medium")[1].count("\n") == 3
    assert run(data, capsys, "--type", "rootcred", "--severity", "high") == (0, "no findings\n")


def test_findings_are_told_in_guardduty_s_format(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(data, capsys, "--json")
    assert (code, [each["severity"] for each in json.loads(out)]) == (1, [8.0, 2.0])


def test_findings_are_archived_and_taken_out_again(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [each["id"] for each in json.loads(run(data, capsys, "--json")[1])]
    assert run(data, capsys, "archive", ids[0][:8], ids[1])[0] == 0
    assert run(data, capsys) == (0, "no findings\n")
    assert "(archived)" in run(data, capsys, "--archived")[1]
    assert [each["service"]["archived"] for each in json.loads(run(data, capsys, "--archived", "--json")[1])] == [
        True
    ] * 2
    assert run(data, capsys, "unarchive", ids[0])[0] == 0
    assert len(json.loads(run(data, capsys, "--json")[1])) == 1


@pytest.mark.parametrize("arguments", [["archive"], ["list", "abc"], ["archive", "none"]])
def test_what_names_no_finding_fails(data: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert run(data, capsys, *arguments)[0] == 2

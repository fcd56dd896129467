"""Columns of events and the process that reads them: any text is told as it was, and nothing runs for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvloop

from iamd.audit import ApiEvent, Identity
from iamd.audit.lake import process
from iamd.audit.lake.statement import NotAllowed, executable, stores
from tests.audit.test_event import ACCOUNT, NOW

STORE, OTHER = "0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002"
ODD = 'a\x00b\x1b[2J"\\\n\u2028é😀'


async def lines() -> AsyncIterator[bytes]:
    event = ApiEvent(
        ACCOUNT, NOW, "iam.amazonaws.com", "GetUser", "us-east-1", "r", True, Identity("IAMUser", user_name=ODD)
    )
    yield msgspec.json.encode({**event.record(), "requestParameters": {"a": ODD, "b": [1, {"c": ODD}]}}) + b"\n"


async def asked(file: Path, statement: str, **more: Any) -> Mapping[str, Any]:
    table = {"files": [str(file)] if file.exists() else [], "since": "2026-01-01 00:00:00"}
    job = {"do": "query", "tables": {STORE: table}, "statement": executable(statement)}
    return await process.run({**job, **more}, seconds=more.get("wait", 30))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_any_text_comes_back_as_it_was(tmp_path: Path, run: Callable[[Any], Any]) -> None:
    """On the server's event loop, too, whose processes have sockets where others have pipes."""

    async def main() -> Mapping[str, Any]:
        file = tmp_path / 'it\'s "one".parquet'
        await process.run({"do": "write", "file": str(file)}, lines())
        return await asked(
            file,
            f"SELECT userIdentity.userName, requestParameters['a'], requestParameters['b'], eventTime FROM {STORE}",
        )

    (row,) = run(main())["rows"]
    assert row[:2] == [ODD, ODD]
    assert msgspec.json.decode(row[2]) == [1, {"c": ODD}]
    assert row[3] == "2026-03-24 21:11:59.000"


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    endless = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b"
    with pytest.raises(process.TimedOut, match="longer than 1 seconds"):
        asyncio.run(asked(tmp_path / "none", endless, wait=1))


def test_what_needs_too_much_memory_fails(tmp_path: Path) -> None:
    with pytest.raises(process.Failed, match="Out of Memory"):
        asyncio.run(asked(tmp_path / "none", "SELECT list(range) FROM range(10000000000)", memory="32MB"))


def test_a_process_that_dies_fails_its_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_WORKER", tmp_path / "none.py")
    with pytest.raises(process.Failed, match="ended with 2"):
        asyncio.run(asked(tmp_path / "none", "SELECT 1"))


def test_a_file_that_cannot_be_written_fails(tmp_path: Path) -> None:
    with pytest.raises(process.Failed):
        asyncio.run(process.run({"do": "write", "file": str(tmp_path / "no" / "such")}, lines()))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (f"SELECT * FROM {STORE}", [STORE]),
        (f'SELECT * FROM "{STORE.upper()}" JOIN {OTHER} USING (eventID)', [STORE, OTHER]),
        (f"SELECT '{STORE}', '''{STORE}''' -- {STORE}\n /* {STORE} */ FROM {OTHER}", [OTHER]),
        (f"SELECT 1 FROM x{STORE}, {STORE}0", []),
    ],
)
def test_stores_are_named_outside_texts_and_comments(statement: str, named: list[str]) -> None:
    assert stores(statement) == named


def test_ids_are_put_in_quotation_marks_and_the_engine_hidden() -> None:
    assert executable(f"SELECT '{STORE}' FROM {STORE}") == f"SELECT '{STORE}' FROM \"{STORE}\""
    for name in ("duckdb_settings()", '"DuckDB_Views"', "pragma_table_info('x')", "QUERY('SELECT 1')"):
        with pytest.raises(NotAllowed):
            executable(f"SELECT * FROM {name}")
    assert executable("SELECT 'query' AS \"a query\"")

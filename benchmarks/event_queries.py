"""SQL over an event data store: the time from the question to the answer, its process's start included.

Run: python -m benchmarks event_queries, with
EVENTS=10000000 in the environment for the size that the target is for.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from time import perf_counter

import duckdb

from iamd.audit.lake import process
from iamd.audit.lake.files import BLOCK
from iamd.audit.lake.statement import executable
from iamd.audit.lake.worker import COLUMNS

STORE = "0a1b2c3d-0000-4000-8000-000000000001"
EVENTS = int(os.environ.get("EVENTS", "1000000"))
TARGET = 5.0  # seconds

# What differs between events; the rest is NULL. Every user has parameters, an address and a key of its own.
_MADE = {
    "eventVersion": "'1.11'",
    "userIdentity": "{'type': 'IAMUser', 'arn': 'arn:aws:iam::123456789012:user/user' || u, 'userName': 'user' || u, "
    "'accessKeyId': 'AKIA' || u}",
    "eventTime": "TIMESTAMP '2026-01-01' + to_seconds(n // 20)",
    "eventSource": "'iam.amazonaws.com'",
    "eventName": "['GetUser', 'ListUsers', 'GetRole', 'CreateUser', 'AssumeRole', 'DeleteUser'][(1 + h % 6)::BIGINT]",
    "awsRegion": "'us-east-1'",
    "sourceIPAddress": "'10.0.' || u % 250 || '.' || h % 250",
    "userAgent": "'aws-cli/2.0 Python/3.12'",
    "errorCode": "CASE WHEN h % 50 = 0 THEN 'AccessDenied' END",
    "requestParameters": "MAP {'userName': 'user' || h % 1000}",
    "requestID": "md5(n::VARCHAR)",
    "eventID": "uuid()::VARCHAR",
    "readOnly": "h % 3 > 0",
    "recipientAccountId": "'123456789012'",
}
QUERIES = {
    "calls of each name": f"SELECT eventName, count(*) AS n FROM {STORE} GROUP BY ALL ORDER BY n DESC",
    "who was denied most": f"SELECT userIdentity.arn, count(*) AS n FROM {STORE} WHERE errorCode = 'AccessDenied' "
    "GROUP BY ALL ORDER BY n DESC LIMIT 20",
    "who changed one user": f"SELECT eventTime, userIdentity.userName, eventName FROM {STORE} WHERE NOT readOnly "
    "AND element_at(requestParameters, 'userName') = 'user77' ORDER BY eventTime DESC LIMIT 100",
    "addresses of each user": f"SELECT userIdentity.userName, count(DISTINCT sourceIPAddress) AS n FROM {STORE} "
    "GROUP BY ALL ORDER BY n DESC LIMIT 20",
    "everything of an hour": f"SELECT * FROM {STORE} WHERE eventTime BETWEEN TIMESTAMP '2026-01-01 01:00:00' "
    "AND TIMESTAMP '2026-01-01 01:02:00'",
}


def fill(folder: Path) -> list[str]:
    """Files as a server writes them, made by DuckDB itself."""
    connection, files = duckdb.connect(), []
    columns = ", ".join(f'({_MADE.get(name, "NULL")})::{type_} AS "{name}"' for name, type_ in COLUMNS.items())
    for number, start in enumerate(range(0, EVENTS, BLOCK)):
        files.append(str(folder / f"{number:012}.parquet"))
        source = f"(SELECT range AS n, hash(range) AS h, hash(range) % 500 AS u FROM range({start}, {start + BLOCK}))"
        connection.execute(f"COPY (SELECT {columns} FROM {source}) TO '{files[-1]}' (FORMAT parquet, COMPRESSION zstd)")
    return files


async def ask(files: list[str], statement: str) -> tuple[float, int]:
    """Seconds, and how many rows the answer has."""
    tables = {STORE: {"files": files, "since": "2000-01-01 00:00:00"}}
    before = perf_counter()
    answer = await process.run({"do": "query", "tables": tables, "statement": executable(statement)})
    return perf_counter() - before, len(answer["rows"])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = fill(Path(folder))
        size = sum(Path(file).stat().st_size for file in files) / (len(files) * BLOCK)
        print(f"  {len(files) * BLOCK:,} events in {len(files)} files, {size:.0f} bytes each")
        for name, statement in QUERIES.items():
            took, rows = asyncio.run(ask(files, statement))
            verdict = "met" if took <= TARGET else "MISSED"
            print(f"  {name:<24} {rows:5} rows in {took:5.2f} s (target {TARGET:.0f}: {verdict})")


if __name__ == "__main__":
    main()

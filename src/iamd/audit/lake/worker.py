"""The process that runs DuckDB: a script of its own, which knows nothing of the server and is given nothing of it.

It reads one job from standard input (its length as four bytes, then JSON) and answers with JSON on standard output. It
needs `duckdb` and nothing else; the server never loads it. Whoever wrote the query may want the machine rather than an
answer, so before DuckDB sees it, it can reach no file but those of the event data stores that the query names, load no
extension, change no setting and write nothing; limits of memory, size and time are the operating system's as well.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-limitations.html
https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb

_TEXT_MAP = "MAP(VARCHAR, VARCHAR)"
_ISSUER = "STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, userName VARCHAR)"
_SESSION = (
    "STRUCT(attributes STRUCT(creationDate TIMESTAMP, mfaAuthenticated VARCHAR), "
    f"sessionIssuer {_ISSUER}, webIdFederationData STRUCT(federatedProvider VARCHAR, attributes {_TEXT_MAP}), "
    "sourceIdentity VARCHAR, ec2RoleDelivery VARCHAR, assumedRoot VARCHAR)"
)
COLUMNS: Mapping[str, str] = {
    "eventVersion": "VARCHAR",
    "userIdentity": "STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, accessKeyId VARCHAR, "
    f"userName VARCHAR, sessionContext {_SESSION}, invokedBy VARCHAR, identityProvider VARCHAR, credentialId VARCHAR)",
    "eventTime": "TIMESTAMP",
    "eventSource": "VARCHAR",
    "eventName": "VARCHAR",
    "awsRegion": "VARCHAR",
    "sourceIPAddress": "VARCHAR",
    "userAgent": "VARCHAR",
    "errorCode": "VARCHAR",
    "errorMessage": "VARCHAR",
    "requestParameters": _TEXT_MAP,
    "responseElements": _TEXT_MAP,
    "additionalEventData": _TEXT_MAP,
    "requestID": "VARCHAR",
    "eventID": "VARCHAR",
    "readOnly": "BOOLEAN",
    "resources": "STRUCT(accountId VARCHAR, type VARCHAR, ARN VARCHAR)[]",
    "eventType": "VARCHAR",
    "apiVersion": "VARCHAR",
    "managementEvent": "BOOLEAN",
    "recipientAccountId": "VARCHAR",
    "sharedEventID": "VARCHAR",
    "annotation": "VARCHAR",
    "vpcEndpointId": "VARCHAR",
    "vpcEndpointAccountId": "VARCHAR",
    "serviceEventDetails": _TEXT_MAP,
    "addendum": _TEXT_MAP,
    "edgeDeviceDetails": _TEXT_MAP,
    "insightDetails": _TEXT_MAP,
    "eventCategory": "VARCHAR",
    "tlsDetails": "STRUCT(tlsVersion VARCHAR, cipherSuite VARCHAR, clientProvidedHostHeader VARCHAR)",
    "sessionCredentialFromConsole": "VARCHAR",
}
"""CloudTrail Lake's columns; what a parameter or response element holds besides text is its JSON."""

# Functions of Presto, which CloudTrail Lake's queries are written in, where DuckDB's differ.
_MACROS = (
    "CREATE MACRO element_at(m, k) AS m[k]",
    "CREATE MACRO json_extract_scalar(j, p) AS json_extract_string(j, p)",
    "CREATE MACRO from_iso8601_timestamp(t) AS CAST(t AS TIMESTAMP)",
    "CREATE MACRO approx_distinct(x) AS approx_count_distinct(x)",
    "CREATE MACRO regexp_like(t, p) AS regexp_matches(t, p)",
)
_LONGEST_MESSAGE = 1000
_CHUNK = 1 << 20


class Refused(Exception):
    """A statement that is not run; the message says why."""


def run(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Do the job. `write` puts the events on standard input, a CloudTrail record a line, into a Parquet file; `check`
    looks whether a statement can be run; `query` runs it."""
    connection = duckdb.connect(
        config={
            "threads": job["threads"],
            "memory_limit": job["memory"],
            "max_temp_directory_size": "0KB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    if job["do"] == "write":
        return _write(connection, job["file"])
    _prepare(connection, job["tables"])
    statement = _only_select(connection, job["statement"])
    if job["do"] == "check":
        connection.execute(f"EXPLAIN {statement}")
        return {}
    return {**_result(connection, statement, job["rows"], job["bytes"]), **_scanned(job["tables"])}


def _write(connection: duckdb.DuckDBPyConnection, file: str) -> Mapping[str, Any]:
    _pipe_input()
    connection.execute(
        "CREATE TABLE told AS SELECT * FROM read_json('/dev/stdin', format = 'newline_delimited', columns = ?, "
        "timestampformat = '%Y-%m-%dT%H:%M:%SZ')",
        [dict(COLUMNS)],
    )
    connection.execute(f"COPY told TO {_text(file)} (FORMAT parquet, COMPRESSION zstd)")
    return {}


def _pipe_input() -> None:
    """Make standard input a pipe, which can be opened by its name. Some event loops give their processes sockets, which
    cannot."""
    source = os.dup(0)
    reader, writer = os.pipe()
    os.dup2(reader, 0)
    os.close(reader)
    Thread(target=_copy, args=(source, writer), daemon=True).start()


def _copy(source: int, target: int) -> None:
    with suppress(BrokenPipeError), open(source, "rb", buffering=0) as lines, open(target, "wb") as pipe:
        shutil.copyfileobj(lines, pipe, _CHUNK)


def _prepare(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Give a view to every event data store, then shut the door behind them."""
    files = [file for table in tables.values() for file in table["files"]]
    connection.execute(f"SET allowed_paths = [{', '.join(map(_text, files))}]")
    connection.execute("SET enable_external_access = false")
    for macro in _MACROS:
        connection.execute(macro)
    for name, table in tables.items():
        if table["files"]:
            source = f"read_parquet([{', '.join(map(_text, table['files']))}])"
            since = f"WHERE eventTime >= CAST({_text(table['since'])} AS TIMESTAMP)"
            connection.execute(f"CREATE VIEW {_name(name)} AS SELECT * FROM {source} {since}")  # noqa: S608  # quoted
        else:
            columns = ", ".join(f"{_name(column)} {type_}" for column, type_ in COLUMNS.items())
            connection.execute(f"CREATE TABLE {_name(name)} ({columns})")
    connection.execute("SET lock_configuration = true")


def _only_select(connection: duckdb.DuckDBPyConnection, statement: str) -> str:
    """The statement, if it is one and a SELECT. Raises Refused and duckdb.Error."""
    parsed = connection.extract_statements(statement)
    if len(parsed) != 1 or parsed[0].type != duckdb.StatementType.SELECT:
        raise Refused("only one SELECT statement is allowed")
    return parsed[0].query.strip().removesuffix(";")


def _result(connection: duckdb.DuckDBPyConnection, statement: str, rows: int, size: int) -> Mapping[str, Any]:
    """Names of the columns and the rows as texts. Raises Refused for more than `rows` rows or `size` bytes."""
    found = connection.execute(statement)
    columns = [column[0] for column in found.description or ()]
    told: list[list[str | None]] = []
    left = size
    while page := found.fetchmany(1000):
        for row in page:
            told.append([_value(value) for value in row])
            left -= sum(len(value or "") + 4 for value in told[-1])
        if len(told) > rows or left < 0:
            raise Refused(f"the result is longer than {rows} rows or {size} bytes: narrow it or give it a LIMIT")
    return {"columns": columns, "rows": told}


def _scanned(tables: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """How many events and bytes are in the files."""
    files = [file for table in tables.values() for file in table["files"]]
    if not files:
        return {"scanned": 0, "size": 0}
    counted = duckdb.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [files]).fetchone()
    return {"scanned": int((counted or (0,))[0]), "size": sum(Path(file).stat().st_size for file in files)}


def _value(value: Any) -> str | None:
    """A value as Presto writes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "milliseconds")
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=_value, ensure_ascii=False)
    return value.isoformat() if isinstance(value, date) else str(value)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _limit(job: Mapping[str, Any]) -> None:
    """Bound the process itself, whatever DuckDB makes of its own limits."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (job["data"], job["data"]))
    resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"] * job["threads"], job["seconds"] * job["threads"] + 5))
    if job["do"] != "write":
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _read(length: int) -> bytes:
    """So many bytes of standard input, and no more: what follows is DuckDB's to read."""
    parts: Sequence[bytes] = []
    while length:
        part = os.read(0, length)
        if not part:
            raise EOFError
        parts = [*parts, part]
        length -= len(part)
    return b"".join(parts)


def main() -> None:
    """Do the one job there is."""
    job = json.loads(_read(int.from_bytes(_read(4), "big")))
    _limit(job)
    try:
        answer = run(job)
    except (Refused, duckdb.Error) as error:
        answer = {"failure": str(error).partition("\n\nLINE ")[0][:_LONGEST_MESSAGE]}
    sys.stdout.write(json.dumps(answer, ensure_ascii=True))


if __name__ == "__main__":
    main()

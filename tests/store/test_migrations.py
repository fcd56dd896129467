"""The schema: migrations make what the tables describe, from nothing and from every earlier version."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import StaticPool

from iamd.store import StoreError, tables
from iamd.store.migrations import LATEST, STEPS, migrate, statements, version
from iamd.store.rows import CODECS
from iamd.store.sql.reading import load
from iamd.store.sqlite.connection import SqliteConnection, connect
from tests.store.samples import ACCOUNT, NOW, SAMPLES

SINCE = 7  # the step from which on programs of two adjacent versions share a database
# Tables, their indexes, and columns that whoever does not know them need not fill.
ADDS = r"CREATE TABLE \w+ \(|CREATE INDEX |ALTER TABLE \w+ ADD COLUMN \w+ \w+( DEFAULT \S+| NOT NULL DEFAULT \S+)?$"
SCHEMAS = Path(__file__).parent / "schemas"  # a dump of a database of each version, with data


@pytest.fixture
def connection() -> Iterator[SqliteConnection]:
    with closing(connect(None)) as opened:
        yield opened


def described(connection: sqlite3.Connection) -> dict[str, object]:
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    found = inspect(engine)
    return {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(table)],
            found.get_pk_constraint(table)["constrained_columns"],
            sorted(unique["column_names"] for unique in found.get_unique_constraints(table)),
            sorted((index["name"], index["column_names"]) for index in found.get_indexes(table)),
        )
        for table in found.get_table_names()
    }


def test_the_migrations_make_the_tables(connection: sqlite3.Connection) -> None:
    assert migrate(connection, "sqlite") == LATEST
    with closing(sqlite3.connect(":memory:")) as wanted:
        tables.metadata.create_all(create_engine("sqlite://", creator=lambda: wanted, poolclass=StaticPool))
        assert described(connection) == described(wanted)


def test_a_current_schema_is_left_alone(connection: sqlite3.Connection) -> None:
    migrate(connection, "sqlite")
    assert migrate(connection, "sqlite") == 0
    assert version(connection) == LATEST


def test_the_next_schema_is_used_as_it_is_and_a_newer_one_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, "sqlite")
    connection.execute(f"INSERT INTO schema_version VALUES ({LATEST + 1}, 0)")
    assert migrate(connection, "sqlite") == 0
    connection.execute(f"INSERT INTO schema_version VALUES ({LATEST + 2}, 0)")
    with pytest.raises(StoreError, match=f"schema version {LATEST + 2}.*up to {LATEST}"):
        migrate(connection, "sqlite")


@pytest.mark.parametrize("step", range(SINCE, LATEST + 1))
def test_a_step_only_adds_what_the_version_before_can_live_with(step: int) -> None:
    for dialect in ("sqlite", "postgresql"):
        for statement in statements(step, dialect):
            assert re.match(ADDS, " ".join(statement.split())), f"m{step:04}: {statement}"


def test_every_earlier_version_has_a_stored_database() -> None:
    assert sorted(file.stem for file in SCHEMAS.iterdir()) == [f"v{step:04}" for step in range(1, LATEST)]


@pytest.mark.parametrize("step", range(1, LATEST))
def test_a_database_of_an_earlier_version_is_brought_up_to_date(connection: sqlite3.Connection, step: int) -> None:
    connection.executescript((SCHEMAS / f"v{step:04}.sql").read_text())
    assert version(connection) == step
    users = connection.execute("SELECT name FROM users").fetchall()
    assert users
    assert migrate(connection, "sqlite") == LATEST - step
    assert connection.execute("SELECT name FROM users").fetchall() == users
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh, "sqlite")
        assert described(connection) == described(fresh)


@pytest.mark.parametrize("step", range(1, LATEST))
def test_the_records_and_the_history_of_an_earlier_version_are_read(connection: SqliteConnection, step: int) -> None:
    stored = (SCHEMAS / f"v{step:04}.sql").read_text()
    connection.executescript(stored)
    migrate(connection, "sqlite")
    records, used = load(connection, ACCOUNT)
    assert records.users.named("alice").tags == SAMPLES["users"][0].tags
    for kind in SAMPLES:  # of every kind that the version had
        assert bool(len(records.collection(kind))) == (f'INTO "{kind}"' in stored), kind
    assert used["AKIA1"].time == NOW
    kept = connection.execute("SELECT kind, before FROM changes WHERE before IS NOT NULL").fetchall()
    assert [CODECS[kind].restore(before).name for kind, before in kept] == ["Ünal"]


@pytest.mark.parametrize("step", range(1, len(STEPS) + 1))
def test_each_step_is_spelled_for_both_databases(step: int) -> None:
    for dialect in ("sqlite", "postgresql"):
        for statement in statements(step, dialect):
            assert "{" not in statement


def test_both_databases_have_the_same_types() -> None:
    def types(dialect: sqlite.dialect | postgresql.dialect) -> set[str]:
        return {column.type.compile(dialect) for table in tables.metadata.tables.values() for column in table.c}

    assert types(sqlite.dialect()) == {"TEXT", "BIGINT", "INTEGER", "BOOLEAN", "BLOB"}
    assert types(postgresql.dialect()) == {"TEXT", "BIGINT", "INTEGER", "BOOLEAN", "BYTEA"}


def test_every_key_leads_with_the_account() -> None:
    of_the_whole = {"keyring", "schema_version"}
    for table in tables.metadata.tables.values():
        if table.name not in of_the_whole:
            uniques = [[c.name for c in u.columns] for u in table.constraints if u is not table.primary_key]
            keys = [[column.name for column in table.primary_key], *uniques]
            for key in keys:
                assert key[0] == "account_id" or key in (["position"], ["alias"]), (table.name, key)

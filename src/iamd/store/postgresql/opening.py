"""Opening a database: what it is, whether its schema is current, its keys."""

from __future__ import annotations

from typing import Any

import psycopg

from iamd.store import migrations
from iamd.store.errors import StoreError
from iamd.store.keyring import Keyring
from iamd.store.master_key import MasterKey
from iamd.store.postgresql.connection import PostgresConnection
from iamd.store.sql import keys

OPENING = 0x69616D64  # "iamd": processes that open the database at the same time take turns

_OURS = """
    SELECT count(*), count(*) FILTER (WHERE table_name IN ('schema_version', 'keyring', 'changes'))
    FROM information_schema.tables WHERE table_schema = current_schema()
"""


def prepare(connection: PostgresConnection, master: MasterKey) -> Keyring:
    """Bring the schema up to date, make the first keys when there are none, and unwrap them.

    Raises StoreError (another program's database, newer schema, other master key) and psycopg.Error.
    """
    driver = connection.driver
    is_new = not recognize(driver)
    with driver.transaction():
        driver.execute("SELECT pg_advisory_xact_lock(%s)", (OPENING,))
        # Who may use the tables need not be allowed to make any.
        if is_new or migrations.version(driver) < migrations.LATEST:
            migrations.migrate(driver, "postgresql")
        migrations.require_usable(migrations.version(driver))
        keys.make(connection, master)
    return keys.read(connection, master)


def recognize(driver: psycopg.Connection[Any]) -> bool:
    """Whether our tables are there. Refuses a database that is not ours, or cannot hold what we write, before anything is
    written to it."""
    if driver.info.parameter_status("crdb_version") is not None:
        raise StoreError(
            "CockroachDB has neither notifications nor advisory locks, by which servers agree: use PostgreSQL"
        )
    encoding = driver.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(f"the database has the encoding {encoding}: create it with ENCODING 'UTF8'")
    tables, ours = driver.execute(_OURS).fetchone() or (0, 0)
    if tables and ours < 3:
        raise StoreError("the database has tables of another program: create one for iamd alone")
    return bool(tables)

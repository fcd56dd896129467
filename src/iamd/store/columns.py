"""What the tables are made of: their metadata, and a function for each type of column."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.sql.schema import SchemaItem

metadata = MetaData()

_BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER PRIMARY KEY


def text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def optional(name: str) -> Column[str]:
    return Column(name, Text)


def time(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def optional_time(name: str) -> Column[int]:
    return Column(name, BigInteger)


def number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def large(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def blob(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def position() -> Column[int]:
    return Column("position", _BIG, primary_key=True)


def records(name: str, key: str, *columns: SchemaItem) -> Table:
    """A table of records: `key` is the column that holds what the kind's key function gives."""
    table = Table(name, metadata, position(), text("account_id"), *columns, info={"key": key})
    keys = ("account_id",) if key == "account_id" else ("account_id", key)
    table.append_constraint(UniqueConstraint(*keys))
    if "name_key" in table.c:
        table.append_constraint(UniqueConstraint("account_id", "name_key"))
    return table


def named() -> tuple[SchemaItem, ...]:
    """What users, groups, roles, policies and instance profiles have in common."""
    return text("id"), text("name"), text("name_key"), text("path"), time("created")

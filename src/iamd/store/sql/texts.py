"""SQL as text, compiled once from SQLAlchemy Core.

A statement goes by its text for SQLite, parameters marked by `?`. PostgreSQL's is compiled from the same statement when
it is first asked for; it takes the same parameters in the same order. The texts run on the driver's own connection:
executing through Core costs about 130 microseconds a statement, ten times what the driver needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    Insert,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Dialect

from iamd.store.rows import Codec
from iamd.store.sql.connection import Row

Statement = Select[Any] | Insert | Update | Delete

_SQLITE = sqlite.dialect(paramstyle="qmark")
_POSTGRESQL: Dialect = psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]
_SIZES = (64, 16, 4, 1)  # rows in a statement; few sizes, so that the statements stay prepared

_statements: dict[str, tuple[Statement, tuple[str, ...]]] = {}  # by text; with what PostgreSQL runs, and parameters


def text(statement: Statement, postgresql: Statement | None = None) -> str:
    """The statement's text; `postgresql` is what that database runs instead, where the two are not spelled alike."""
    if isinstance(statement, Insert):
        statement = statement.inline()  # nothing is to be returned
    found, names = _compiled(statement, _SQLITE)
    _statements[found] = (statement if postgresql is None else postgresql, names)
    return found


@cache
def in_postgresql(text: str) -> str:
    """A statement's text for psycopg, parameters marked by `%s`; KeyError for what is no statement of `text`."""
    statement, names = _statements[text]
    found, same = _compiled(statement, _POSTGRESQL)
    if same != names:
        raise TypeError(f"parameters in another order in {found}: {same}, not {names}")
    return found


def for_many(statement: str, rows: Sequence[Row]) -> Iterator[tuple[str, list[Any]]]:
    """`INSERT ... VALUES (...)`, whatever follows on a conflict, of some rows at a time: texts with the rows' values."""
    at = 0
    for size in _SIZES:
        while len(rows) - at >= size:
            yield _repeated(statement, size), list(chain.from_iterable(rows[at : at + size]))
            at += size


@cache
def _repeated(statement: str, size: int) -> str:
    head, values, rest = statement.partition(" VALUES ")
    end = rest.index(")") + 1
    return head + values + ", ".join([rest[:end]] * size) + rest[end:]


def _compiled(statement: Statement, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    result = statement.compile(dialect=dialect)
    return str(result), tuple(result.positiontup or ())


@dataclass(frozen=True, slots=True)
class RecordSql:
    """The statements for one kind. Rows are as the codec gives them.

    `insert` takes a row, `update` a row followed by account id and key, `delete` and `by_key` account id and key,
    `by_account` an account id.
    """

    insert: str
    update: str
    delete: str
    by_key: str
    by_account: str


def record_sql(codec: Codec[Any]) -> RecordSql:
    table = codec.table
    columns = [table.c[name] for name in codec.columns]
    account: ColumnElement[bool] = table.c.account_id == bindparam("which_account")
    one = and_(account, table.c[codec.key_column] == bindparam("which_key"))
    new: dict[str, BindParameter[Any]] = {name: bindparam(f"new_{name}") for name in codec.columns}
    row = [f"new_{name}" for name in codec.columns]
    which = ["which_account", "which_key"]

    def with_names(statement: Statement, names: Iterable[str]) -> str:
        found = text(statement)
        if _statements[found][1] != tuple(names):
            raise TypeError(f"parameters out of order in {found}")
        return found

    return RecordSql(
        insert=with_names(insert(table).values(new), row),
        update=with_names(update(table).values(new).where(one), row + which),
        delete=with_names(delete(table).where(one), which),
        by_key=with_names(select(*columns).where(one), which),
        by_account=with_names(select(*columns).where(account).order_by(table.c.position), which[:1]),
    )

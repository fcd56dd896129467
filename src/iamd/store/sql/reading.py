"""What is read of accounts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from iamd.store.history import rewind
from iamd.store.image import KINDS, Records
from iamd.store.interface import Access, KeptDenial, Listed, Usage, When
from iamd.store.rows import CODECS, moment
from iamd.store.sql import history
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection
from iamd.store.sql.feed import revision


def load(connection: Connection, account_id: str) -> tuple[Records, dict[str, Usage]]:
    """All of an account, of one moment."""
    with connection.reading():
        records = image(connection, account_id)
        used = connection.execute(sql.LAST_USED, (account_id,)).fetchall()
    return records, {subject: Usage(moment(time), region, service) for subject, time, region, service in used}


def image(connection: Connection, account_id: str) -> Records:
    """All records of an account, in the caller's transaction."""
    records = Records(account_id)
    records.revision = revision(connection, account_id)
    shared: dict[Any, Any] = {}
    found = connection.each([(sql.RECORDS[kind.name].by_account, (account_id,)) for kind in KINDS])
    for kind, rows in zip(KINDS, found, strict=True):
        codec, collection = CODECS[kind.name], records.collection(kind.name)
        for row in rows:
            collection.load(codec.record(row, shared))
    return records


def past(connection: Connection, account_id: str, when: When) -> Records:
    """All records of an account as they stood; raises NotKept."""
    with connection.reading():
        records = image(connection, account_id)
        behind = history.revision_at(connection, account_id, when, records.revision)
        rewind(records, history.touched(connection, account_id, behind))
        records.revision = behind
    return records


def accesses(connection: Connection, account_id: str) -> list[Access]:
    """The last attempt of every principal at every action."""
    rows = connection.execute(sql.ACCESSES, (account_id,)).fetchall()
    return [
        Access(principal, service, action, moment(time), region) for principal, service, action, time, region in rows
    ]


def denial(connection: Connection, id: str, needed: Callable[[bytes], Collection[str]]) -> KeptDenial | None:
    """The denial of that id with its documents, as far as they are there."""
    with connection.reading():
        found = connection.execute(sql.DENIAL, (id,)).fetchone()
        if found is None:
            return None
        account_id, time, record = found
        texts = {}
        for digest in needed(record):
            text = connection.execute(sql.DENIAL_DOCUMENT, (account_id, digest)).fetchone()
            if text is not None:
                texts[digest] = text[0]
    return KeptDenial(account_id, moment(time), record, texts)


def result(connection: Connection, account_id: str, id: str) -> bytes | None:
    """What a query found."""
    found = connection.execute(sql.RESULT, (account_id, id)).fetchone()
    return None if found is None else bytes(found[0])


def accounts(connection: Connection) -> dict[str, Listed]:
    """What is listed of every account by its id, oldest account first."""
    rows = connection.execute(sql.ACCOUNTS).fetchall()
    return {account_id: Listed(alias, email, organization) for account_id, alias, email, organization in rows}


def holders(connection: Connection, /, kind: str, **values: str) -> list[str]:
    """The accounts that have a record of that kind with those values in its columns."""
    found = connection.execute(sql.holders(kind, tuple(values)), tuple(values.values()))
    return [account_id for (account_id,) in found]


def find_key(connection: Connection, access_key_id: str) -> str | None:
    found = connection.execute(sql.FIND_KEY, (access_key_id,)).fetchone()
    return None if found is None else str(found[0])

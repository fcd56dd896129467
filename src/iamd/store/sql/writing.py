"""One group of changes, written in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, groupby, zip_longest
from typing import Any, NamedTuple

from iamd.store.image import ACCOUNTS
from iamd.store.interface import Conflict, Denial, Group, NotUnique
from iamd.store.kind import Step
from iamd.store.rows import CODECS, micros
from iamd.store.runs import Run, runs
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection
from iamd.store.sql.events import last
from iamd.store.sql.feed import last_position, revision

_KEPT_FOR = 24 * 3_600_000_000 + 60_000_000  # microseconds that a denial can be asked about: a day and a moment
MAX_DENIALS = 50_000  # of an account; when there are more in a day, the oldest go first


class Written(NamedTuple):
    """What a commit added: the change feed's last position before and after, and the audit records."""

    first: int
    last: int
    events: list[Run]


def commit(connection: Connection, group: Group, writer: int) -> Written:
    """Write the group durably.

    Raises Conflict, with nothing written, when an account is not at the revision that the group was executed from, and
    NotUnique when one gets an alias or an address that another has of which the group cannot have known.
    """
    with connection.writing():
        return write(connection, group, writer)


def write(connection: Connection, group: Group, writer: int) -> Written:
    """As `commit`, in the caller's transaction."""
    for account_id, base in group.bases.items():
        if revision(connection, account_id) != base:
            raise Conflict(account_id)
    _check_unique(connection, group)
    first = last_position(connection)
    _write_records(connection, [step for change in group.changes for step in change.steps])
    feed = list(_feed(group, first, writer))
    connection.insert(sql.ADD_CHANGE, feed)
    reached = {change.account_id: change.revision for change in group.changes}
    connection.executemany(sql.SET_REVISION, list(reached.items()))
    events = _write_events(connection, group)
    if feed:
        connection.announce()
    return Written(first, first + len(feed), events)


def is_there(connection: Connection, written: Written, writer: int) -> bool:
    """Whether what `write` returned was committed; False as well for a group of which neither feed nor record tells,
    and which can be written twice."""
    if written.last > written.first:
        found = connection.execute(sql.WRITER, (written.last,)).fetchone()
        return found is not None and found[0] == writer
    if written.events:
        last = written.events[-1]
        found = connection.execute(sql.EVENT, (last.position,)).fetchone()
        return found is not None and found[3] == last.event_id
    return False


def _check_unique(connection: Connection, group: Group) -> None:
    """Aliases and addresses are unique over all accounts; what those of the group have was known when it was executed.

    Aliases that are given up are so at once: of accounts that change in one step, each may get what another has.
    """
    for step in chain.from_iterable(change.steps for change in group.changes):
        if step.collection.kind is ACCOUNTS and step.after is not None:
            alias, email = step.after.alias, step.after.email.lower()
            before = step.before
            if before is not None and (before.alias, before.email.lower()) == (alias, email):
                continue
            for owner, its_alias, its_email in connection.execute(sql.OWNERS, (step.after.account_id, alias)):
                is_same = (its_alias is not None and its_alias == alias) or (email and its_email.lower() == email)
                if is_same and owner not in group.bases:
                    raise NotUnique(owner)
            if before is not None and before.alias not in (None, alias):
                connection.execute(sql.RELEASE_ALIAS, (step.after.account_id,))


def _write_events(connection: Connection, group: Group) -> list[Run]:
    events = _add_events(connection, group)
    used = [(account, subject, micros(u.time), u.region, u.service) for account, subject, u in group.usage]
    connection.insert(sql.USE, _newest(used, 2))
    accesses = [(a, x.principal_id, x.service, x.action, micros(x.time), x.region) for a, x in group.accesses]
    connection.insert(sql.ACCESS, _newest(accesses, 4))
    _write_denials(connection, group.denials)
    return events


def _newest(rows: Iterable[tuple[Any, ...]], columns: int) -> list[tuple[Any, ...]]:
    """Of rows that are alike in so many columns, and differ in the time or what is behind it, the last."""
    return list({row[:columns]: row for row in sorted(rows)}.values())


def _add_events(connection: Connection, group: Group) -> list[Run]:
    if not (group.events or group.kept or group.runs):
        return []
    end = last(connection)
    reached = [revision for _, revision in group.events]
    added = [
        Run(position, event.account_id, micros(event.time), event.event_id, event.encode())
        for position, (event, _) in enumerate(group.events, end + 1)
    ]
    added += runs(group.kept, end + len(added))
    for run in group.runs:
        if not connection.execute(sql.HAS_EVENT, (run.account_id, run.time, run.event_id)).fetchone():
            position = (added[-1].position if added else end) + run.length
            added.append(Run(position, run.account_id, run.time, run.event_id, run.stored, run.length))
    connection.insert(
        sql.ADD_EVENT,
        [
            (run.position, run.account_id, run.time, run.event_id, revision, run.stored, run.length)
            for run, revision in zip_longest(added, reached)
        ],
    )
    return added


def _write_denials(connection: Connection, denials: Sequence[tuple[str, datetime, Denial]]) -> None:
    """Keep denials for a day, each of their documents once, and drop what has become too old or too much."""
    if not denials:
        return
    rows = [(account_id, micros(when), denial.id, denial.encode()) for account_id, when, denial in denials]
    connection.insert(sql.ADD_DENIAL, rows)
    documents = {
        (account_id, digest): (micros(when), text)
        for account_id, when, denial in denials
        for digest, text in denial.documents().items()
    }
    connection.executemany(sql.KEEP_DOCUMENT, [(*key, used, text) for key, (used, text) in documents.items()])
    newest = max(time for _, time, _, _ in rows)
    connection.execute(sql.DROP_OLD_DENIALS, (newest - _KEPT_FOR,))
    connection.execute(sql.DROP_OLD_DOCUMENTS, (newest - _KEPT_FOR - sql.DOCUMENT_HOUR,))
    for account_id in {account_id for account_id, _, _ in denials}:
        last = connection.execute(sql.DENIALS_FROM, (account_id, MAX_DENIALS)).fetchone()
        if last is not None:
            connection.execute(sql.DROP_DENIALS, (account_id, last[0]))


def keep_result(connection: Connection, row: tuple[str, str, int, bytes], before: int) -> None:
    """Keep what a query found; drop what was kept before that time."""
    with connection.writing():
        connection.execute(sql.KEEP_RESULT, row)
        connection.execute(sql.DROP_RESULTS, (before,))


def _write_records(connection: Connection, steps: list[Step]) -> None:
    """Within a table the steps keep their order, which is one in which names never collide; tables are independent."""
    by_table: dict[str, list[Step]] = {}
    for step in steps:
        by_table.setdefault(step.collection.kind.name, []).append(step)
    for table, own in by_table.items():
        for statement, run in groupby((_write(table, step) for step in own), key=lambda write: write[0]):
            rows = [parameters for _, parameters in run]
            if statement == sql.RECORDS[table].insert:
                connection.insert(statement, rows)
            else:
                connection.executemany(statement, rows)


def _write(table: str, step: Step) -> tuple[str, list[Any]]:
    """The statement for one step and its parameters."""
    which = [step.collection.account_id, step.key]
    if step.after is None:
        return sql.RECORDS[table].delete, which
    row = CODECS[table].row(step.after)
    return (sql.RECORDS[table].insert, row) if step.before is None else (sql.RECORDS[table].update, row + which)


def _feed(group: Group, first: int, writer: int) -> Iterable[tuple[Any, ...]]:
    """The change feed's rows, in the order of its table's columns."""
    position, now = first, time.time_ns() // 1000
    for change in group.changes:
        for seq, step in enumerate(change.steps):
            position += 1
            kind = step.collection.kind.name
            before = None if step.before is None else CODECS[kind].dump(step.before)
            yield position, change.account_id, change.revision, seq, writer, kind, step.key, before, now

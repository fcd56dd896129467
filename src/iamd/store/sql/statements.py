"""Every statement, as text compiled once from SQLAlchemy Core."""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    LargeBinary,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite spells it alike

from iamd.store import event_tables, record_tables, tables
from iamd.store.rows import CODECS
from iamd.store.sql.texts import RecordSql, record_sql
from iamd.store.sql.texts import text as _sql

_ACCESSED = event_tables.last_accessed.c
DOCUMENT_HOUR = 3_600_000_000  # microseconds; how late it may be noted that a document was used again
_DENIALS, _DOCUMENTS = event_tables.denials.c, event_tables.denial_documents.c
_CHANGES, _REVISIONS, _USED, _KEYS = tables.changes.c, tables.revisions.c, event_tables.last_used.c, tables.keyring.c


RECORDS: dict[str, RecordSql] = {kind: record_sql(codec) for kind, codec in CODECS.items()}

REVISION = _sql(select(_REVISIONS.revision).where(_REVISIONS.account_id == bindparam("a")))
_set_revision = upsert(tables.revisions)
SET_REVISION = _sql(
    _set_revision.on_conflict_do_update(
        index_elements=["account_id"], set_={"revision": _set_revision.excluded.revision}
    ),
)

LAST_POSITION = _sql(select(func.max(_CHANGES.position)))
LAST_CHANGE = _sql(
    select(_CHANGES.position, _CHANGES.writer, _CHANGES.time)
    .order_by(_CHANGES.position.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0"))
)
WRITER = _sql(select(_CHANGES.writer, _CHANGES.time).where(_CHANGES.position == bindparam("p")))
ADD_CHANGE = _sql(insert(tables.changes))
# Who changed what behind a position: account, writer, last position, first and last revision.
CHANGED = _sql(
    select(
        _CHANGES.account_id,
        _CHANGES.writer,
        func.max(_CHANGES.position),
        func.min(_CHANGES.revision),
        func.max(_CHANGES.revision),
    )
    .where(_CHANGES.position > bindparam("p"))
    .group_by(_CHANGES.account_id, _CHANGES.writer),
)
# The records of an account touched behind a revision: kind, key, where they were last added (null when they were not).
_added = func.max(case((_CHANGES.before.is_(None), _CHANGES.position)))
TOUCHED = _sql(
    select(_CHANGES.kind, _CHANGES.key, _added)
    .where(_CHANGES.account_id == bindparam("a"), _CHANGES.revision > bindparam("r"))
    .group_by(_CHANGES.kind, _CHANGES.key)
    .order_by(_added)
)
# The records of an account touched behind a revision, last first.
HISTORY = _sql(
    select(_CHANGES.revision, _CHANGES.time, _CHANGES.kind, _CHANGES.key, _CHANGES.before)
    .where(_CHANGES.account_id == bindparam("a"), _CHANGES.revision > bindparam("r"))
    .order_by(_CHANGES.revision.desc(), _CHANGES.seq.desc())
)
OLDEST_REVISION = _sql(select(func.min(_CHANGES.revision)).where(_CHANGES.account_id == bindparam("a")))
# The revision that stood at a time: the newest one that had been committed.
STOOD = _sql(
    select(_CHANGES.revision)
    .where(_CHANGES.account_id == bindparam("a"), _CHANGES.time <= bindparam("t"))
    .order_by(_CHANGES.revision.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0"))
)
# The first revision that was committed after a time.
FIRST_AFTER = _sql(
    select(func.min(_CHANGES.revision)).where(_CHANGES.account_id == bindparam("a"), _CHANGES.time > bindparam("t"))
)
FORGET = _sql(delete(tables.changes).where(_CHANGES.account_id == bindparam("a"), _CHANGES.revision < bindparam("r")))
CHANGED_ACCOUNTS = _sql(select(_REVISIONS.account_id))

ADD_EVENT = _sql(
    insert(event_tables.events).values(
        {
            name: bindparam(name)
            for name in ("position", "account_id", "time", "event_id", "revision", "record", "length")
        }
    ),
)

LAST_USED = _sql(
    select(_USED.subject, _USED.time, _USED.region, _USED.service).where(_USED.account_id == bindparam("a"))
)
_use = upsert(event_tables.last_used)
# Processes write their uses late and in any order: the newest stays.
USE = _sql(
    _use.on_conflict_do_update(
        index_elements=["account_id", "subject"],
        set_={name: _use.excluded[name] for name in ("time", "region", "service")},
        where=_use.excluded.time > _USED.time,
    ),
)

ACCESSES = _sql(
    select(_ACCESSED.principal_id, _ACCESSED.service, _ACCESSED.action, _ACCESSED.time, _ACCESSED.region).where(
        _ACCESSED.account_id == bindparam("a")
    )
)
_access = upsert(event_tables.last_accessed)
ACCESS = _sql(
    _access.on_conflict_do_update(
        index_elements=["account_id", "principal_id", "service", "action"],
        set_={name: _access.excluded[name] for name in ("time", "region")},
        where=_access.excluded.time > _ACCESSED.time,
    ),
)

# What may have been written already, when that could not be learned, is written again.
ADD_DENIAL = _sql(
    upsert(event_tables.denials)
    .values({name: bindparam(name) for name in ("account_id", "time", "id", "record")})
    .on_conflict_do_nothing()
)
DENIAL = _sql(select(_DENIALS.account_id, _DENIALS.time, _DENIALS.record).where(_DENIALS.id == bindparam("i")))
# The oldest denial that an account keeps when it has as many as it may.
DENIALS_FROM = _sql(
    select(_DENIALS.position)
    .where(_DENIALS.account_id == bindparam("a"))
    .order_by(_DENIALS.position.desc())
    .limit(literal_column("1"))
    .offset(bindparam("n"))
)
DROP_DENIALS = _sql(
    delete(event_tables.denials).where(_DENIALS.account_id == bindparam("a"), _DENIALS.position <= bindparam("p"))
)
DROP_OLD_DENIALS = _sql(delete(event_tables.denials).where(_DENIALS.time < bindparam("t")))
_keep = upsert(event_tables.denial_documents)
KEEP_DOCUMENT = _sql(
    _keep.on_conflict_do_update(
        index_elements=["account_id", "digest"],
        set_={"used": _keep.excluded.used},
        where=_keep.excluded.used > _DOCUMENTS.used + literal_column(str(DOCUMENT_HOUR)),
    )
)
DENIAL_DOCUMENT = _sql(
    select(_DOCUMENTS.document).where(_DOCUMENTS.account_id == bindparam("a"), _DOCUMENTS.digest == bindparam("d"))
)
DROP_OLD_DOCUMENTS = _sql(delete(event_tables.denial_documents).where(_DOCUMENTS.used < bindparam("t")))

_EVENTS, _POSTINGS, _BLOCKS = event_tables.events.c, event_tables.event_postings.c, event_tables.event_blocks.c
_EVENT = (_EVENTS.position, _EVENTS.account_id, _EVENTS.time, _EVENTS.event_id, _EVENTS.record, _EVENTS.length)
EVENT = _sql(select(*_EVENT).where(_EVENTS.position == bindparam("p")))
HAS_EVENT = _sql(
    select(_EVENTS.position).where(
        _EVENTS.account_id == bindparam("a"), _EVENTS.time == bindparam("t"), _EVENTS.event_id == bindparam("i")
    )
)
# Newest first from a time and position downwards: the index on account and time has them in this order.
EVENTS = _sql(
    select(*_EVENT)
    .where(
        _EVENTS.account_id == bindparam("a"),
        _EVENTS.time <= bindparam("e"),
        _EVENTS.time >= bindparam("s"),
        or_(_EVENTS.time < bindparam("t"), _EVENTS.position < bindparam("p")),
    )
    .order_by(_EVENTS.time.desc(), _EVENTS.position.desc())
    .limit(bindparam("n"))
    .offset(literal_column("0"))
)
EVENTS_BEHIND = _sql(
    select(*_EVENT)
    .where(_EVENTS.position > bindparam("p"))
    .order_by(_EVENTS.position)
    .limit(bindparam("n"))
    .offset(literal_column("0"))
)
# The same of one account and with some bytes in them: read in the table's order, not by the index on accounts.
_fresh = select(*_EVENT).where(_EVENTS.position > bindparam("p"))
EVENTS_FRESH = _sql(
    _fresh.where(
        literal_column("+events.account_id") == bindparam("a"),
        func.instr(_EVENTS.record, bindparam("b")) > literal_column("0"),
    ),
    postgresql=_fresh.where(
        _EVENTS.account_id == bindparam("a"),
        func.position(bindparam("b", type_=LargeBinary).op("IN")(_EVENTS.record)) > literal_column("0"),
    ),
)
LAST_EVENT = _sql(select(func.max(_EVENTS.position)))
LAST_RUN = _sql(
    select(_EVENTS.position, _EVENTS.time, _EVENTS.event_id)
    .order_by(_EVENTS.position.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0"))
)
RUN = _sql(select(_EVENTS.time, _EVENTS.event_id).where(_EVENTS.position == bindparam("p")))
OLDEST_BEHIND = _sql(select(func.min(_EVENTS.time)).where(_EVENTS.position > bindparam("p")))
# The newest record stays, or the positions would begin anew.
_newest = select(func.max(_EVENTS.position)).scalar_subquery()
OLD_EVENTS = _sql(
    select(_EVENTS.position)
    .where(_EVENTS.account_id == bindparam("a"), _EVENTS.time < bindparam("t"), _EVENTS.position < _newest)
    .order_by(_EVENTS.time)
    .limit(bindparam("n"))
    .offset(literal_column("0"))
)
DROP_EVENT = _sql(delete(event_tables.events).where(_EVENTS.position == bindparam("p")))
DROP_POSTINGS = _sql(
    delete(event_tables.event_postings).where(_POSTINGS.account_id == bindparam("a"), _POSTINGS.newest < bindparam("t"))
)
LAST_BLOCK = _sql(select(func.max(_BLOCKS.position)))
ADD_BLOCK = _sql(insert(event_tables.event_blocks))
POSTINGS = _sql(
    select(_POSTINGS.newest, _POSTINGS.postings)
    .where(
        _POSTINGS.account_id == bindparam("a"),
        _POSTINGS.term == bindparam("t"),
        _POSTINGS.newest >= bindparam("s"),
        _POSTINGS.oldest <= bindparam("e"),
    )
    .order_by(_POSTINGS.newest.desc())
)
ADD_POSTINGS = _sql(
    insert(event_tables.event_postings).values(
        {name: bindparam(name) for name in ("account_id", "term", "newest", "oldest", "postings")}
    )
)

_RESULTS = record_tables.query_results.c
RESULT = _sql(select(_RESULTS.content).where(_RESULTS.account_id == bindparam("a"), _RESULTS.id == bindparam("i")))
_keep_result = upsert(record_tables.query_results)
KEEP_RESULT = _sql(
    _keep_result.on_conflict_do_update(
        index_elements=["account_id", "id"],
        set_={name: _keep_result.excluded[name] for name in ("time", "content")},
    )
)
DROP_RESULTS = _sql(delete(record_tables.query_results).where(_RESULTS.time < bindparam("t")))

_FINDINGS, _MEMORY = record_tables.findings.c, record_tables.detection_memory.c
REMEMBERED = _sql(select(_MEMORY.account_id, _MEMORY.reached, _MEMORY.content))
REACHED = _sql(select(_MEMORY.reached).where(_MEMORY.account_id == bindparam("a")))
_remember = upsert(record_tables.detection_memory)
REMEMBER = _sql(
    _remember.on_conflict_do_update(
        index_elements=["account_id"], set_={name: _remember.excluded[name] for name in ("reached", "content")}
    )
)
FINDINGS = _sql(
    select(_FINDINGS.id, _FINDINGS.updated, _FINDINGS.archived, _FINDINGS.content)
    .where(
        _FINDINGS.account_id == bindparam("a"),
        or_(bindparam("any", type_=Text).is_(None), _FINDINGS.id == bindparam("i")),
    )
    .order_by(_FINDINGS.updated.desc(), _FINDINGS.id)
)
_keep_finding = upsert(record_tables.findings)
KEEP_FINDING = _sql(
    _keep_finding.on_conflict_do_update(
        index_elements=["account_id", "id"],
        set_={name: _keep_finding.excluded[name] for name in ("updated", "content")},
    )
)
ARCHIVE_FINDING = _sql(
    update(record_tables.findings)
    .values(archived=bindparam("v"))
    .where(_FINDINGS.account_id == bindparam("a"), _FINDINGS.id == bindparam("i"))
)
DROP_FINDINGS = _sql(delete(record_tables.findings).where(_FINDINGS.updated < bindparam("t")))

_ACCOUNT = tables.accounts.c
ACCOUNTS = _sql(
    select(_ACCOUNT.account_id, _ACCOUNT.alias, _ACCOUNT.email, _ACCOUNT.organization).order_by(_ACCOUNT.position)
)
# Who could have an alias or an address: databases fold letters in ways of their own, so that addresses are compared later.
OWNERS = _sql(
    select(_ACCOUNT.account_id, _ACCOUNT.alias, _ACCOUNT.email).where(
        _ACCOUNT.account_id != bindparam("a"),
        or_(_ACCOUNT.alias == bindparam("l"), _ACCOUNT.email != literal_column("''")),
    )
)
RELEASE_ALIAS = _sql(update(tables.accounts).values(alias=null()).where(_ACCOUNT.account_id == bindparam("a")))


@cache
def holders(kind: str, columns: tuple[str, ...]) -> str:
    """Selects the accounts that have a record of that kind; its parameters are values of those columns."""
    table = CODECS[kind].table
    held = (table.c[name] == bindparam(name) for name in columns)
    return _sql(select(table.c.account_id).distinct().where(*held))


FIND_KEY = _sql(select(tables.access_keys.c.account_id).where(tables.access_keys.c.id == bindparam("k")))

KEYRING = _sql(select(_KEYS.id, _KEYS.purpose, _KEYS.wrapped).order_by(_KEYS.id))
KEYRING_TIMES = _sql(select(_KEYS.id, _KEYS.purpose, _KEYS.wrapped, _KEYS.created).order_by(_KEYS.id))
LAST_KEY = _sql(select(func.max(_KEYS.id)))
SCHEMA = _sql(select(func.max(tables.schema_version.c.version)))
ADD_KEY = _sql(insert(tables.keyring))
REWRAP_KEY = _sql(update(tables.keyring).values(wrapped=bindparam("w")).where(_KEYS.id == bindparam("k")))
DROP_KEY = _sql(delete(tables.keyring).where(_KEYS.id == bindparam("k")))

CLEAR = [
    _sql(delete(table))
    for table in tables.metadata.sorted_tables
    if table not in (tables.keyring, tables.schema_version)
]

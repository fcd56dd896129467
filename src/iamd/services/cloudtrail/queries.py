"""Queries of event data stores: asked, told about, cancelled. They run behind the requests' backs.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-limitations.html
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from iamd.audit.lake import process
from iamd.audit.lake.statement import NotAllowed, executable, stores
from iamd.audit.query_files import place
from iamd.guard.ask import Ask
from iamd.guard.target import Target, missing
from iamd.services import invocation
from iamd.services.call import Call, Reply
from iamd.services.cloudtrail.api import cloudtrail
from iamd.services.cloudtrail.event_data_stores import active_store, arn_of, inactive, store_by
from iamd.services.cloudtrail.pages import page
from iamd.services.cloudtrail.trails import check_place
from iamd.store.kinds.event_data_stores import EventDataStore, EventQuery
from iamd.wire.cloudtrail_errors import (
    InactiveQueryException,
    InvalidDateRangeException,
    InvalidQueryStatementException,
    MaxConcurrentQueriesException,
    QueryIdNotFoundException,
    UnsupportedOperationException,
)
from iamd.wire.errors import InvalidParameterException

MAX_AT_ONCE = 10
PENDING = frozenset({"QUEUED", "RUNNING"})
_NO_DASHBOARDS = "There are no dashboards here, whose queries have aliases: give the QueryStatement."
_OWN_STORES = "Event data stores are the account's own: leave EventDataStoreOwnerAccountId out."


def named_stores(call: Call, *, query_statement: str | None = None) -> Target[EventDataStore]:
    """The first store that the statement names; `other_stores` asks for the rest."""
    if query_statement is None:
        raise InvalidParameterException("Specify QueryStatement.")
    named = stores(query_statement)
    if not named:
        raise InvalidQueryStatementException("The statement names no event data store: give its id after FROM.")
    return active_store(call, event_data_store=named[0])


def other_stores(call: Call, first: EventDataStore) -> Iterator[Ask]:
    for id in stores(call.params["query_statement"])[1:]:
        target = active_store(call, event_data_store=id)
        yield Ask("cloudtrail:StartQuery", target.arn, call.account_id, tags=target.tags)
        if target.missing is not None:
            raise target.missing


async def checked(call: Call, *, query_statement: str | None = None) -> None:
    """Look whether the statement can be run, in a process of its own, once the call is known to be allowed."""
    invocation.permitted(call)
    if query_statement is None or call.realm.lake is None:
        return
    empty = {id: {"files": [], "since": ""} for id in stores(query_statement)}
    try:
        await process.run({"do": "check", "tables": empty, "statement": executable(query_statement)})
    except (process.Failed, NotAllowed) as error:
        raise InvalidQueryStatementException(f"The statement is not valid: {error}") from None


@cloudtrail.operation(
    on=named_stores,
    also=other_stores,
    prepare=checked,
    refuses={
        "query_alias": _NO_DASHBOARDS,
        "query_parameters": _NO_DASHBOARDS,
        "event_data_store_owner_account_id": _OWN_STORES,
    },
)
def start_query(
    call: Call, first: EventDataStore, *, query_statement: str | None = None, delivery_s3_uri: str | None = None
) -> Reply:
    """Ask for a query to be run, and for its result to be put into a bucket.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartQuery.html
    """
    lake, queries = call.realm.lake, call.records.event_queries
    if lake is None:
        raise UnsupportedOperationException(
            "This server cannot run queries: its operator installs iamd with the extra `analytics`."
        )
    if sum(query.status in PENDING for query in queries) >= MAX_AT_ONCE:
        raise MaxConcurrentQueriesException(
            "You are already running the maximum number of concurrent queries. Wait a minute for some queries to "
            "finish, and then run the query again."
        )
    if delivery_s3_uri is not None:
        bucket, prefix = place(delivery_s3_uri)
        check_place(call, bucket, prefix or None)
    statement = query_statement or ""
    query = queries.add(
        EventQuery(
            call.account_id,
            str(uuid4()),
            tuple(stores(statement)),
            statement,
            call.now,
            delivery_uri=delivery_s3_uri,
            delivery_status=None if delivery_s3_uri is None else "PENDING",
        )
    )
    lake.asked.set()  # a hint: whoever runs queries looks for them anyway
    return {"QueryId": query.id}


def store_of_query(call: Call, id: str | None, event_data_store: str | None) -> Target[EventQuery]:
    """The query of that id: what is decided on is the store that it asks."""
    if id is None:
        raise InvalidParameterException("Specify QueryId.")
    query = call.records.event_queries.get(id)
    given = None if event_data_store is None else store_by(call, event_data_store)
    arn = arn_of(call, query.stores[0] if query else "*") if given is None else given.arn
    if query is None or (given is not None and given.arn.rpartition("/")[2] not in query.stores):
        return missing(arn, QueryIdNotFoundException(f"The query ID does not exist or does not map to a query: {id}"))
    store = call.records.event_data_stores.get(query.stores[0])
    tags = () if store is None else store.tags
    gone = None if store is None or store.deleted is None else inactive(store)
    return Target(arn, query, tags=tags, missing=gone)


def known_query(call: Call, *, query_id: str, event_data_store: str | None = None) -> Target[EventQuery]:
    return store_of_query(call, query_id, event_data_store)


def told_query(call: Call, *, query_id: str | None = None, event_data_store: str | None = None) -> Target[EventQuery]:
    return store_of_query(call, query_id, event_data_store)


@cloudtrail.operation(on=known_query, refuses={"event_data_store_owner_account_id": _OWN_STORES})
def cancel_query(call: Call, query: EventQuery) -> Reply:
    """Have a query that waits or runs be given up."""
    if query.status not in PENDING:
        raise InactiveQueryException(
            f"The specified query cannot be canceled because it is in the {query.status} state: {query.id}"
        )
    delivery = query.delivery_status and "CANCELLED"
    call.records.event_queries.replace(query, status="CANCELLED", ended=call.now, delivery_status=delivery)
    return {"QueryId": query.id, "QueryStatus": "CANCELLED"}


@cloudtrail.operation(
    on=told_query,
    refuses={
        "query_alias": _NO_DASHBOARDS,
        "refresh_id": _NO_DASHBOARDS,
        "event_data_store_owner_account_id": _OWN_STORES,
    },
)
def describe_query(call: Call, query: EventQuery) -> Reply:
    """Tell what became of a query, and what it cost."""
    return {
        "QueryId": query.id,
        "QueryString": query.statement,
        "QueryStatus": query.status,
        "QueryStatistics": {
            "EventsMatched": query.rows,
            "EventsScanned": query.scanned,
            "BytesScanned": query.bytes,
            "ExecutionTimeInMillis": query.milliseconds,
            "CreationTime": query.created,
        },
        "ErrorMessage": query.failure,
        "DeliveryS3Uri": query.delivery_uri,
        "DeliveryStatus": query.delivery_status,
    }


async def kept_rows(
    call: Call, *, query_id: str, event_data_store: str | None = None
) -> tuple[list[str], list[list[str | None]]]:
    """Columns and rows of what the query found, once the call is known to be allowed; nothing unless it has finished."""
    invocation.permitted(call)
    content = await call.realm.store.result(call.account_id, query_id)
    if content is None:
        return [], []
    columns, rows = msgspec.json.decode(zlib.decompress(content))
    return columns, rows


@cloudtrail.operation(on=known_query, prepare=kept_rows, refuses={"event_data_store_owner_account_id": _OWN_STORES})
def get_query_results(
    call: Call, query: EventQuery, *, next_token: str | None = None, max_query_results: int | None = None
) -> Reply:
    """Tell the rows of the result, a page at a time; what is NULL is an empty text.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetQueryResults.html
    """
    columns, rows = call.prepared if query.status == "FINISHED" else ([], [])

    def told(row: list[str | None]) -> list[Mapping[str, str]]:
        return [{column: value or ""} for column, value in zip(columns, row, strict=True)]

    shown: Mapping[str, Any] = page("QueryResultRows", rows, told, next_token, max_query_results)
    counts = {"ResultsCount": len(shown["QueryResultRows"]), "TotalResultsCount": len(rows)}
    return {
        **shown,
        "QueryStatus": query.status,
        "QueryStatistics": {**counts, "BytesScanned": query.bytes},
        "ErrorMessage": query.failure,
    }


@cloudtrail.operation(on=active_store)
def list_queries(
    call: Call,
    store: EventDataStore,
    *,
    next_token: str | None = None,
    max_results: int | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    query_status: str | None = None,
) -> Reply:
    """List the queries of the last seven days, newest first."""
    if start_time is not None and end_time is not None and start_time > end_time:
        raise InvalidDateRangeException()
    found = [
        query
        for query in reversed(list(call.records.event_queries))
        if store.id in query.stores
        and query_status in (None, query.status)
        and (start_time is None or query.created >= start_time)
        and (end_time is None or query.created <= end_time)
    ]
    return page("Queries", found, _line, next_token, max_results)


def _line(query: EventQuery) -> Mapping[str, Any]:
    return {"QueryId": query.id, "QueryStatus": query.status, "CreationTime": query.created}

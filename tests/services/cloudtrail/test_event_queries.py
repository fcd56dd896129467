"""Queries of event data stores: what they find, whose events, what they may not, and how they end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iamd.server.event_data_stores import EventDataStores
from iamd.services.cloudtrail.queries import PENDING
from tests.live import Live
from tests.services.cloudtrail.test_event_data_stores import WRITES, refused

Factory = Callable[[str], Any]
Rows = list[dict[str, str]]


class Lake:
    """Stores as root, and their queries run to the end."""

    def __init__(self, server: Live, trail: Any) -> None:
        self.server, self.trail = server, trail

    def store(self, client: Any = None, **given: Any) -> str:
        made = (client or self.trail).create_event_data_store(**{"Name": "all", **given})
        id: str = made["EventDataStoreArn"].rpartition("/")[2]
        return id

    def ask(self, statement: str, client: Any = None) -> Any:
        """What became of a query, and its first page."""
        asking = client or self.trail
        id = asking.start_query(QueryStatement=statement)["QueryId"]
        while not self.server.run(self._has_ended(id)):
            pass
        return asking.get_query_results(QueryId=id)

    async def _has_ended(self, id: str) -> bool:
        """Whether a query ends within a second, looked at without the API, whose calls would be events."""
        store = self.server.realm.store
        for _ in range(50):
            for account_id in store.account_ids():
                query = (await store.load(account_id)).event_queries.get(id)
                if query is not None and query.status not in PENDING:
                    return True
            await asyncio.sleep(0.02)
        return False

    def rows(self, statement: str, client: Any = None) -> Rows:
        found = self.ask(statement, client)
        assert found["QueryStatus"] == "FINISHED", found
        return [{name: value for cell in row for name, value in cell.items()} for row in found["QueryResultRows"]]


@pytest.fixture
def lake(server: Live, trail: Any) -> Lake:
    return Lake(server, trail)


def test_what_was_recorded_is_asked_in_sql(iam: Any, lake: Lake) -> None:
    store = lake.store()
    iam.create_user(UserName="bob", Tags=[{"Key": "k", "Value": "v"}])
    statement = (
        "SELECT userIdentity.type, eventName, element_at(requestParameters, 'userName') AS who, "
        "requestParameters['tags'] AS tags, errorCode, readOnly "
        f"FROM {store} WHERE eventSource = 'iam.amazonaws.com' AND eventTime > '2026-01-01 00:00:00' ORDER BY eventTime"
    )
    assert lake.rows(statement) == [
        {
            "type": "Root",
            "eventName": "CreateUser",
            "who": "bob",
            "tags": '[{"key":"k","value":"v"}]',
            "errorCode": "",
            "readOnly": "false",
        }
    ]


def test_a_store_has_what_it_selects_while_it_takes_events_in(iam: Any, lake: Lake) -> None:
    store = lake.store(AdvancedEventSelectors=WRITES)
    iam.create_group(GroupName="one")
    iam.get_group(GroupName="one")
    lake.trail.update_event_data_store(
        EventDataStore=store,
        AdvancedEventSelectors=[
            {"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
        ],
    )
    iam.list_groups()
    lake.trail.stop_event_data_store_ingestion(EventDataStore=store)
    iam.create_group(GroupName="two")
    names = sorted(row["eventName"] for row in lake.rows(f"SELECT eventName FROM {store}"))
    assert names == ["CreateEventDataStore", "CreateGroup", "ListGroups", "UpdateEventDataStore"]


def test_full_blocks_are_files_and_the_rest_is_asked_too(iam: Any, lake: Lake) -> None:
    store = lake.store()
    realm = lake.server.realm
    assert realm.lake is not None
    realm.lake.block, before = 4, realm.lake.block
    try:
        for number in range(9):
            iam.create_group(GroupName=f"g{number}")
        counted = lake.rows(f"SELECT count(*) AS n FROM {store} WHERE eventName = 'CreateGroup'")
        assert counted == [{"n": "9"}]
        (home,) = realm.lake.folder.glob(f"*/{store}")
        files = sorted(file.name for file in home.iterdir())
        assert len(files) >= 2
        assert all(name.startswith("0") for name in files)  # what was made for the query is gone
        stores = EventDataStores(realm.store, realm.lake)
        (home / files[0]).unlink()
        lake.server.run(stores.turn())
        assert sorted(file.name for file in home.iterdir())[: len(files)] == files
        assert lake.rows(f"SELECT count(*) AS n FROM {store} WHERE eventName = 'CreateGroup'") == counted
    finally:
        realm.lake.block = before


def test_files_of_events_that_are_no_longer_there_are_removed(iam: Any, lake: Lake) -> None:
    store = lake.store()
    realm = lake.server.realm
    assert realm.lake is not None
    realm.lake.block, before = 2, realm.lake.block
    try:
        for number in range(4):
            iam.create_group(GroupName=f"g{number}")
        lake.server.run(EventDataStores(realm.store, realm.lake).turn())
        (home,) = realm.lake.folder.glob(f"*/{store}")
        files = sorted(file.name for file in home.iterdir())
        foreign = home / f"{lake.server.run(realm.store.last_event()) // 2:012}.parquet"
        foreign.write_bytes(b"of a database that an earlier copy has replaced")
        lake.server.run(EventDataStores(realm.store, realm.lake).turn())
        assert sorted(file.name for file in home.iterdir()) == files
        iam.create_group(GroupName="more")
        iam.create_group(GroupName="even-more")
        counted = lake.rows(f"SELECT count(*) AS n FROM {store} WHERE eventName = 'CreateGroup'")
        assert counted == [{"n": "6"}]
    finally:
        realm.lake.block = before


def test_events_past_their_retention_are_forgotten_and_deleted_stores_go(iam: Any, lake: Lake) -> None:
    store = lake.store(TerminationProtectionEnabled=False, RetentionPeriod=7)
    realm = lake.server.realm
    assert realm.lake is not None
    realm.lake.block, before = 2, realm.lake.block
    try:
        for number in range(5):
            iam.create_group(GroupName=f"g{number}")
        lake.server.run(EventDataStores(realm.store, realm.lake).turn())
        (home,) = realm.lake.folder.glob(f"*/{store}")
        assert any(file.stat().st_size for file in home.iterdir())
        left = home / "fresh-left.parquet"
        left.write_bytes(b"by a server that was killed")
        os.utime(left, (0, 0))

        async def in_eight_days() -> datetime:
            return datetime.now(UTC) + timedelta(days=8)

        later = EventDataStores(realm.store, realm.lake, in_eight_days)
        lake.server.run(later.turn())
        assert not any(file.stat().st_size for file in home.iterdir())
        lake.trail.delete_event_data_store(EventDataStore=store)
        lake.server.run(later.turn())
        assert not home.exists()
        assert lake.trail.list_event_data_stores()["EventDataStores"] == []
    finally:
        realm.lake.block = before


def test_an_account_sees_its_own_events_only(iam: Any, lake: Lake) -> None:
    other = lake.server.client("cloudtrail", lake.server.add_account("210987654321"))
    store, others = lake.store(), lake.store(other)
    iam.create_user(UserName="bob")
    assert lake.rows(f"SELECT DISTINCT recipientAccountId AS a FROM {others}", other) == [{"a": "210987654321"}]
    code, _ = refused(other.start_query, QueryStatement=f"SELECT * FROM {store}")
    assert code == "EventDataStoreNotFoundException"
    code, _ = refused(other.start_query, QueryStatement=f"SELECT * FROM {others} JOIN {store} ON true")
    assert code == "EventDataStoreNotFoundException"


def test_every_store_that_is_asked_must_be_allowed(lake: Lake, user: Callable[..., Factory]) -> None:
    store, second = lake.store(), lake.store(Name="second")
    arn = lake.trail.get_event_data_store(EventDataStore=store)["EventDataStoreArn"]
    alice = user("alice", {"Effect": "Allow", "Action": "cloudtrail:*Query*", "Resource": arn})("cloudtrail")
    assert lake.ask(f"SELECT 1 AS one FROM {store}", alice)["QueryStatus"] == "FINISHED"
    both = f"SELECT 1 FROM {store} UNION ALL SELECT 1 FROM {second}"
    assert refused(alice.start_query, QueryStatement=both)[0] == "AccessDeniedException"
    asked = lake.trail.start_query(QueryStatement=both)["QueryId"]
    assert lake.trail.describe_query(QueryId=asked)["QueryString"] == both


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT nonsense FROM {}",
        "SELECT * FROM {}; SELECT 1",
        "DROP TABLE {}",
        "COPY {} TO '/tmp/out.csv'",
        "ATTACH '/tmp/{}.db'",
        "INSTALL httpfs FROM '{}'",
        "SET memory_limit = '99GB' -- {}",
        "SELECT * FROM {}, read_csv('/etc/passwd')",
        "SELECT * FROM {}, read_text('/proc/self/environ')",
        "SELECT * FROM {}, glob('/*')",
        "SELECT * FROM {}, read_parquet('http://127.0.0.1:1/x.parquet')",
        "SELECT * FROM {}, duckdb_settings()",
        'SELECT * FROM {}, "duckdb_views"()',
        "SELECT current_setting('allowed_paths') FROM {}",
        "SELECT * FROM {}, query('SELECT 1')",
        "PRAGMA database_list -- {}",
    ],
)
def test_a_statement_can_only_select_from_stores(lake: Lake, statement: str) -> None:
    quoted = statement.replace("-- {}", '"{}"').replace("'{}'", '"{}"').replace("'/tmp/{}.db'", '"{}"')
    code, message = refused(lake.trail.start_query, QueryStatement=quoted.replace("{}", lake.store()))
    assert code == "InvalidQueryStatementException", message


@pytest.mark.parametrize("statement", ["SELECT 1", "SELECT '{}'", "SELECT 1 -- {}"])
def test_a_statement_names_a_store(lake: Lake, statement: str) -> None:
    code, message = refused(lake.trail.start_query, QueryStatement=statement.replace("{}", lake.store()))
    assert (code, "names no event data store" in message) == ("InvalidQueryStatementException", True)


def test_a_query_is_cancelled(lake: Lake) -> None:
    store = lake.store()
    endless = f"SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b, {store} LIMIT 1"
    id = lake.trail.start_query(QueryStatement=endless)["QueryId"]
    assert lake.trail.cancel_query(QueryId=id)["QueryStatus"] == "CANCELLED"
    assert lake.trail.describe_query(QueryId=id)["QueryStatus"] == "CANCELLED"
    assert refused(lake.trail.cancel_query, QueryId=id)[0] == "InactiveQueryException"
    assert lake.ask(f"SELECT 1 AS one FROM {store}")["QueryStatus"] == "FINISHED"


def test_nobody_waits_for_queries_of_another_account(lake: Lake) -> None:
    other = lake.server.client("cloudtrail", lake.server.add_account("210987654321"))
    store, others = lake.store(), lake.store(other)
    endless = f"SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b, {store} LIMIT 1"
    ids = [lake.trail.start_query(QueryStatement=endless)["QueryId"] for _ in range(3)]
    assert lake.ask(f"SELECT 1 AS one FROM {others}", other)["QueryStatus"] == "FINISHED"
    states = [lake.trail.describe_query(QueryId=each)["QueryStatus"] for each in ids]
    assert sorted(states) in (["QUEUED", "QUEUED", "RUNNING"], ["QUEUED"] * 3)
    for each in ids:
        lake.trail.cancel_query(QueryId=each)


def test_a_result_that_is_too_long_fails_and_says_so(lake: Lake) -> None:
    store = lake.store()
    found = lake.ask(f"SELECT range AS n FROM range(20000) WHERE EXISTS (SELECT * FROM {store})")
    assert (found["QueryStatus"], "LIMIT" in found["ErrorMessage"]) == ("FAILED", True)


def test_results_and_queries_come_in_pages(iam: Any, lake: Lake) -> None:
    store = lake.store()
    for number in range(3):
        iam.create_group(GroupName=f"g{number}")
    statement = f"SELECT eventName FROM {store} WHERE eventName = 'CreateGroup'"
    found = lake.ask(statement)
    assert found["QueryStatistics"]["TotalResultsCount"] == 3
    assert found["QueryStatistics"]["BytesScanned"] > 0
    (listed,) = lake.trail.list_queries(EventDataStore=store)["Queries"]
    id = listed["QueryId"]
    first = lake.trail.get_query_results(QueryId=id, EventDataStore=store, MaxQueryResults=2)
    second = lake.trail.get_query_results(QueryId=id, NextToken=first["NextToken"])
    assert [len(page["QueryResultRows"]) for page in (first, second)] == [2, 1]
    told = lake.trail.describe_query(QueryId=id)
    assert (told["QueryString"], told["QueryStatus"]) == (statement, "FINISHED")
    assert told["QueryStatistics"]["EventsScanned"] >= 3
    assert lake.trail.list_queries(EventDataStore=store, QueryStatus="FAILED")["Queries"] == []
    unknown = "00000000-0000-4000-8000-000000000000"
    assert refused(lake.trail.describe_query, QueryId=unknown)[0] == "QueryIdNotFoundException"
    assert refused(lake.trail.start_query)[0] == "InvalidParameterException"

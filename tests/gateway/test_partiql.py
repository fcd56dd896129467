"""Statements of PartiQL are decided on as what they do, and by the partition keys that they name."""

from __future__ import annotations

from typing import Any

import pytest

from iamd.gateway.exact.partiql import understood
from iamd.wire.gateway_errors import Ambiguous
from tests.gateway.conftest import Make
from tests.gateway.policies import allow, deny, refused
from tests.live import ACCOUNT, Live

ALICE, BOB = {"S": "alice"}, {"S": "bob"}


@pytest.mark.parametrize(
    ("text", "parameters", "expected"),
    [
        ('SELECT * FROM "orders"', [], ("Select", "orders", None, [])),
        ("SELECT a, b.c FROM orders WHERE owner = 'alice'", [], ("Select", "orders", None, [ALICE])),
        ("select * from \"orders\".\"by-day\" where total > ? and owner = ?", [{"N": "1"}, ALICE], ("Select", "orders", "by-day", [ALICE])),
        ("SELECT * FROM orders WHERE total = 3", [], ("Select", "orders", None, [])),
        ("SELECT * FROM orders WHERE info.owner = 'alice'", [], ("Select", "orders", None, None)),
        ("SELECT * FROM orders WHERE owner = 'alice' OR total = 3", [], ("Select", "orders", None, None)),
        ("SELECT * FROM orders WHERE owner = 'alice' = true", [], ("Select", "orders", None, None)),
        ("SELECT * FROM orders WHERE owner IN ['alice', 'bob']", [], ("Select", "orders", None, None)),
        ("UPDATE orders SET total = 'owner' SET b = ? WHERE owner = ? AND id = ?", [BOB, ALICE, BOB], ("Update", "orders", None, [ALICE])),
        ("UPDATE orders SET owner = 'alice' WHERE id = '1'", [], ("Update", "orders", None, [])),
        ("DELETE FROM orders WHERE owner = 'it''s' AND id = '1'", [], ("Delete", "orders", None, [{"S": "it's"}])),
        ("INSERT INTO orders VALUE {'id': '1', 'owner': ?, 'info': {'owner': 'bob'}}", [ALICE], ("Insert", "orders", None, [ALICE])),
        ("INSERT INTO orders VALUE {'owner': 'alice', 'owner': 'bob'}", [], ("Insert", "orders", None, None)),
        ("INSERT INTO orders VALUE {'id': '1', 'owner': 5-3}", [], ("Insert", "orders", None, None)),
        ("INSERT INTO orders VALUE {'info': {'owner': 'alice'}}", [], ("Insert", "orders", None, None)),
        ("EXISTS(SELECT * FROM orders WHERE owner = ?)", [ALICE], ("Select", "orders", None, None)),
    ],
)  # fmt: skip
def test_a_statement_says(text: str, parameters: list[Any], expected: tuple[Any, ...]) -> None:
    found = understood(text)
    values = found.values_of("owner", parameters)
    assert (found.action, found.table, found.index) == (f"PartiQL{expected[0]}", *expected[1:3])
    assert values == ([ALICE] if text.startswith("EXISTS") else expected[3])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DROP TABLE orders",
        "SELECT * FROM a, b",
        "SELECT * FROM a AS b",
        "SELECT * FROM a WHERE x = (SELECT y FROM b)",
        "SELECT * FROM a; DELETE FROM b WHERE owner = 'x'",
        "SELECT * FROM a -- b",
        "SELECT * /* b */ FROM a",
        "SELECT * FROM a WHERE x = 'y\\'' OR 'z'",
        "SELECT * FROM a WHERE x = `y`",
        "INSERT INTO a VALUE {'ow' || 'ner': 'x'}",
        'SELECT * FROM "a*"',
        "SELECT * FROM",
        "UPDATE",
        "EXISTS(",
        'DELETE FROM a "WHERE" x = 1',
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(Ambiguous):
        understood(text)


def test_statements_are_decided_on_as_what_they_do(gateway: Live, user: Make) -> None:
    admin = gateway.client("dynamodb")
    for name in ("one", "two"):
        admin.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/one"
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    alice = user("alice", allow(["dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert"], table, **own))("dynamodb")
    alice.execute_statement(Statement="INSERT INTO one VALUE {'owner': 'alice'}")
    selected = alice.execute_statement(Statement="SELECT * FROM one WHERE owner = ?", Parameters=[ALICE])
    assert selected["Items"] == [{"owner": ALICE}]
    refused(alice.execute_statement, Statement="INSERT INTO one VALUE {'owner': 'bob'}")
    refused(alice.execute_statement, Statement="SELECT * FROM one")
    refused(alice.execute_statement, Statement="SELECT * FROM two WHERE owner = 'alice'")
    assert "PartiQLDelete" in refused(alice.execute_statement, Statement="DELETE FROM one WHERE owner = 'alice'")
    both = [{"Statement": f"SELECT * FROM {name} WHERE owner = 'alice'"} for name in ("one", "two")]
    refused(alice.batch_execute_statement, Statements=both)
    no_scans = deny("dynamodb:PartiQLSelect", Bool={"dynamodb:FullTableScan": "true"})
    bob = user("bob", allow("dynamodb:*"), no_scans)("dynamodb")
    bob.execute_statement(Statement="SELECT * FROM one WHERE owner = 'bob'")
    assert "explicit deny" in refused(bob.execute_statement, Statement="SELECT * FROM one")

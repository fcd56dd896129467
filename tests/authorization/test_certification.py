"""The certification scenario of the AuthZEN working group: the fixture, and what its harness sends and expects.

https://github.com/openid/authzen/blob/main/certification/authorization-api-1_0-scenario.md
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.authorization.conftest import Asker, MakeUser

ALICE = {"type": "user", "id": "alice"}
BOB = {"type": "user", "id": "bob"}
ADMIN = {**BOB, "properties": {"role": "admin"}}
READ, WRITE = {"name": "read"}, {"name": "write"}
ONE, TWO = {"type": "record", "id": "record-1"}, {"type": "record", "id": "record-2"}
ACTIVE = {**ONE, "properties": {"status": "active"}}
ARCHIVED = {**TWO, "properties": {"status": "archived"}}

FIRST, SECOND = "arn:aws:record:*:*:record/record-1", "arn:aws:record:*:*:record/record-2"
NAMED = [f"arn:aws:record::123456789012:record/record-{number}" for number in (1, 2)]


def soft(value: bool) -> dict[str, Any]:
    return {"name": "delete", "properties": {"soft": value}}


@pytest.fixture(autouse=True)
def fixture(user: MakeUser) -> None:
    """The required fixture, as policies of two users."""
    user(
        "alice",
        {"Action": ["record:read", "record:write"], "Resource": NAMED},
        {
            "Action": "record:delete",
            "Resource": NAMED,
            "Condition": {"Bool": {"authzen:ActionProperty/soft": "true"}},
        },
        {
            "Effect": "Deny",
            "Action": "record:write",
            "Resource": "*",
            "Condition": {"StringEquals": {"authzen:ResourceProperty/status": "archived"}},
        },
    )
    user(
        "bob",
        {"Action": "record:read", "Resource": NAMED},
        {
            "Action": "record:write",
            "Resource": NAMED[1],
        },
        {
            "Action": "record:write",
            "Resource": "*",
            "Condition": {"StringEquals": {"authzen:SubjectProperty/role": "admin"}},
        },
    )


def question(subject: Any, action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"subject": subject, "action": action, "resource": resource, **more}


FULL = question(ALICE, READ, ONE)
EXTRA = question(
    {**ALICE, "properties": {"department": "Sales", "role": "manager"}},
    {"name": "read", "properties": {"method": "GET"}},
    {**ONE, "properties": {"status": "active", "owner": "bob"}},
)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (FULL, True),
        (question(ALICE, WRITE, ONE), True),
        (question(BOB, READ, ONE), True),
        (question(BOB, WRITE, ONE), False),
        (question(ALICE, WRITE, ARCHIVED), False),
        (question(ADMIN, WRITE, ARCHIVED), True),
        (question(ALICE, soft(True), ONE), True),
        (question(ALICE, soft(False), ONE), False),
        ({**FULL, "context": {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}}, True),
        (EXTRA, True),
        ({**FULL, "foo": "bar", "futureField": {"nested": True}}, True),
    ],
)
def test_basic(ask: Asker, asked: Any, expected: bool) -> None:
    for _ in range(2):
        answer = ask("evaluation", asked)
        assert (answer.status, answer.json["decision"]) == (200, expected)
        assert answer.headers["content-type"] == "application/json"


def without(name: str, part: str | None = None) -> dict[str, Any]:
    if part is None:
        return {key: value for key, value in FULL.items() if key != name}
    return {**FULL, name: {key: value for key, value in FULL[name].items() if key != part}}


@pytest.mark.parametrize(
    "asked",
    [
        *(without(name) for name in FULL),
        *(without(name, part) for name in ("subject", "resource") for part in ("type", "id")),
        without("action", "name"),
        {**FULL, "subject": "alice"},
        {**FULL, "action": {"name": 123}},
        b"",
        b"{",
        b"[]",
        b"[" * 100_000,
        b'{"subject": "\xff"}',
        b'{"action": 1, "evaluations": [{"subject": {"type": "\xff"}}]}',
    ],
)
@pytest.mark.parametrize("path", ["evaluation", "evaluations"])
def test_malformed_requests(ask: Asker, path: str, asked: Any) -> None:
    answer = ask(path, asked)
    assert answer.status == 400
    assert answer.body
    assert ask(path, FULL, content_type="text/plain").status == 400


def test_request_ids_come_back(ask: Asker) -> None:
    assert ask("evaluation", FULL, x_request_id="bfe9eb29").headers["x-request-id"] == "bfe9eb29"
    assert ask("evaluation", b"", x_request_id="bfe9eb29").headers["x-request-id"] == "bfe9eb29"
    assert ask("evaluation", FULL).headers["x-request-id"] is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"subject": ALICE, "action": READ, "evaluations": [{"resource": ONE}, {"resource": TWO}]}, [True, True]),
        ({"subject": BOB, "resource": ONE, "evaluations": [{"action": READ}, {"action": WRITE}]}, [True, False]),
        (
            {"subject": ALICE, "action": WRITE, "evaluations": [{"resource": ACTIVE}, {"resource": ARCHIVED}]},
            [True, False],
        ),
        (
            {"action": WRITE, "resource": ARCHIVED, "evaluations": [{"subject": ALICE}, {"subject": ADMIN}]},
            [False, True],
        ),
        ({"evaluations": [FULL, question(BOB, WRITE, ONE)]}, [True, False]),
        (
            {
                "subject": ALICE,
                "action": WRITE,
                "resource": {"type": "record"},
                "evaluations": [{"resource": {"id": "record-1", "properties": {"status": "active"}}}, {"resource": ARCHIVED}],
            },
            [True, False],
        ),
        ({"subject": ALICE, "action": READ, "evaluations": [{"resource": ONE}, {}]}, [True, False]),
        ({"subject": ALICE, "action": READ, "evaluations": [{"resource": ONE}, {"resource": 7}]}, [True, False]),
    ],
)  # fmt: skip
def test_batches(ask: Asker, asked: Any, expected: list[bool]) -> None:
    answer = ask("evaluations", asked)
    assert answer.status == 200, answer.body
    assert [each["decision"] for each in answer.json["evaluations"]] == expected
    assert "decision" not in answer.json


def test_a_batch_of_nothing_is_one_question(ask: Asker) -> None:
    assert ask("evaluations", FULL).json == {"decision": True}
    assert ask("evaluations", {**FULL, "evaluations": []}).json == {"decision": True}


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        (None, [True, False, True]),
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_semantics(ask: Asker, semantic: str | None, expected: list[bool]) -> None:
    options = {} if semantic is None else {"options": {"evaluations_semantic": semantic, "another": 1}}
    asked = {"subject": BOB, "resource": ONE, **options}
    answer = ask("evaluations", {**asked, "evaluations": [{"action": READ}, {"action": WRITE}, {"action": READ}]})
    assert [each["decision"] for each in answer.json["evaluations"]] == expected


def test_unknown_semantics_and_endless_batches_are_refused(ask: Asker) -> None:
    asked = {**FULL, "evaluations": [{}], "options": {"evaluations_semantic": "any"}}
    assert ask("evaluations", asked).status == 400
    assert ask("evaluations", {**FULL, "evaluations": [{}] * 1001}).status == 400


@pytest.mark.parametrize(
    ("path", "asked", "expected"),
    [
        ("subject", question({"type": "user"}, READ, ONE), [ALICE, BOB]),
        ("subject", question({"type": "user"}, READ, ONE, context={"time": "now"}), [ALICE, BOB]),
        ("subject", question({"type": "user"}, WRITE, ARCHIVED), [BOB]),
        ("subject", question({"type": "spaceship"}, READ, ONE), []),
        ("resource", question(ALICE, READ, {"type": "record"}), [ONE, TWO]),
        ("resource", question(ADMIN, WRITE, {"type": "record"}), [TWO]),
        ("resource", question({"type": "user", "id": "nobody"}, READ, {"type": "record"}), []),
        ("resource", question(ALICE, READ, {"type": "space ship"}), []),
        ("action", {"subject": ALICE, "resource": ONE}, [READ, WRITE]),
        ("action", {"subject": ALICE, "resource": ONE, "context": {"time": "now"}}, [READ, WRITE]),
        ("action", {"subject": ADMIN, "resource": ARCHIVED}, [READ, WRITE]),
        ("action", {"subject": {"type": "user", "id": "nonexistent-user"}, "resource": ONE}, []),
    ],
)
def test_searches(ask: Asker, path: str, asked: Any, expected: list[Any]) -> None:
    answer = ask(f"search/{path}", asked)
    assert answer.status == 200, answer.body
    assert answer.json["results"] == expected
    assert answer.json["page"] == {"next_token": "", "count": len(expected)}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("subject", {"subject": {"type": "user"}, "resource": ONE}),
        ("subject", question({"type": "user"}, READ, {"type": "record"})),
        ("subject", question({"type": "user"}, READ, ONE, page={"limit": 0})),
        ("subject", question({"type": "user"}, READ, ONE, page={"token": "/"})),
        ("resource", {"action": READ, "resource": {"type": "record"}}),
        ("resource", question({"type": "user"}, READ, {"type": "record"})),
        ("action", {"subject": ALICE}),
    ],
)
def test_malformed_searches(ask: Asker, path: str, asked: Any) -> None:
    assert ask(f"search/{path}", asked).status == 400


@pytest.mark.parametrize("name", ["token", "next_token"])
def test_pages(ask: Asker, name: str) -> None:
    asked = question({"type": "user"}, READ, ONE)
    first = ask("search/subject", {**asked, "page": {"limit": 1}}).json
    assert first["results"] == [ALICE]
    last = ask("search/subject", {**asked, "page": {"limit": 1, name: first["page"]["next_token"]}}).json
    assert last == {"results": [BOB], "page": {"next_token": "", "count": 1}}

"""What holds for every question: searches agree with evaluations, batches with single ones, and nothing breaks the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.authorization.conftest import Asker, MakeUser

USERS = ("ann", "bob", "cid")
KINDS = ("record", "todo")
IDS = ("1", "2", "a/b")
ACTIONS = ("read", "write", "drop")

few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def people(user: MakeUser) -> None:
    """Users whose policies name some of all that is asked about, with patterns, denials and conditions."""
    owner = {"StringEquals": {"authzen:ResourceProperty/owner": "${aws:username}"}}
    named = [f"arn:aws:{kind}::123456789012:{kind}/{id_}" for kind in KINDS for id_ in IDS]
    user("ann", {"Action": ["record:read", "todo:*"], "Resource": named[:4]})
    user("bob", {"Action": "*", "Resource": named}, {"Effect": "Deny", "Action": "todo:drop", "Resource": "*"})
    user("cid", {"Action": ["record:write", "todo:read"], "Resource": [named[0], named[5]], "Condition": owner})


def question(data: st.DataObject) -> dict[str, Any]:
    draw = data.draw
    resource: dict[str, Any] = {"type": draw(st.sampled_from(KINDS)), "id": draw(st.sampled_from(IDS))}
    if draw(st.booleans()):
        resource["properties"] = {"owner": draw(st.sampled_from(USERS))}
    return {
        "subject": {"type": "user", "id": draw(st.sampled_from(USERS))},
        "action": {"name": draw(st.sampled_from(ACTIONS))},
        "resource": resource,
    }


@pytest.mark.usefixtures("people")
@given(data=st.data())
@few
def test_searches_agree_with_evaluations(ask: Asker, data: st.DataObject) -> None:
    asked = question(data)
    resource, subject = asked["resource"], asked["subject"]
    for path, part, candidates in (
        ("subject", "subject", [{"type": "user", "id": name} for name in USERS]),
        ("resource", "resource", [{**resource, "id": id_} for id_ in IDS]),
        ("action", "action", [{"name": name} for name in ACTIONS]),
    ):
        open_ = {"subject": {"type": "user"}, "resource": {**resource, "id": "ignored"}, "action": subject}[part]
        told = {**asked, part: open_} if part != "action" else {k: v for k, v in asked.items() if k != "action"}
        found = [tuple(each.values())[-1] for each in ask(f"search/{path}", told).json["results"]]
        batch = ask("evaluations", {**asked, "evaluations": [{part: each} for each in candidates]}).json["evaluations"]
        key = "name" if part == "action" else "id"
        may = [each[key] for each, answer in zip(candidates, batch, strict=True) if answer["decision"]]
        assert set(found) <= set(may), (path, asked)
        assert part == "action" or sorted(found) == sorted(may), (path, asked)  # actions by a pattern have no names


@pytest.mark.usefixtures("people")
@given(data=st.data())
@few
def test_batches_agree_with_single_questions(ask: Asker, data: st.DataObject) -> None:
    asked = [question(data) for _ in range(data.draw(st.integers(1, 4)))]
    batch = ask("evaluations", {"evaluations": asked}).json["evaluations"]
    assert batch == [ask("evaluation", each).json for each in asked]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
PARTS = st.dictionaries(
    st.sampled_from(["subject", "action", "resource", "context", "evaluations", "options", "page"]),
    JSON | st.fixed_dictionaries({"type": JSON, "id": JSON, "name": JSON, "properties": JSON}),
)
PATHS = ("evaluation", "evaluations", "search/subject", "search/resource", "search/action", "minio")


@given(path=st.sampled_from(PATHS), body=PARTS.map(lambda parts: json.dumps(parts).encode()) | st.binary(max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_answered_and_nothing_is_allowed(ask: Asker, path: str, body: bytes) -> None:
    answer = ask(path, body)
    assert answer.status in (200, 400)
    if answer.status == 200 and path.startswith("evaluation"):
        answers = answer.json.get("evaluations", [answer.json])
        assert not any(each["decision"] for each in answers)

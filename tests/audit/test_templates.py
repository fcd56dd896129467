"""Reads that went well are recorded from templates: what is stored is what is stored of any other call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.audit import lookup
from iamd.audit.asked import Asked, SessionPolicies
from iamd.audit.stored import opened, opened_tail
from iamd.caller.caller import Caller
from iamd.guard.ask import Ask
from iamd.server.events import event_of, templated
from iamd.server.exchange import Exchange
from iamd.services.catalogue import APIS
from iamd.store.event_ids import event_id, time_of
from iamd.store.interface import Recorded
from iamd.store.runs import runs
from iamd.store.waiting import Kept
from iamd.wire.errors import AccessDenied
from iamd.wire.http import HttpRequest
from tests.audit.test_event import ACCOUNT, ALICE, NOW, admin

ARN = f"arn:aws:iam::{ACCOUNT}:user/"
BOOLS, TEXTS = st.booleans(), st.text(max_size=12)
POLICIED = admin(
    policy='{"Version":"2012-10-17","Statement":[]}', policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",)
)
CALLERS = (ALICE, admin(), POLICIED)
ASKS = st.builds(
    Ask,
    st.sampled_from(("iam:GetUser", "iam:ListUsers", "iam:PassRole")),
    st.sampled_from((f"{ARN}Bob", f"{ARN}Carol")),
    st.sampled_from((ACCOUNT, "210987654321")),
    policy=st.sampled_from((None, "{}")),
    context=st.dictionaries(
        st.sampled_from(
            ("aws:username", "aws:sourceip", "aws:principaltag/a", "aws:resourcetag/b", "iam:resourcetag/b")
        ),
        st.sampled_from(("x", ("y", "z"))),
    ),
)


def written(*events: Kept) -> list[Recorded]:
    """The events as they will be read back."""
    return [record for run in runs(events, 0) for record in run.records()]


def exchange(**fields: Any) -> Exchange:
    """A GetUser of Alice's that went well."""
    given = {
        "request": HttpRequest("POST", b"/", b"", [(b"user-agent", b"boto3"), (b"host", b"iamd")], b"", "192.0.2.1"),
        "now": NOW,
        "caller": ALICE,
        "api": APIS["iam"],
        "operation": APIS["iam"].operations["GetUser"],
        "params": {"user_name": "Bob"},
        "asked": [Ask("iam:GetUser", f"{ARN}Bob", ACCOUNT)],
    }
    return Exchange(**{**given, **fields})


@pytest.mark.parametrize("name", [b"user-agent", b"host"])
def test_long_words_of_clients_are_not_remembered(name: bytes) -> None:
    request = HttpRequest("POST", b"/", b"", [(name, b"x" * 2000)], b"", "192.0.2.1", True)
    assert templated(exchange(request=request)) is None
    template = templated(exchange(request=HttpRequest("POST", b"/", b"", [(name, b"x" * 500)], b"", "", True)))
    assert template is not None


@given(
    st.sampled_from(CALLERS),
    st.lists(st.tuples(st.lists(ASKS, max_size=3), TEXTS), min_size=1, max_size=4),
    st.binary(max_size=8),
    BOOLS,
)
@settings(max_examples=60, deadline=None)
def test_a_template_stores_what_any_event_stores(
    caller: Caller, calls: list[tuple[list[Ask], str]], agent: bytes, secure: bool
) -> None:
    request = HttpRequest("POST", b"/", b"", [(b"user-agent", agent), (b"host", b"iamd")], b"", "192.0.2.1", secure)
    for asked, name in calls:
        params = {"user_name": name} if name else {}
        taken = exchange(request=request, caller=caller, params=params, asked=asked)
        usual, whole = templated(taken), event_of(taken)
        assert usual is not None
        [event] = written(usual[1])
        assert opened(event.record) == opened(whole.encode())
        tail = opened_tail(usual[1].shape.head, usual[1].shape.tail)
        assert msgspec.msgpack.decode(tail.asked, type=list[Asked]) == opened(whole.encode()).asked
        policies = msgspec.msgpack.decode(tail.session_policies, type=SessionPolicies | None)
        assert policies == opened(whole.encode()).session_policies
        assert (event.account_id, event.time) == (whole.account_id, whole.time)


@given(st.lists(ASKS, max_size=2), TEXTS, TEXTS)
@settings(max_examples=30, deadline=None)
def test_credentials_that_are_issued_are_recorded_without_their_secret(asked: list[Ask], key: str, token: str) -> None:
    issued = {"AccessKeyId": key, "SecretAccessKey": "hush!", "SessionToken": token, "Expiration": NOW}
    taken = exchange(
        api=APIS["sts"],
        operation=APIS["sts"].operations["AssumeRole"],
        params={"role_arn": f"{ARN}x", "role_session_name": "s", "token_code": "a code"},
        reply={"Credentials": issued, "AssumedRoleUser": {"AssumedRoleId": "AROA:s", "Arn": token}},
        asked=asked,
    )
    usual, whole = templated(taken), event_of(taken)
    assert usual is not None
    [event] = written(usual[1])
    assert opened(event.record) == opened(whole.encode())
    assert b"hush!" not in event.record
    assert b"a code" not in event.record


@pytest.mark.parametrize(
    "fields",
    [
        {"operation": None},
        {"operation": APIS["iam"].operations["CreateUser"]},
        {"shared_with": "210987654321"},
        {"api": APIS["sts"], "operation": APIS["sts"].operations["AssumeRoleWithWebIdentity"]},
        {"error": AccessDenied("no")},
        {"params": {"user_name": "x" * 100_000}},
    ],
)
def test_what_has_more_to_tell_has_no_template(fields: dict[str, Any]) -> None:
    assert templated(exchange(**fields)) is None


def test_ids_tell_their_time_and_are_given_once() -> None:
    ids = [event_id(NOW) for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {time_of(each) for each in ids} == {NOW}


def stored(taken: Exchange) -> Recorded:
    event = templated(taken)
    assert event is not None
    return written(event[1])[0]


def test_calls_that_are_alike_have_their_shape_in_common() -> None:
    params, asked = {"user_name": "Bob"}, [Ask("iam:GetUser", f"{ARN}Bob", ACCOUNT, context={"aws:resourcetag/a": "x"})]
    again = [Ask("iam:GetUser", f"{ARN}Bob", ACCOUNT, context={"aws:resourcetag/a": "x"})]
    other = [Ask("iam:GetUser", f"{ARN}Bob", ACCOUNT, context={"aws:resourcetag/a": "y"})]
    taken = [templated(exchange(params=params, asked=each)) for each in (asked, again, other)]
    shapes = [event[1].shape for event in taken if event is not None]
    assert shapes[0] is shapes[1] is not shapes[2]


def test_alike_events_are_found_by_the_same_and_others_by_their_own() -> None:
    first, second = stored(exchange()), stored(exchange())
    assert lookup.terms(first) == lookup.terms(second)
    assert "ResourceName:Bob" in lookup.terms(first)
    for fields, term in (
        ({"params": {"user_name": "Carol"}}, "ResourceName:Carol"),
        ({"caller": admin()}, "Username:alice"),
        ({"operation": APIS["iam"].operations["ListGroupsForUser"]}, "EventName:ListGroupsForUser"),
    ):
        other = lookup.terms(stored(exchange(**fields)))
        assert term in other
        assert other != lookup.terms(first)


@pytest.mark.parametrize("request_id", ["r", "", "x" * 36, "é" * 18])
def test_ids_of_requests_of_any_length_lead_nobody_astray(request_id: str) -> None:
    """Alice's ARN is as long as the id of a request."""
    ours = f"arn:aws:iam::{ACCOUNT}:user/alice"
    told = []
    for name in ("Alice", "alice"):
        caller = Caller(ALICE.kind, ACCOUNT, name, name, ours, ours, name, f"AKIA{name}")
        told.append(lookup.terms(stored(exchange(request_id=request_id, caller=caller))))
    assert [f"Username:{name}" in terms for name, terms in zip(("Alice", "alice"), told, strict=True)] == [True, True]


def test_credentials_are_found_by_their_own_key() -> None:
    sts = APIS["sts"]
    for key in ("ASIA1", "ASIA2"):
        issued = {"AccessKeyId": key, "SecretAccessKey": "hush!", "SessionToken": key, "Expiration": NOW}
        event = stored(exchange(api=sts, operation=sts.operations["AssumeRole"], reply={"Credentials": issued}))
        assert [term for term in lookup.terms(event) if "ASIA" in term] == [f"ResourceName:{key}"]

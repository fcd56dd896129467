"""LookupEvents: what is found, by what, in which order, and by whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.audit.lookup import terms
from tests.live import ROOT_KEY, Live

OTHER = "210987654321"
Factory = Callable[[str], Any]


def names(events: list[Any]) -> list[str]:
    return [event["EventName"] for event in events]


def found(trail: Any, key: str, value: str, **more: Any) -> list[Any]:
    given = [{"AttributeKey": key, "AttributeValue": value}]
    events: list[Any] = trail.lookup_events(LookupAttributes=given, **more)["Events"]
    return events


def refused(operation: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        operation(**given)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_the_newest_events_come_first(iam: Any, trail: Any) -> None:
    iam.create_user(UserName="bob")
    iam.get_user(UserName="bob")
    assert names(trail.lookup_events()["Events"])[:2] == ["GetUser", "CreateUser"]


def test_an_event_tells_its_attributes_and_its_record(iam: Any, trail: Any) -> None:
    made = iam.create_user(UserName="bob")
    (event,) = found(trail, "EventName", "CreateUser")
    record = json.loads(event["CloudTrailEvent"])
    assert event["EventTime"] <= datetime.now(UTC)
    assert (event["Username"], event["ReadOnly"], event["AccessKeyId"]) == ("root", "false", ROOT_KEY)
    assert (event["EventSource"], event["EventId"]) == ("iam.amazonaws.com", record["eventID"])
    user = made["User"]
    assert [(each["ResourceType"], each["ResourceName"]) for each in event["Resources"]] == [
        ("AWS::IAM::User", "bob"),
        ("AWS::IAM::User", user["Arn"]),
        ("AWS::IAM::User", user["UserId"]),
    ]
    assert record["requestParameters"] == {"userName": "bob"}


def test_every_attribute_finds(iam: Any, trail: Any, server: Live, user: Callable[..., Factory]) -> None:
    alice = user("alice", {"Effect": "Allow", "Action": "*", "Resource": "*"})("iam")
    alice.create_group(GroupName="g" * 128)
    (event,) = found(trail, "EventName", "CreateGroup")

    def check() -> None:
        for key, value in {
            "EventId": event["EventId"],
            "ReadOnly": "false",
            "Username": "alice",
            "ResourceType": "AWS::IAM::Group",
            "ResourceName": "g" * 128,
            "EventSource": "iam.amazonaws.com",
            "AccessKeyId": event["AccessKeyId"],
        }.items():
            assert event["EventId"] in [each["EventId"] for each in found(trail, key, value)], key
        assert set(names(found(trail, "ReadOnly", "true"))) == {"LookupEvents"}
        assert found(trail, "Username", "Alice") == []
        assert found(trail, "EventId", event["EventId"][:-1] + "g") == []

    check()
    assert server.run(server.realm.store.index_events(terms, 4))
    check()


def test_pages_are_whole_and_follow_one_question(iam: Any, trail: Any, server: Live) -> None:
    for number in range(7):
        iam.create_user(UserName=f"u{number}")
    server.run(server.realm.store.index_events(terms, 3))
    given: dict[str, Any] = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]}
    pages = list(trail.get_paginator("lookup_events").paginate(**given, PaginationConfig={"PageSize": 3}))
    users = [json.loads(e["CloudTrailEvent"])["requestParameters"]["userName"] for p in pages for e in p["Events"]]
    assert users == [f"u{number}" for number in reversed(range(7))]
    assert [len(page["Events"]) for page in pages] == [3, 3, 1]
    token = pages[0]["NextToken"]
    for other in ({"NextToken": token}, {**given, "NextToken": "x"}, {**given, "NextToken": token[:-4]}):
        assert refused(trail.lookup_events, **other)[0] == "InvalidNextTokenException"


def test_times_bound_both_ends(iam: Any, trail: Any) -> None:
    iam.create_user(UserName="bob")
    (event,) = found(trail, "EventName", "CreateUser")
    at, second = event["EventTime"], timedelta(seconds=1)
    for start, end, expected in ((at, at, 1), (at - second, at - second, 0), (at + second, at + 9 * second, 0)):
        assert len(found(trail, "EventName", "CreateUser", StartTime=start, EndTime=end)) == expected
        assert ("CreateUser" in names(trail.lookup_events(StartTime=start, EndTime=end)["Events"])) == bool(expected)
    refusal = refused(trail.lookup_events, StartTime=at, EndTime=at - second)
    assert refusal[0] == "InvalidTimeRangeException"


def test_what_is_asked_wrongly_is_refused(trail: Any) -> None:
    attribute = {"AttributeKey": "EventName", "AttributeValue": "x"}
    code, message = refused(trail.lookup_events, LookupAttributes=[attribute, attribute])
    assert (code, message) == ("InvalidLookupAttributesException", "You can specify only one lookup attribute.")
    assert refused(trail.lookup_events, MaxResults=51)[0] == "ValidationException"
    assert refused(trail.lookup_events, LookupAttributes=[{"AttributeKey": "Nonsense", "AttributeValue": "x"}])[0] == (
        "ValidationException"
    )
    assert trail.lookup_events(EventCategory="insight")["Events"] == []


def test_only_who_may_look_sees_events_and_only_of_the_own_account(
    iam: Any, server: Live, user: Callable[..., Factory]
) -> None:
    alice = user("alice")
    assert refused(alice("cloudtrail").lookup_events)[0] == "AccessDeniedException"
    other = server.client("cloudtrail", server.add_account(OTHER))
    assert other.lookup_events()["Events"] == []
    assert {json.loads(e["CloudTrailEvent"])["recipientAccountId"] for e in found(other, "Username", "root")} == {OTHER}

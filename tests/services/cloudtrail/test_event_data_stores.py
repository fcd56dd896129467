"""Event data stores: made, found, changed, stopped, deleted and restored; what is refused, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT, Live

Factory = Callable[[str], Any]
FIELDS = [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["false"]}]
WRITES = [{"Name": "writes", "FieldSelectors": FIELDS}]


def refused(operation: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        operation(**given)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def told(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ("ResponseMetadata", "UpdatedTimestamp")}


@pytest.fixture
def made(trail: Any) -> Any:
    """A store called `all`."""
    answer = trail.create_event_data_store(Name="all", TagsList=[{"Key": "a", "Value": "b"}])
    del answer["ResponseMetadata"]
    return answer


def test_a_new_store_tells_its_settings(trail: Any, made: Any) -> None:
    arn, id = made["EventDataStoreArn"], made["EventDataStoreArn"].rpartition("/")[2]
    assert arn == f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:eventdatastore/{id}"
    assert (made["Status"], made["TagsList"]) == ("CREATED", [{"Key": "a", "Value": "b"}])
    found = trail.get_event_data_store(EventDataStore=id)
    assert told(found) == {
        "EventDataStoreArn": arn,
        "Name": "all",
        "Status": "ENABLED",
        "AdvancedEventSelectors": [
            {
                "Name": "Default management events",
                "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
            }
        ],
        "MultiRegionEnabled": True,
        "OrganizationEnabled": False,
        "RetentionPeriod": 366,
        "TerminationProtectionEnabled": True,
        "CreatedTimestamp": made["CreatedTimestamp"],
        "BillingMode": "EXTENDABLE_RETENTION_PRICING",
        "FederationStatus": "DISABLED",
    }
    assert told(trail.get_event_data_store(EventDataStore=arn)) == told(found)
    assert trail.list_event_data_stores()["EventDataStores"] == [{"EventDataStoreArn": arn, "Name": "all"}]


def test_a_store_is_changed(trail: Any, made: Any) -> None:
    arn = made["EventDataStoreArn"]
    changed = trail.update_event_data_store(
        EventDataStore=arn,
        Name="writes",
        AdvancedEventSelectors=WRITES,
        MultiRegionEnabled=False,
        RetentionPeriod=7,
        TerminationProtectionEnabled=False,
    )
    assert (changed["Name"], changed["AdvancedEventSelectors"]) == ("writes", WRITES)
    assert (changed["MultiRegionEnabled"], changed["RetentionPeriod"]) == (False, 7)
    assert told(trail.get_event_data_store(EventDataStore=arn)) == told(changed)


def test_a_store_is_deleted_and_restored(trail: Any, made: Any) -> None:
    arn = made["EventDataStoreArn"]
    assert (
        refused(trail.delete_event_data_store, EventDataStore=arn)[0] == "EventDataStoreTerminationProtectedException"
    )
    trail.update_event_data_store(EventDataStore=arn, TerminationProtectionEnabled=False)
    assert refused(trail.restore_event_data_store, EventDataStore=arn)[0] == "InvalidEventDataStoreStatusException"
    trail.delete_event_data_store(EventDataStore=arn)
    assert trail.get_event_data_store(EventDataStore=arn)["Status"] == "PENDING_DELETION"
    for operation in (trail.delete_event_data_store, trail.update_event_data_store, trail.list_queries):
        assert refused(operation, EventDataStore=arn)[0] == "InactiveEventDataStoreException"
    assert trail.restore_event_data_store(EventDataStore=arn)["Status"] == "ENABLED"


def test_ingestion_stops_and_starts(trail: Any, made: Any) -> None:
    given = {"EventDataStore": made["EventDataStoreArn"]}
    assert refused(trail.start_event_data_store_ingestion, **given)[0] == "InvalidEventDataStoreStatusException"
    trail.stop_event_data_store_ingestion(**given)
    assert trail.get_event_data_store(**given)["Status"] == "STOPPED_INGESTION"
    assert refused(trail.stop_event_data_store_ingestion, **given)[0] == "InvalidEventDataStoreStatusException"
    trail.start_event_data_store_ingestion(**given)
    assert trail.get_event_data_store(**given)["Status"] == "ENABLED"


def test_stores_are_tagged(trail: Any, made: Any) -> None:
    arn = made["EventDataStoreArn"]
    trail.add_tags(ResourceId=arn, TagsList=[{"Key": "c", "Value": "d"}])
    trail.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}])
    assert trail.list_tags(ResourceIdList=[arn])["ResourceTagList"] == [
        {"ResourceId": arn, "TagsList": [{"Key": "c", "Value": "d"}]}
    ]
    other = arn[:-1] + ("0" if arn[-1] != "0" else "1")
    assert refused(trail.add_tags, ResourceId=other, TagsList=[{"Key": "c"}])[0] == "ResourceNotFoundException"


def test_stores_are_listed_in_pages(trail: Any) -> None:
    for number in range(3):
        trail.create_event_data_store(Name=f"store{number}")
    first = trail.list_event_data_stores(MaxResults=2)
    second = trail.list_event_data_stores(NextToken=first["NextToken"])
    names = [store["Name"] for page in (first, second) for store in page["EventDataStores"]]
    assert (names, "NextToken" in second) == (["store0", "store1", "store2"], False)
    assert refused(trail.list_event_data_stores, NextToken="nonsense")[0] == "InvalidNextTokenException"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Name": "all"}, "EventDataStoreAlreadyExistsException"),
        ({"OrganizationEnabled": True}, "UnsupportedOperationException"),
        ({"KmsKeyId": "alias/a"}, "InvalidInput"),
        ({"RetentionPeriod": 6}, "ValidationException"),
        ({"RetentionPeriod": 3000, "BillingMode": "FIXED_RETENTION_PRICING"}, "InvalidParameterException"),
        (
            {
                "AdvancedEventSelectors": [
                    {"Name": "d", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
                ]
            },
            "InvalidEventSelectorsException",
        ),
        ({"TagsList": [{"Key": "aws:a"}]}, "InvalidTagParameterException"),
    ],
)
def test_a_store_that_cannot_be_is_refused(trail: Any, made: Any, given: dict[str, Any], code: str) -> None:
    assert refused(trail.create_event_data_store, **{"Name": "other", **given})[0] == code


def test_there_are_only_so_many(trail: Any) -> None:
    for number in range(10):
        trail.create_event_data_store(Name=f"store{number}")
    code, _ = refused(trail.create_event_data_store, Name="another")
    assert code == "EventDataStoreMaxLimitExceededException"


def test_stores_are_found_by_their_own_arn_alone(
    server: Live, trail: Any, made: Any, user: Callable[..., Factory]
) -> None:
    arn = made["EventDataStoreArn"]
    other = server.client("cloudtrail", server.add_account("210987654321"))
    assert refused(other.get_event_data_store, EventDataStore=arn)[0] == "EventDataStoreNotFoundException"
    assert refused(trail.get_event_data_store, EventDataStore="nonsense")[0] == "EventDataStoreARNInvalidException"
    alice = user("alice", {"Effect": "Allow", "Action": "cloudtrail:GetEventDataStore", "Resource": arn})("cloudtrail")
    assert alice.get_event_data_store(EventDataStore=arn)["Name"] == "all"
    missing = arn.rpartition("/")[0] + "/00000000-0000-4000-8000-000000000000"
    assert refused(alice.get_event_data_store, EventDataStore=missing)[0] == "AccessDeniedException"


def test_what_is_not_served_says_why(trail: Any) -> None:
    code, message = refused(trail.start_import, Destinations=["x"])
    assert (code, message.endswith("files of AWS are not imported.")) == ("UnknownOperationException", True)

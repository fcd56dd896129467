"""Trails: made, changed, found by name and ARN, started and stopped; what is refused, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET, Live, live

Factory = Callable[[str], Any]
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"


def refused(operation: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        operation(**given)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def main(trail: Any) -> Any:
    """A trail called `main`."""
    return trail.create_trail(Name="main", S3BucketName="audit", S3KeyPrefix="all/of", TagsList=[{"Key": "a"}])


def test_a_new_trail_tells_its_settings_and_does_not_log(trail: Any, main: Any) -> None:
    expected = {
        "Name": "main",
        "S3BucketName": "audit",
        "S3KeyPrefix": "all/of",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "TrailARN": ARN,
        "LogFileValidationEnabled": False,
        "IsOrganizationTrail": False,
    }
    assert {k: v for k, v in main.items() if k != "ResponseMetadata"} == expected
    told = trail.get_trail(Name=ARN)["Trail"]
    assert told == {
        **expected,
        "HomeRegion": "us-east-1",
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
    }
    assert trail.describe_trails(trailNameList=["main", "none-such"])["trailList"] == [told]
    assert trail.list_trails()["Trails"] == [{"TrailARN": ARN, "Name": "main", "HomeRegion": "us-east-1"}]
    status = trail.get_trail_status(Name="main")
    assert (status["IsLogging"], status["TimeLoggingStarted"], "StartLoggingTime" in status) == (False, "", False)


def test_a_trail_is_changed_and_deleted(trail: Any, main: Any) -> None:
    changed = trail.update_trail(Name="main", S3KeyPrefix="", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    assert (changed["IsMultiRegionTrail"], changed["LogFileValidationEnabled"]) == (True, True)
    assert "S3KeyPrefix" not in changed
    assert changed["S3BucketName"] == "audit"
    trail.delete_trail(Name=ARN)
    assert trail.describe_trails()["trailList"] == []
    assert refused(trail.get_trail, Name="main") == (
        "TrailNotFoundException",
        f"Unknown trail: {ARN} for the user: {ACCOUNT}",
    )


def test_logging_starts_and_stops(trail: Any, main: Any) -> None:
    trail.start_logging(Name="main")
    trail.start_logging(Name="main")
    started = trail.get_trail_status(Name="main")
    assert started["IsLogging"]
    assert started["TimeLoggingStarted"] == started["StartLoggingTime"].strftime("%Y-%m-%dT%H:%M:%SZ")
    trail.stop_logging(Name="main")
    stopped = trail.get_trail_status(Name="main")
    assert (stopped["IsLogging"], stopped["StopLoggingTime"] >= stopped["StartLoggingTime"]) == (False, True)


def test_a_trail_of_all_regions_is_seen_in_all_and_changed_at_home(server: Live, trail: Any, main: Any) -> None:
    elsewhere = boto3.client(
        "cloudtrail",
        endpoint_url=server.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_SECRET,
    )
    assert refused(elsewhere.get_trail, Name="main")[0] == "TrailNotFoundException"
    assert elsewhere.describe_trails()["trailList"] == []
    trail.update_trail(Name="main", IsMultiRegionTrail=True)
    assert elsewhere.get_trail(Name="main")["Trail"]["HomeRegion"] == "us-east-1"
    assert len(elsewhere.describe_trails()["trailList"]) == 1
    assert elsewhere.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert refused(elsewhere.stop_logging, Name="main")[0] == "InvalidHomeRegionException"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Name": "ab"}, "InvalidTrailNameException"),
        ({"Name": "a" * 129}, "InvalidTrailNameException"),
        ({"Name": "-abc"}, "InvalidTrailNameException"),
        ({"Name": "abc_"}, "InvalidTrailNameException"),
        ({"Name": "a b"}, "InvalidTrailNameException"),
        ({"Name": "a--b"}, "InvalidTrailNameException"),
        ({"Name": "192.168.5.4"}, "InvalidTrailNameException"),
        ({"S3BucketName": "Audit"}, "InvalidS3BucketNameException"),
        ({"S3BucketName": "../audit"}, "InvalidS3BucketNameException"),
        ({"S3BucketName": "a..b"}, "InvalidS3BucketNameException"),
        ({"S3KeyPrefix": "../x"}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "x//y"}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "x/"}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "x/.."}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "x" * 201}, "InvalidS3PrefixException"),
        ({"IsOrganizationTrail": True}, "UnsupportedOperationException"),
        ({"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False}, "InvalidParameterCombinationException"),
        ({"SnsTopicName": "topic"}, "InvalidInput"),
        ({"KmsKeyId": "alias/key"}, "InvalidInput"),
        ({"TagsList": [{"Key": "aws:x"}]}, "InvalidTagParameterException"),
        ({"TagsList": [{"Key": str(n)} for n in range(51)]}, "TagsLimitExceededException"),
    ],
)
def test_what_cannot_be_is_refused(trail: Any, given: dict[str, Any], code: str) -> None:
    assert refused(trail.create_trail, **{"Name": "main", "S3BucketName": "audit", **given})[0] == code


def test_names_are_taken_once_and_five_to_a_region(trail: Any, main: Any) -> None:
    assert refused(trail.create_trail, Name="main", S3BucketName="audit")[0] == "TrailAlreadyExistsException"
    for number in range(4):
        trail.create_trail(Name=f"more{number}", S3BucketName="audit")
    code = refused(trail.create_trail, Name="sixth", S3BucketName="audit")[0]
    assert code == "MaximumNumberOfTrailsExceededException"


def test_without_a_place_for_buckets_a_trail_is_refused_with_advice() -> None:
    with live() as server:
        code, message = refused(server.client("cloudtrail").create_trail, Name="main", S3BucketName="audit")
    assert code == "S3BucketDoesNotExistException"
    assert "trail_buckets" in message


def test_tags(trail: Any, main: Any, user: Callable[..., Factory]) -> None:
    trail.add_tags(ResourceId=ARN, TagsList=[{"Key": "team", "Value": "blue"}])
    assert trail.list_tags(ResourceIdList=[ARN])["ResourceTagList"] == [
        {"ResourceId": ARN, "TagsList": [{"Key": "a", "Value": ""}, {"Key": "team", "Value": "blue"}]}
    ]
    stop = {"Effect": "Allow", "Action": "cloudtrail:StopLogging", "Resource": "*"}
    blue = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    user("ann", {**stop, "Condition": blue})("cloudtrail").stop_logging(Name="main")
    trail.remove_tags(ResourceId=ARN, TagsList=[{"Key": "team"}, {"Key": "a", "Value": "other"}])
    assert len(trail.list_tags(ResourceIdList=[ARN])["ResourceTagList"][0]["TagsList"]) == 1
    bob = user("bob", {**stop, "Condition": blue})("cloudtrail")
    assert refused(bob.stop_logging, Name="main")[0] == "AccessDeniedException"
    assert refused(trail.add_tags, ResourceId="main", TagsList=[{"Key": "a"}])[0] == "CloudTrailARNInvalidException"
    assert refused(trail.add_tags, ResourceId=ARN + "x", TagsList=[{"Key": "a"}])[0] == "ResourceNotFoundException"
    channel = ARN.replace("trail/main", "channel/1")
    assert refused(trail.list_tags, ResourceIdList=[channel])[0] == "ResourceTypeNotSupportedException"


def test_who_may_not_is_told_nothing_of_what_there_is(main: Any, user: Callable[..., Factory]) -> None:
    alice = user("alice")("cloudtrail")
    for name in ("main", "none-such"):
        assert refused(alice.get_trail_status, Name=name)[0] == "AccessDeniedException"


def test_selectors(trail: Any, main: Any) -> None:
    default = trail.get_event_selectors(TrailName="main")["EventSelectors"]
    assert default[0]["ReadWriteType"] == "All"
    writes = [{"ReadWriteType": "WriteOnly", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]
    put = trail.put_event_selectors(TrailName="main", EventSelectors=writes)["EventSelectors"]
    assert put == trail.get_event_selectors(TrailName=ARN)["EventSelectors"]
    assert put == [{**default[0], **writes[0]}]
    assert trail.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"]
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventName", "NotEquals": ["GetUser"]}]
    advanced = [{"Name": "no reads", "FieldSelectors": fields}]
    trail.put_event_selectors(TrailName="main", AdvancedEventSelectors=advanced)
    told = trail.get_event_selectors(TrailName="main")
    assert (told["AdvancedEventSelectors"], "EventSelectors" in told) == (advanced, False)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"EventSelectors": [{"ExcludeManagementEventSources": ["iam.amazonaws.com"]}]},
        {"EventSelectors": [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventName", "Equals": ["x"]}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]},
        *(
            {
                "AdvancedEventSelectors": [
                    {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, bad]}
                ]
            }
            for bad in (
                {"Field": "nonsense", "Equals": ["x"]},
                {"Field": "eventName"},
                {"Field": "readOnly", "NotEquals": ["true"]},
            )
        ),
    ],
)
def test_selectors_that_select_nothing_known_are_refused(trail: Any, main: Any, given: dict[str, Any]) -> None:
    assert refused(trail.put_event_selectors, TrailName="main", **given)[0] == "InvalidEventSelectorsException"


def test_insights_are_refused(trail: Any, main: Any) -> None:
    wanted = [{"InsightType": "ApiCallRateInsight"}]
    code, message = refused(trail.put_insight_selectors, TrailName="main", InsightSelectors=wanted)
    assert (code, "not supported" in message) == ("InvalidInsightSelectorsException", True)
    assert trail.put_insight_selectors(TrailName="main", InsightSelectors=[])["InsightSelectors"] == []
    assert refused(trail.get_insight_selectors, TrailName="main")[0] == "InsightNotEnabledException"

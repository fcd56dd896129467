"""Policies made of what was done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT, Live, live

IAM = f"arn:aws:iam::{ACCOUNT}:"


@pytest.fixture(scope="module")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server that has a place for the buckets of trails."""
    with live(trail_buckets=str(tmp_path_factory.mktemp("buckets")), trail_interval=86_400) as server:
        yield server


@pytest.fixture
def analyzer(root: Any) -> Any:
    return root("accessanalyzer")


@pytest.fixture
def ann(iam: Any, server: Live) -> str:
    """A user who has done something."""
    iam.create_user(UserName="ann")
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*User", "Resource": "*"}}
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=json.dumps(policy))
    own = server.client("iam", iam.create_access_key(UserName="ann")["AccessKey"])
    own.get_user(UserName="ann")
    own.create_user(UserName="bob")
    with pytest.raises(ClientError):
        own.list_users()
    return f"{IAM}user/ann"


def generated(analyzer: Any, arn: str, **asked: Any) -> dict[str, Any]:
    job = analyzer.start_policy_generation(policyGenerationDetails={"principalArn": arn})["jobId"]
    return dict(analyzer.get_generated_policy(jobId=job, **asked))


def test_what_was_done_is_allowed_and_no_more(analyzer: Any, ann: str) -> None:
    answer = generated(analyzer, ann)
    assert answer["jobDetails"]["status"] == "SUCCEEDED"
    assert answer["generatedPolicyResult"]["properties"] == {"principalArn": ann, "isComplete": True}
    (policy,) = answer["generatedPolicyResult"]["generatedPolicies"]
    assert json.loads(policy["policy"])["Statement"] == [
        {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": f"{IAM}user/bob"},
        {"Effect": "Allow", "Action": "iam:GetUser", "Resource": f"{IAM}user/ann"},
    ]


def test_placeholders_stand_for_resources(analyzer: Any, ann: str) -> None:
    (policy,) = generated(analyzer, ann, includeResourcePlaceholders=True)["generatedPolicyResult"]["generatedPolicies"]
    assert json.loads(policy["policy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["iam:CreateUser", "iam:GetUser"],
            "Resource": ["arn:aws:iam::${Account}:user/${UserNameWithPath}"],
        }
    ]


def test_who_did_nothing_needs_no_policy(analyzer: Any, iam: Any) -> None:
    iam.create_user(UserName="idle")
    assert generated(analyzer, f"{IAM}user/idle")["generatedPolicyResult"]["generatedPolicies"] == []


def test_trails_and_times_are_told(analyzer: Any, ann: str, root: Any, iam: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "access-analyzer.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )["Role"]["Arn"]
    trail = root("cloudtrail").create_trail(Name="all", S3BucketName="logs-of-all")["TrailARN"]
    start = datetime.now(UTC) - timedelta(days=1)
    details = {"trails": [{"cloudTrailArn": trail, "allRegions": True}], "accessRole": role, "startTime": start}
    asked = {"policyGenerationDetails": {"principalArn": ann}}
    job = analyzer.start_policy_generation(**asked, cloudTrailDetails=details)["jobId"]
    told = analyzer.get_generated_policy(jobId=job)["generatedPolicyResult"]["properties"]["cloudTrailProperties"]
    assert told["trailProperties"] == details["trails"]
    assert told["startTime"] < told["endTime"]
    future = {**details, "startTime": start - timedelta(days=100)}
    unknown = {**details, "trails": [{"cloudTrailArn": trail + "-2"}]}
    for wrong in (future, unknown):
        with pytest.raises(ClientError, match="ValidationException"):
            analyzer.start_policy_generation(**asked, cloudTrailDetails=wrong)


def test_jobs_are_listed_and_cannot_be_stopped(analyzer: Any, ann: str) -> None:
    jobs = [analyzer.start_policy_generation(policyGenerationDetails={"principalArn": ann})["jobId"] for _ in range(2)]
    listed = analyzer.list_policy_generations(principalArn=ann, maxResults=1)
    assert [each["jobId"] for each in listed["policyGenerations"]] == jobs[1:]
    assert analyzer.list_policy_generations(principalArn=IAM + "user/no")["policyGenerations"] == []
    for wrong in (jobs[0], "1" * 8):
        with pytest.raises(ClientError, match="ValidationException"):
            analyzer.cancel_policy_generation(jobId=wrong)
    with pytest.raises(ClientError, match="ValidationException"):
        analyzer.start_policy_generation(policyGenerationDetails={"principalArn": IAM + "user/nobody"})


def test_the_role_has_to_be_ones_own_to_pass(ann: str, user: Callable[..., Callable[[str], Any]]) -> None:
    maker = user("maker", {"Effect": "Allow", "Action": "access-analyzer:*", "Resource": "*"})("accessanalyzer")
    details = {
        "trails": [{"cloudTrailArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/all"}],
        "accessRole": f"{IAM}role/reader",
        "startTime": datetime.now(UTC) - timedelta(days=1),
    }
    with pytest.raises(ClientError, match="iam:PassRole"):
        maker.start_policy_generation(policyGenerationDetails={"principalArn": ann}, cloudTrailDetails=details)

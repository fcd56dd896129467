"""Analyzers of access that nobody uses, over identities that were made long ago."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.store.change import Change
from tests.live import ACCOUNT, Live
from tests.services.roles import trust

ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/unused"
IAM = f"arn:aws:iam::{ACCOUNT}:"
LONG_AGO = datetime.now(UTC) - timedelta(days=200)
Findings = Callable[..., dict[tuple[str, str], dict[str, Any]]]


@pytest.fixture
def analyzer(root: Any) -> Any:
    api = root("accessanalyzer")
    api.create_analyzer(analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS")
    return api


@pytest.fixture
def aged(server: Live) -> Callable[[], None]:
    """`aged()`: everything that is there now was made long ago."""

    def age() -> None:
        def change(change: Change) -> None:
            records = change.records(ACCOUNT)
            for kind in (records.users, records.roles, records.access_keys, records.login_profiles):
                for record in list(kind):
                    kind.replace(record, created=LONG_AGO)

        server.run(server.realm.store.write(change))

    return age


@pytest.fixture
def findings(analyzer: Any) -> Findings:
    """The findings by type and resource, each with its details."""

    def listed(**asked: Any) -> dict[tuple[str, str], dict[str, Any]]:
        found = analyzer.list_findings_v2(analyzerArn=ARN, **asked)["findings"]
        return {
            (each["findingType"], each["resource"].partition(":iam::")[2][13:]): {
                **each,
                "details": analyzer.get_finding_v2(analyzerArn=ARN, id=each["id"])["findingDetails"],
            }
            for each in found
        }

    return listed


def allow(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_roles_keys_and_passwords(iam: Any, aged: Callable[[], None], findings: Findings) -> None:
    iam.create_role(RoleName="idle", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    iam.create_user(UserName="ann")
    iam.create_login_profile(UserName="ann", Password="Correct-Horse-1")
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    assert findings() == {}
    aged()
    found = findings()
    assert found.keys() == {
        ("UnusedIAMRole", "role/idle"),
        ("UnusedIAMUserAccessKey", "user/ann"),
        ("UnusedIAMUserPassword", "user/ann"),
    }
    assert found["UnusedIAMRole", "role/idle"]["details"] == [{"unusedIamRoleDetails": {}}]
    details = found["UnusedIAMUserAccessKey", "user/ann"]["details"]
    assert details == [{"unusedIamUserAccessKeyDetails": {"accessKeyId": key}}]
    iam.update_access_key(UserName="ann", AccessKeyId=key, Status="Inactive")
    assert findings()["UnusedIAMUserAccessKey", "user/ann"]["status"] == "RESOLVED"


def test_permissions_by_service_and_action(
    iam: Any, aged: Callable[[], None], findings: Findings, server: Live, analyzer: Any
) -> None:
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=allow("iam:GetUser", "iam:ListUsers", "s3:*"))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    server.client("iam", key).get_user(UserName="ann")
    aged()
    (found,) = findings().values()
    assert (found["findingType"], found["resourceType"]) == ("UnusedPermission", "AWS::IAM::User")
    told = {
        each["unusedPermissionDetails"]["serviceNamespace"]: each["unusedPermissionDetails"]
        for each in found["details"]
    }
    assert told["s3"] == {"serviceNamespace": "s3", "actions": []}
    assert told["iam"]["actions"] == [{"action": "ListUsers"}]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        analyzer.get_finding_recommendation(analyzerArn=ARN, id=found["id"])
    analyzer.generate_finding_recommendation(analyzerArn=ARN, id=found["id"])
    advice = analyzer.get_finding_recommendation(analyzerArn=ARN, id=found["id"])
    ((_, step),) = advice["recommendedSteps"][0].items()
    assert (advice["status"], step["recommendedAction"], step["existingPolicyId"]) == (
        "SUCCEEDED",
        "CREATE_POLICY",
        "own",
    )
    assert json.loads(step["recommendedPolicy"])["Statement"][0]["Action"] == "iam:GetUser"
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=allow("iam:GetUser"))
    assert [each["status"] for each in findings().values()] == ["RESOLVED"]


def test_policies_of_which_nothing_is_used_are_detached(
    iam: Any, aged: Callable[[], None], findings: Findings, analyzer: Any
) -> None:
    iam.create_user(UserName="ann")
    iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    aged()
    (found,) = findings().values()
    analyzer.generate_finding_recommendation(analyzerArn=ARN, id=found["id"])
    advice = analyzer.get_finding_recommendation(analyzerArn=ARN, id=found["id"])
    assert advice["recommendedSteps"] == [
        {
            "unusedPermissionsRecommendedStep": {
                "recommendedAction": "DETACH_POLICY",
                "existingPolicyId": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
            }
        }
    ]


def test_recommendations_are_for_permissions_alone(
    iam: Any, aged: Callable[[], None], findings: Findings, analyzer: Any
) -> None:
    iam.create_role(RoleName="idle", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    aged()
    (found,) = findings().values()
    with pytest.raises(ClientError, match="ValidationException"):
        analyzer.generate_finding_recommendation(analyzerArn=ARN, id=found["id"])


def test_the_configuration_says_how_long_and_what_not(
    iam: Any, aged: Callable[[], None], findings: Findings, analyzer: Any
) -> None:
    iam.create_role(
        RoleName="idle", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}), Tags=[{"Key": "keep", "Value": "yes"}]
    )
    aged()
    assert analyzer.get_analyzer(analyzerName="unused")["analyzer"]["configuration"] == {
        "unusedAccess": {"unusedAccessAge": 90}
    }
    for days, count in ((365, 0), (30, 1)):
        changed = {"unusedAccess": {"unusedAccessAge": days}}
        assert analyzer.update_analyzer(analyzerName="unused", configuration=changed)["configuration"] == changed
        assert sum(each["status"] == "ACTIVE" for each in findings().values()) == count
    rule = {"exclusions": [{"resourceTags": [{"keep": "yes"}]}]}
    told = analyzer.update_analyzer(analyzerName="unused", configuration={"unusedAccess": {"analysisRule": rule}})
    assert told["configuration"]["unusedAccess"] == {"unusedAccessAge": 30, "analysisRule": rule}
    assert [each["status"] for each in findings().values()] == ["RESOLVED"]
    elsewhere = {"exclusions": [{"accountIds": ["999999999999"]}]}
    analyzer.update_analyzer(analyzerName="unused", configuration={"unusedAccess": {"analysisRule": elsewhere}})
    assert [each["status"] for each in findings().values()] == ["ACTIVE"]
    for wrong in ({"unusedAccess": {"unusedAccessAge": 0}}, {"internalAccess": {}}):
        with pytest.raises(ClientError, match="ValidationException"):
            analyzer.update_analyzer(analyzerName="unused", configuration=wrong)


def test_findings_are_counted_and_are_for_the_second_version(
    iam: Any, aged: Callable[[], None], findings: Findings, analyzer: Any
) -> None:
    iam.create_role(RoleName="idle", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    aged()
    (told,) = analyzer.get_findings_statistics(analyzerArn=ARN)["findingsStatistics"]
    assert told["unusedAccessFindingsStatistics"] == {
        "unusedAccessTypeStatistics": [{"unusedAccessType": "UnusedIAMRole", "total": 1}],
        "topAccounts": [{"account": ACCOUNT, "numberOfActiveFindings": 1}],
        "totalActiveFindings": 1,
        "totalArchivedFindings": 0,
        "totalResolvedFindings": 0,
    }
    (found,) = findings(filter={"findingType": {"eq": ["UnusedIAMRole"]}}).values()
    for refused in (
        lambda: analyzer.list_findings(analyzerArn=ARN),
        lambda: analyzer.get_finding(analyzerArn=ARN, id=found["id"]),
        lambda: analyzer.get_analyzed_resource(analyzerArn=ARN, resourceArn=IAM + "role/idle"),
    ):
        with pytest.raises(ClientError, match="ValidationException"):
            refused()
    analyzer.start_resource_scan(analyzerArn=ARN, resourceArn=IAM + "role/idle")
    types = {each["resourceType"] for each in analyzer.list_analyzed_resources(analyzerArn=ARN)["analyzedResources"]}
    assert types == {"AWS::IAM::Role"}

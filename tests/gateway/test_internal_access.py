"""What users and roles of the account may do with what upstreams have, as analyzers find it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.gateway.conftest import Make
from tests.gateway.policies import allow, deny, document, to
from tests.live import ACCOUNT, Live

ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/inside"
BUCKET = "arn:aws:s3:::ledger"


@pytest.fixture
def api(gateway: Live) -> Any:
    s3 = gateway.client("s3")
    s3.create_bucket(Bucket="ledger")
    s3.delete_bucket_policy(Bucket="ledger")
    made = gateway.client("accessanalyzer")
    rules = [
        {"resourceTypes": ["AWS::S3::Bucket"], "resourceArns": [BUCKET]},
        {"resourceTypes": ["AWS::ECR::Repository"], "resourceArns": [BUCKET]},
    ]
    made.create_analyzer(
        analyzerName="inside",
        type="ACCOUNT_INTERNAL_ACCESS",
        configuration={"internalAccess": {"analysisRule": {"inclusions": rules}}},
    )
    return made


def told(api: Any) -> dict[str, dict[str, Any]]:
    """The details of active findings by the principal's name and the keys of its conditions."""
    found = {}
    for each in api.list_findings_v2(analyzerArn=ARN, filter={"status": {"eq": ["ACTIVE"]}}, maxResults=100)[
        "findings"
    ]:
        assert (each["resource"], each["findingType"]) == (BUCKET, "InternalAccess")
        (detail,) = api.get_finding_v2(analyzerArn=ARN, id=each["id"])["findingDetails"]
        access = detail["internalAccessDetails"]
        found["+".join([access["principal"]["AWS"].rpartition("/")[2], *sorted(access["condition"])])] = access
    return found


def test_who_inside_may_do_what_is_found(gateway: Live, api: Any, user: Make) -> None:
    user("alice", allow("s3:Get*", f"{BUCKET}/reports/*"), deny("s3:GetObjectAcl", "*"))
    user("mallory", allow("s3:*", "arn:aws:s3:::other/*"), allow("sqs:*", "*"))
    user("carol", allow("s3:DeleteObject", f"{BUCKET}/*", Bool={"aws:MultiFactorAuthPresent": "true"}))
    user("dora")
    iam = gateway.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=document(trust))
    shared = to(f"arn:aws:iam::{ACCOUNT}:user/dora", allow("s3:ListBucket", BUCKET))
    gateway.client("s3").put_bucket_policy(Bucket="ledger", Policy=document(shared))
    found = told(api)
    assert found.keys() == {"alice", "carol+aws:MultiFactorAuthPresent", "dora"}
    assert "s3:GetObject" in found["alice"]["action"]
    assert "s3:GetObjectAcl" not in found["alice"]["action"]
    assert found["dora"]["action"] == ["s3:ListBucket"]
    assert {each["accessType"] for each in found.values()} == {"INTRA_ACCOUNT"}
    assert found["alice"]["principalType"] == "IAM_USER"
    assert found["carol+aws:MultiFactorAuthPresent"]["condition"] == {"aws:MultiFactorAuthPresent": "true"}
    iam.put_role_policy(RoleName="auditor", PolicyName="own", PolicyDocument=document(allow("s3:*", "*")))
    iam.delete_user_policy(UserName="alice", PolicyName="own")
    assert told(api).keys() == {"auditor", "carol+aws:MultiFactorAuthPresent", "dora"}
    by_role = {"principalType": {"eq": ["IAM_ROLE"]}}
    assert len(api.list_findings_v2(analyzerArn=ARN, filter=by_role)["findings"]) == 1
    (statistics,) = api.get_findings_statistics(analyzerArn=ARN)["findingsStatistics"]
    assert statistics["internalAccessFindingsStatistics"] == {
        "resourceTypeStatistics": {
            "AWS::S3::Bucket": {"totalActiveFindings": 3, "totalArchivedFindings": 0, "totalResolvedFindings": 1}
        },
        "totalActiveFindings": 3,
        "totalArchivedFindings": 0,
        "totalResolvedFindings": 1,
    }


def test_what_is_looked_at_is_told_and_changed(api: Any) -> None:
    for call, asked in (
        (api.list_findings, {"analyzerArn": ARN}),
        (api.get_analyzed_resource, {"analyzerArn": ARN, "resourceArn": BUCKET}),
        (
            api.update_analyzer,
            {
                "analyzerName": "inside",
                "configuration": {"internalAccess": {"analysisRule": {"inclusions": [{"accountIds": [ACCOUNT]}]}}},
            },
        ),
        (
            api.create_analyzer,
            {"analyzerName": "a", "type": "ACCOUNT_UNUSED_ACCESS", "configuration": {"internalAccess": {}}},
        ),
    ):
        with pytest.raises(ClientError, match="ValidationException"):
            call(**asked)
    changed = {"internalAccess": {"analysisRule": {"inclusions": [{"resourceTypes": ["AWS::DynamoDB::Table"]}]}}}
    assert api.update_analyzer(analyzerName="inside", configuration=changed)["configuration"] == changed
    assert json.dumps(api.get_analyzer(analyzerName="inside")["analyzer"]["configuration"]) == json.dumps(changed)

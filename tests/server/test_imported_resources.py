"""Policies of resources that came with an imported account are looked at by its analyzers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.live import ACCOUNT, live

ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/outside"


def opening(action: str, resource: str) -> Any:
    statement = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": statement}


def test_imported_resources_are_analysed(tmp_path: Path) -> None:
    arns = {
        "arn:aws:s3:::reports": "s3:GetObject",
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1": "kms:Decrypt",
        f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t/stream/2026": "dynamodb:GetRecords",
        f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/p": "s3:GetObject",
        "arn:aws:sqs:us-east-1:210987654321:theirs": "sqs:SendMessage",
    }
    policies = {arn: opening(action, f"{arn}/*" if ":s3:" in arn else "*") for arn, action in arns.items()}
    with live(in_memory=False, data_dir=tmp_path) as server:
        api = server.client("accessanalyzer")
        api.create_analyzer(analyzerName="outside", type="ACCOUNT")
        assert api.list_findings(analyzerArn=ARN)["findings"] == []
        (tmp_path / "surroundings").mkdir()
        (tmp_path / f"surroundings/{ACCOUNT}.json").write_text(json.dumps({"resourcePolicies": policies}))
        found = api.list_findings(analyzerArn=ARN)["findings"]
        assert {(each["resource"], each["action"][0]) for each in found} == {
            (arn, action) for arn, action in arns.items() if "theirs" not in arn
        }
        types = {each["resource"]: each["resourceType"] for each in found}
        assert set(types.values()) == {"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::DynamoDB::Stream", "AWS::Resource"}
        assert {each["resourceOwnerAccount"] for each in found} == {ACCOUNT}


def test_access_from_inside_follows_the_policy_of_a_key(tmp_path: Path) -> None:
    key, alice = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1", f"arn:aws:iam::{ACCOUNT}:user/alice"
    analyzer = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/inside"
    file = tmp_path / f"surroundings/{ACCOUNT}.json"
    file.parent.mkdir()
    rules = {"internalAccess": {"analysisRule": {"inclusions": [{"resourceTypes": ["AWS::KMS::Key"]}]}}}
    with live(in_memory=False, data_dir=tmp_path) as server:
        server.client("iam").create_user(UserName="alice")
        api = server.client("accessanalyzer")
        api.create_analyzer(analyzerName="inside", type="ACCOUNT_INTERNAL_ACCESS", configuration=rules)
        for action in ("kms:Decrypt", "kms:Encrypt"):
            policy = opening(action, "*")
            policy["Statement"]["Principal"] = {"AWS": alice}
            file.write_text(json.dumps({"resourcePolicies": {key: policy}}))
            (found,) = api.list_findings_v2(analyzerArn=analyzer, filter={"status": {"eq": ["ACTIVE"]}})["findings"]
            (detail,) = api.get_finding_v2(analyzerArn=analyzer, id=found["id"])["findingDetails"]
            assert detail["internalAccessDetails"]["action"] == [action]

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

PASSING = {"Effect": "Allow", "Action": ["s3:GetObjcet", "iam:PassRole"], "Resource": "*"}


@pytest.fixture
def analyzer(root: Any) -> Any:
    return root("accessanalyzer")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_findings_have_type_code_place_and_link(analyzer: Any) -> None:
    found = analyzer.validate_policy(policyDocument=document(PASSING), policyType="IDENTITY_POLICY")["findings"]
    wrong, risky = found
    assert (wrong["issueCode"], wrong["findingType"]) == ("INVALID_ACTION", "ERROR")
    assert wrong["locations"][0]["path"] == [{"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"index": 0}]
    assert wrong["locations"][0]["span"]["start"] == {"line": 1, "column": 71, "offset": 71}
    assert (risky["issueCode"], risky["findingType"]) == ("PASS_ROLE_WITH_STAR_IN_RESOURCE", "SECURITY_WARNING")
    assert risky["learnMoreLink"].startswith("https://docs.aws.amazon.com/")


def test_findings_come_in_pages(analyzer: Any) -> None:
    asked = {"policyDocument": document(PASSING), "policyType": "IDENTITY_POLICY", "maxResults": 1}
    first = analyzer.validate_policy(**asked)
    second = analyzer.validate_policy(**asked, nextToken=first["nextToken"])
    assert [each["issueCode"] for page in (first, second) for each in page["findings"]] == [
        "INVALID_ACTION",
        "PASS_ROLE_WITH_STAR_IN_RESOURCE",
    ]
    assert "nextToken" not in second
    for wrong in ({"nextToken": "x"}, {"maxResults": 0}):
        with pytest.raises(ClientError, match="ValidationException"):
            analyzer.validate_policy(**{**asked, **wrong})


def test_the_resource_type_tells_what_a_resource_policy_is_for(analyzer: Any) -> None:
    trust = document({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    found = analyzer.validate_policy(
        policyDocument=trust,
        policyType="RESOURCE_POLICY",
        validatePolicyResourceType="AWS::IAM::AssumeRolePolicyDocument",
    )["findings"]
    assert [each["issueCode"] for each in found] == ["ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL"]
    with pytest.raises(ClientError, match="ValidationException"):
        analyzer.validate_policy(
            policyDocument=trust, policyType="IDENTITY_POLICY", validatePolicyResourceType="AWS::S3::Bucket"
        )


def test_validation_takes_a_permission(user: Any) -> None:
    with pytest.raises(ClientError, match="access-analyzer:ValidatePolicy"):
        user("eve")("accessanalyzer").validate_policy(policyDocument="{}", policyType="IDENTITY_POLICY")
    allowed = {"Effect": "Allow", "Action": "access-analyzer:ValidatePolicy", "Resource": "*"}
    assert user("bob", allowed)("accessanalyzer").validate_policy(policyDocument="{}", policyType="IDENTITY_POLICY")


def test_long_policies_are_looked_at_within_bounds(analyzer: Any) -> None:
    def told(size: int) -> list[str]:
        statements = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} for _ in range(size)]
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        answer = analyzer.validate_policy(policyDocument=text, policyType="SERVICE_CONTROL_POLICY", maxResults=1000)
        return [each["issueCode"] for each in answer["findings"]]

    assert "REDUNDANT_STATEMENT" in told(100)
    assert told(1_000) == ["POLICY_SIZE_EXCEEDS_SCP_QUOTA"]  # nobody has such: what adds nothing is not looked for
    with pytest.raises(ClientError, match="must not be longer than 100000"):
        told(2_000)

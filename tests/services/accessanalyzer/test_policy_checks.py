from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

JOHN = {"AWS": "arn:aws:iam::111122223333:user/JohnDoe"}


@pytest.fixture
def analyzer(root: Any) -> Any:
    return root("accessanalyzer")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def new_access(analyzer: Any, new: str, existing: str, type_: str = "IDENTITY_POLICY") -> dict[str, Any]:
    answer = analyzer.check_no_new_access(newPolicyDocument=new, existingPolicyDocument=existing, policyType=type_)
    del answer["ResponseMetadata"]
    return dict(answer)


def test_new_access_is_told_by_statement(analyzer: Any) -> None:
    existing = document(allow("s3:Get*", "arn:aws:s3:::a/*"))
    same = document(allow("s3:GetObject", "arn:aws:s3:::a/*"))
    assert new_access(analyzer, same, existing)["result"] == "PASS"
    wider = document(
        allow("s3:GetObject", "arn:aws:s3:::a/*"), allow("s3:GetObject", Sid="Wide"), allow("s3:PutObject")
    )
    assert new_access(analyzer, wider, existing) == {
        "result": "FAIL",
        "message": "The modified permissions grant new access compared to your existing policy.",
        "reasons": [
            {
                "description": "New access in the statement with sid: Wide.",
                "statementIndex": 1,
                "statementId": "Wide",
            },
            {"description": "New access in the statement with index: 2.", "statementIndex": 2},
        ],
    }


def test_resource_policies_are_compared_by_callers(analyzer: Any) -> None:
    root, anyone = {"AWS": "arn:aws:iam::111122223333:root"}, {"AWS": "*"}
    narrow = document(allow("s3:*", Principal=JOHN))
    wide = document(allow("s3:*", Principal=root))
    tied = allow("s3:*", Principal=anyone, Condition={"StringEquals": {"aws:PrincipalAccount": "111122223333"}})
    for new, existing, result in ((narrow, wide, "PASS"), (wide, narrow, "FAIL"), (document(tied), wide, "PASS")):
        assert new_access(analyzer, new, existing, "RESOURCE_POLICY")["result"] == result


def test_trust_policies_are_resource_policies(analyzer: Any) -> None:
    def trust(principal: Any) -> str:
        return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})

    assert new_access(analyzer, trust(JOHN), trust({"AWS": "111122223333"}), "RESOURCE_POLICY")["result"] == "PASS"
    assert new_access(analyzer, trust({"AWS": "1" * 12}), trust(JOHN), "RESOURCE_POLICY")["result"] == "FAIL"


def test_what_a_reference_stands_for_is_not_what_could_be_stored(analyzer: Any) -> None:
    github = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
    web = document({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": github})
    others = document({"Effect": "Allow", "NotAction": "sts:AssumeRole", "Principal": "*"})
    role = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::*:role/ci"}})
    for new, existing, result in ((web, others, "PASS"), (web, role, "FAIL")):
        assert new_access(analyzer, new, existing, "RESOURCE_POLICY")["result"] == result
    with pytest.raises(ClientError, match=r"InvalidParameterException.*Invalid principal"):
        new_access(analyzer, role, others, "RESOURCE_POLICY")


def test_the_examples_of_the_cli_are_answered_as_told(analyzer: Any) -> None:
    resources = ["arn:aws:s3:::amzn-s3-demo-bucket", "arn:aws:s3:::amzn-s3-demo-bucket/*"]
    existing, new = (
        document({"Effect": "Allow", "Action": ["s3:GetObject", *more, "s3:ListBucket"], "Resource": resources})
        for more in ([], ["s3:GetObjectAcl"])
    )
    told = new_access(analyzer, new, existing)
    assert told["reasons"] == [{"description": "New access in the statement with index: 0.", "statementIndex": 0}]
    asked = {"access": [{"actions": ["s3:DeleteBucket", "s3:GetBucketLocation"]}], "policyType": "IDENTITY_POLICY"}
    assert analyzer.check_access_not_granted(policyDocument=existing, **asked)["result"] == "PASS"


@pytest.mark.parametrize(
    ("statement", "access", "result"),
    [
        (allow("s3:GetObject", Principal=JOHN, Sid="AllowJohnDoe"), {"actions": ["s3:PutObject"]}, "PASS"),
        (allow("s3:*", Principal=JOHN, Sid="AllowJohnDoe"), {"actions": ["s3:PutObject"]}, "FAIL"),
        (
            allow("s3:PutObject", "arn:aws:s3:::my-bucket/*", Principal=JOHN, Sid="AllowJohnDoe"),
            {"resources": ["arn:aws:s3:::my-bucket/*"]},
            "FAIL",
        ),
        (
            allow("s3:PutObject", "arn:aws:s3:::other/*", Principal=JOHN, Sid="AllowJohnDoe"),
            {"resources": ["arn:aws:s3:::sensitive-bucket/*"]},
            "PASS",
        ),
        (
            allow("s3:PutObject", "arn:aws:s3:::my-bucket/*", Principal=JOHN, Sid="AllowJohnDoe"),
            {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::my-bucket/*"]},
            "PASS",
        ),
    ],
)
def test_access_is_looked_for(analyzer: Any, statement: dict[str, Any], access: dict[str, Any], result: str) -> None:
    answer = analyzer.check_access_not_granted(
        policyDocument=document(statement), access=[access], policyType="RESOURCE_POLICY"
    )
    does = "grants access to perform one or more of" if result == "FAIL" else "does not grant access to perform"
    assert answer["result"] == result
    assert answer["message"] == f"The policy document {does} the listed actions or resources."
    if result == "FAIL":
        assert answer["reasons"] == [
            {
                "description": "One or more of the listed actions or resources in the statement with sid: AllowJohnDoe.",
                "statementId": "AllowJohnDoe",
                "statementIndex": 0,
            }
        ]


@pytest.mark.parametrize(
    ("principal", "conditions", "result"),
    [
        (JOHN, {}, "PASS"),
        ("*", {}, "FAIL"),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}, "PASS"),
        ("*", {"StringLike": {"aws:PrincipalOrgID": "*"}}, "FAIL"),
        ("*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "PASS"),
        ("*", {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, "FAIL"),
        ("*", {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}, "PASS"),
        ("*", {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}, "FAIL"),
        ("*", {"Bool": {"aws:SecureTransport": "true"}}, "FAIL"),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}, "FAIL"),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}, "PASS"),
        ("*", {"StringLike": {"aws:SourceVpc": "vpc-*"}}, "FAIL"),
        ("*", {"StringLike": {"aws:PrincipalOrgID": "o-*"}}, "FAIL"),
        ("*", {"StringLike": {"aws:SourceVpce": "vpce-1a2b*"}}, "PASS"),
        ("*", {"StringLike": {"aws:PrincipalAccount": "1*"}}, "FAIL"),
        ("*", {"StringLike": {"aws:PrincipalAccount": "111122223333"}}, "PASS"),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::????????????:role/x"}}, "FAIL"),
        ("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, "FAIL"),
        ("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::reports"}}, "PASS"),
    ],
)
def test_public_access_is_found(analyzer: Any, principal: Any, conditions: dict[str, Any], result: str) -> None:
    text = document(allow("s3:GetObject", Sid="Bob", Principal=principal, Condition=conditions))
    answer = analyzer.check_no_public_access(policyDocument=text, resourceType="AWS::S3::Bucket")
    assert answer["result"] == result
    if result == "FAIL":
        assert answer["message"] == "The resource policy grants public access for the given resource type."
        assert answer["reasons"][0]["description"] == "Public access granted in the following statement with sid: Bob."


def test_what_is_denied_to_strangers_is_not_public(analyzer: Any) -> None:
    denied = {"StringNotEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}
    text = document(
        allow("s3:GetObject", Principal="*"), {**allow("s3:*", Principal="*", Condition=denied), "Effect": "Deny"}
    )
    assert analyzer.check_no_public_access(policyDocument=text, resourceType="AWS::S3::Bucket")["result"] == "PASS"


def test_public_trust_is_found(analyzer: Any) -> None:
    text = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}})
    asked = {"policyDocument": text, "resourceType": "AWS::IAM::AssumeRolePolicyDocument"}
    assert analyzer.check_no_public_access(**asked)["result"] == "FAIL"


def test_what_cannot_be_checked_is_refused(analyzer: Any) -> None:
    good = document(allow("s3:GetObject"))
    with pytest.raises(ClientError, match="InvalidParameterException"):
        new_access(analyzer, "{}", good)
    for access in ([], [{}]):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            analyzer.check_access_not_granted(policyDocument=good, access=access, policyType="IDENTITY_POLICY")
    twice = {
        "NumericEquals": {"aws:username": "5"},
        "StringLike": {"aws:username": "?*?"},
        "Null": {"aws:username": "false"},
    }
    mixed = document(allow("s3:GetObject", Condition={**twice, "StringNotEquals": {"aws:username": "5.0"}}))
    with pytest.raises(ClientError, match="UnprocessableEntityException"):
        new_access(analyzer, mixed, document(allow("s3:PutObject")))


def test_policies_that_no_service_stores_are_not_looked_at(analyzer: Any) -> None:
    small, long = document(allow("s3:*")), document(allow("s3:*", "arn:aws:s3:::" + "a" * 100_000))
    checks = (
        lambda: new_access(analyzer, long, small),
        lambda: new_access(analyzer, small, long),
        lambda: analyzer.check_access_not_granted(
            policyDocument=long, access=[{"actions": ["s3:PutObject"]}], policyType="IDENTITY_POLICY"
        ),
        lambda: analyzer.check_no_public_access(policyDocument=long, resourceType="AWS::S3::Bucket"),
    )
    for check in checks:
        with pytest.raises(ClientError) as refusal:
            check()
        assert refusal.value.response["Error"]["Code"] == "InvalidParameterException"
        assert "must not be longer than 100000 characters" in refusal.value.response["Error"]["Message"]

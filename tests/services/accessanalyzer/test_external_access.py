from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT

OUTSIDE = "999999999999"
ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/outside"
Trusts = Callable[..., str]


@pytest.fixture
def analyzer(root: Any) -> Any:
    api = root("accessanalyzer")
    assert api.create_analyzer(analyzerName="outside", type="ACCOUNT", tags={"team": "red"})["arn"] == ARN
    return api


@pytest.fixture
def trusts(iam: Any) -> Trusts:
    """`trusts("open", {...principal...}, Condition={...})`: makes or changes a role; returns its ARN."""

    def make(name: str, principal: Any, *more: dict[str, Any], **elements: Any) -> str:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **elements}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement, *more]})
        try:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=text)
        except iam.exceptions.EntityAlreadyExistsException:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=text)
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])

    return make


def findings(api: Any, **asked: Any) -> list[dict[str, Any]]:
    return list(api.list_findings(analyzerArn=ARN, **asked)["findings"])


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def test_analyzers_are_made_shown_and_removed(analyzer: Any) -> None:
    shown = analyzer.get_analyzer(analyzerName="outside")["analyzer"]
    assert (shown["arn"], shown["type"], shown["status"], shown["tags"]) == (ARN, "ACCOUNT", "ACTIVE", {"team": "red"})
    assert [each["name"] for each in analyzer.list_analyzers(type="ACCOUNT")["analyzers"]] == ["outside"]
    assert analyzer.list_analyzers(type="ORGANIZATION")["analyzers"] == []
    with refused("ConflictException"):
        analyzer.create_analyzer(analyzerName="outside", type="ACCOUNT")
    with refused("ServiceQuotaExceededException"):
        analyzer.create_analyzer(analyzerName="second", type="ACCOUNT")
    with refused("ValidationException"):
        analyzer.create_analyzer(analyzerName="all", type="ORGANIZATION")
    with refused("ValidationException"):
        analyzer.update_analyzer(analyzerName="outside", configuration={"unusedAccess": {}})
    analyzer.delete_analyzer(analyzerName="outside")
    with refused("ValidationException"):
        analyzer.create_analyzer(analyzerName="all", type="ACCOUNT", configuration={"unusedAccess": {}})
    for gone in (analyzer.get_analyzer, analyzer.delete_analyzer):
        with refused("ResourceNotFoundException"):
            gone(analyzerName="outside")


def test_tags_are_added_and_removed(analyzer: Any) -> None:
    analyzer.tag_resource(resourceArn=ARN, tags={"team": "blue", "stage": "dev"})
    analyzer.untag_resource(resourceArn=ARN, tagKeys=["stage"])
    assert analyzer.list_tags_for_resource(resourceArn=ARN)["tags"] == {"team": "blue"}
    with refused("ValidationException"):
        analyzer.tag_resource(resourceArn=ARN, tags={"aws:a": "b"})


def test_a_role_open_to_another_account_is_found_and_resolved(analyzer: Any, trusts: Trusts) -> None:
    arn = trusts("open", {"AWS": OUTSIDE}, Condition={"StringEquals": {"sts:ExternalId": "42"}})
    trusts("closed", {"AWS": ACCOUNT, "Service": "ec2.amazonaws.com"})
    (found,) = findings(analyzer)
    assert found["resource"] == arn
    assert found["resourceType"] == "AWS::IAM::Role"
    assert found["principal"] == {"AWS": OUTSIDE}
    assert found["action"] == ["sts:AssumeRole"]
    assert found["condition"] == {"sts:ExternalId": "42"}
    assert found["isPublic"] is False
    assert found["status"] == "ACTIVE"
    trusts("open", {"AWS": ACCOUNT})
    (resolved,) = findings(analyzer)
    assert (resolved["id"], resolved["status"]) == (found["id"], "RESOLVED")
    trusts("open", {"AWS": OUTSIDE}, Condition={"StringEquals": {"sts:ExternalId": "42"}})
    (again,) = findings(analyzer)
    assert (again["id"], again["status"]) == (found["id"], "ACTIVE")


def test_everyone_is_public_unless_tied_to_the_account(analyzer: Any, trusts: Trusts) -> None:
    trusts("public", {"AWS": "*"})
    trusts("narrow", {"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})
    trusts("ours", {"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})
    told = {each["resource"].rpartition("/")[2]: each["isPublic"] for each in findings(analyzer)}
    assert told == {"public": True, "narrow": False}


def test_identity_providers_are_outside(analyzer: Any, trusts: Trusts) -> None:
    trusts(
        "web",
        {"Federated": "accounts.google.com"},
        Action="sts:AssumeRoleWithWebIdentity",
        Condition={"StringEquals": {"accounts.google.com:aud": "app"}},
    )
    (found,) = findings(analyzer)
    assert found["principal"] == {"Federated": "accounts.google.com"}
    assert found["action"] == ["sts:AssumeRoleWithWebIdentity"]


def test_what_is_denied_to_all_is_not_found(analyzer: Any, trusts: Trusts) -> None:
    denied = {"Effect": "Deny", "Principal": {"AWS": OUTSIDE}, "Action": "sts:*"}
    trusts("denied", {"AWS": OUTSIDE}, denied)
    assert findings(analyzer) == []
    trusts("denied", {"AWS": OUTSIDE}, {**denied, "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    assert len(findings(analyzer)) == 1


def test_findings_are_filtered_sorted_and_paged(analyzer: Any, trusts: Trusts) -> None:
    for name in ("c", "a", "b"):
        trusts(name, {"AWS": OUTSIDE})
    trusts("public", {"AWS": "*"})
    by_name = findings(analyzer, sort={"attributeName": "resource", "orderBy": "DESC"})
    assert [each["resource"].rpartition("/")[2] for each in by_name] == ["public", "c", "b", "a"]
    assert [each["resource"] for each in findings(analyzer, filter={"isPublic": {"eq": ["true"]}})] == [
        f"arn:aws:iam::{ACCOUNT}:role/public"
    ]
    assert len(findings(analyzer, filter={"principal.AWS": {"neq": ["*"]}, "resource": {"contains": ["role/"]}})) == 3
    assert findings(analyzer, filter={"condition.sts:ExternalId": {"exists": True}}) == []
    page = analyzer.list_findings_v2(analyzerArn=ARN, maxResults=3)
    rest = analyzer.list_findings_v2(analyzerArn=ARN, nextToken=page["nextToken"])["findings"]
    assert len(page["findings"]) == 3
    assert [each["findingType"] for each in rest] == ["ExternalAccess"]
    for unknown in ({"filter": {"colour": {"eq": ["red"]}}}, {"sort": {"attributeName": "colour"}}):
        with refused("ValidationException"):
            findings(analyzer, **unknown)


def test_findings_are_archived_by_hand_and_stay_so(analyzer: Any, trusts: Trusts) -> None:
    arn = trusts("open", {"AWS": OUTSIDE})
    (found,) = findings(analyzer)
    analyzer.update_findings(analyzerArn=ARN, ids=[found["id"]], status="ARCHIVED")
    assert analyzer.get_finding(analyzerArn=ARN, id=found["id"])["finding"]["status"] == "ARCHIVED"
    analyzer.update_findings(analyzerArn=ARN, resourceArn=arn, status="ACTIVE")
    told = analyzer.get_finding_v2(analyzerArn=ARN, id=found["id"])
    assert told["status"] == "ACTIVE"
    assert told["findingDetails"][0]["externalAccessDetails"]["principal"] == {"AWS": OUTSIDE}
    with refused("ValidationException"):
        analyzer.update_findings(analyzerArn=ARN, status="ACTIVE")
    with refused("ResourceNotFoundException"):
        analyzer.update_findings(analyzerArn=ARN, ids=["none"], status="ACTIVE")
    with refused("ResourceNotFoundException"):
        analyzer.get_finding(analyzerArn=ARN, id="none")


def test_archive_rules_archive_new_findings_and_old_ones_when_applied(analyzer: Any, trusts: Trusts) -> None:
    trusts("before", {"AWS": OUTSIDE})
    assert [each["status"] for each in findings(analyzer)] == ["ACTIVE"]
    rule = {"analyzerName": "outside", "ruleName": "partner"}
    analyzer.create_archive_rule(**rule, filter={"principal.AWS": {"eq": ["111111111111"]}})
    with refused("ConflictException"):
        analyzer.create_archive_rule(**rule, filter={})
    analyzer.update_archive_rule(**rule, filter={"principal.AWS": {"eq": [OUTSIDE]}})
    assert analyzer.get_archive_rule(**rule)["archiveRule"]["filter"] == {"principal.AWS": {"eq": [OUTSIDE]}}
    trusts("after", {"AWS": OUTSIDE})
    told = {each["resource"].rpartition("/")[2]: each["status"] for each in findings(analyzer)}
    assert told == {"before": "ACTIVE", "after": "ARCHIVED"}
    analyzer.apply_archive_rule(analyzerArn=ARN, ruleName="partner")
    assert {each["status"] for each in findings(analyzer)} == {"ARCHIVED"}
    assert [each["ruleName"] for each in analyzer.list_archive_rules(analyzerName="outside")["archiveRules"]] == [
        "partner"
    ]
    analyzer.delete_archive_rule(**rule)
    for call in (analyzer.get_archive_rule, analyzer.delete_archive_rule):
        with refused("ResourceNotFoundException"):
            call(**rule)
    with refused("ResourceNotFoundException"):
        analyzer.apply_archive_rule(analyzerArn=ARN, ruleName="partner")


def test_resources_are_listed_and_scanned(analyzer: Any, trusts: Trusts) -> None:
    arn = trusts("public", {"AWS": "*"})
    listed = analyzer.list_analyzed_resources(analyzerArn=ARN, resourceType="AWS::IAM::Role")["analyzedResources"]
    assert listed == [{"resourceArn": arn, "resourceOwnerAccount": ACCOUNT, "resourceType": "AWS::IAM::Role"}]
    assert analyzer.list_analyzed_resources(analyzerArn=ARN, resourceType="AWS::S3::Bucket")["analyzedResources"] == []
    resource = analyzer.get_analyzed_resource(analyzerArn=ARN, resourceArn=arn)["resource"]
    assert (resource["isPublic"], resource["actions"], resource["status"]) == (True, ["sts:AssumeRole"], "ACTIVE")
    analyzer.start_resource_scan(analyzerArn=ARN, resourceArn=arn)
    assert analyzer.get_analyzer(analyzerName="outside")["analyzer"]["lastResourceAnalyzed"] == arn
    with refused("ResourceNotFoundException"):
        analyzer.start_resource_scan(analyzerArn=ARN, resourceArn=f"{arn}-none")


def test_names_cannot_be_probed(analyzer: Any, user: Any) -> None:
    eve = user("eve")("accessanalyzer")
    for name in ("outside", "none"):
        with refused("AccessDenied"):
            eve.get_analyzer(analyzerName=name)


def test_findings_are_counted(analyzer: Any, trusts: Trusts) -> None:
    trusts("open", {"AWS": OUTSIDE})
    trusts("public", {"AWS": "*"})
    (told,) = analyzer.get_findings_statistics(analyzerArn=ARN)["findingsStatistics"]
    assert told["externalAccessFindingsStatistics"] == {
        "resourceTypeStatistics": {
            "AWS::IAM::Role": {"totalActivePublic": 1, "totalActiveCrossAccount": 1, "totalActiveErrors": 0}
        },
        "totalActiveFindings": 2,
        "totalArchivedFindings": 0,
        "totalResolvedFindings": 0,
    }


def test_services_analyzers_are_for_services(analyzer: Any) -> None:
    with refused("AccessDenied"):
        analyzer.create_service_linked_analyzer(type="ACCOUNT")
    with refused("ResourceNotFoundException"):
        analyzer.delete_service_linked_analyzer(analyzerName="outside")
    assert analyzer.get_analyzer(analyzerName="outside")["analyzer"]["status"] == "ACTIVE"

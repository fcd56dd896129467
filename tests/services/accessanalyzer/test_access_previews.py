"""What would be found if a resource were configured otherwise."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.analysis.external import grants
from iamd.services.accessanalyzer import observations
from iamd.services.accessanalyzer.resource_kinds import KINDS
from iamd.services.known_resources import Configured, Listed
from tests.live import ACCOUNT, Live
from tests.services.roles import trust

OUTSIDE = "999999999999"
ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/outside"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/web"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/p"
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


@pytest.fixture
def analyzer(root: Any) -> Any:
    api = root("accessanalyzer")
    api.create_analyzer(analyzerName="outside", type="ACCOUNT")
    return api


def opening(principal: Any, *actions: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def previewed(analyzer: Any, resource: str, configuration: Any, **asked: Any) -> list[dict[str, Any]]:
    made = analyzer.create_access_preview(analyzerArn=ARN, configurations={resource: configuration})["id"]
    answer = analyzer.list_access_preview_findings(analyzerArn=ARN, accessPreviewId=made, **asked)
    return list(answer["findings"])


def test_changes_of_a_role_are_told(analyzer: Any, iam: Any) -> None:
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust({"AWS": [OUTSIDE, "8" * 12]}))
    analyzer.list_findings(analyzerArn=ARN)
    found = previewed(analyzer, ROLE, {"iamRole": {"trustPolicy": trust({"AWS": [OUTSIDE, "7" * 12]})}})
    assert {each["principal"]["AWS"]: (each["changeType"], each["status"]) for each in found} == {
        OUTSIDE: ("UNCHANGED", "ACTIVE"),
        "7" * 12: ("NEW", "ACTIVE"),
        "8" * 12: ("CHANGED", "RESOLVED"),
    }
    assert found[0]["resourceOwnerAccount"] == ACCOUNT
    same = previewed(analyzer, ROLE, {"iamRole": {}}, filter={"changeType": {"neq": ["UNCHANGED"]}})
    assert same == []
    with pytest.raises(ClientError, match="ValidationException"):
        previewed(analyzer, ROLE + "2", {"iamRole": {}})


@pytest.mark.parametrize(
    ("resource", "configuration", "told"),
    [
        ("arn:aws:sqs:us-east-1:1:q", {"sqsQueue": {"queuePolicy": opening("*", "sqs:SendMessage")}}, [("*", True)]),
        ("arn:aws:sns:us-east-1:1:t", {"snsTopic": {}}, []),
        (
            "arn:aws:kms:us-east-1:1:key/k",
            {
                "kmsKey": {
                    "keyPolicies": {"default": opening({"AWS": ACCOUNT}, "kms:*")},
                    "grants": [
                        {
                            "operations": ["Decrypt"],
                            "granteePrincipal": f"arn:aws:iam::{account}:root",
                            "issuingAccount": ACCOUNT,
                        }
                        for account in (OUTSIDE, ACCOUNT)
                    ],
                }
            },
            [(f"arn:aws:iam::{OUTSIDE}:root", False)],
        ),
        (
            "arn:aws:ec2:us-east-1:1:snapshot/s",
            {"ebsSnapshot": {"userIds": [OUTSIDE], "groups": ["all"]}},
            [(OUTSIDE, False), ("*", True)],
        ),
        (
            "arn:aws:rds:us-east-1:1:snapshot:s",
            {"rdsDbSnapshot": {"attributes": {"restore": {"accountIds": ["all"]}}}},
            [("*", True)],
        ),
        ("arn:aws:s3:::b", {"s3Bucket": {"bucketPolicy": opening("*", "s3:GetObject")}}, [("*", True)]),
        (
            "arn:aws:s3:::b",
            {
                "s3Bucket": {
                    "bucketPolicy": opening("*", "s3:GetObject"),
                    "bucketAclGrants": [
                        {"permission": "READ", "grantee": {"uri": EVERYBODY}},
                        {"permission": "READ", "grantee": {"id": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8"}},
                    ],
                    "bucketPublicAccessBlock": {"ignorePublicAcls": True, "restrictPublicBuckets": True},
                }
            },
            [("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8", False)],
        ),
        (
            "arn:aws:s3:::b",
            {"s3Bucket": {"bucketAclGrants": [{"permission": "READ", "grantee": {"uri": EVERYBODY}}]}},
            [("*", True)],
        ),
        (
            "arn:aws:s3:::b",
            {
                "s3Bucket": {
                    "accessPoints": {
                        "arn:aws:s3:us-east-1:1:accesspoint/p": {"accessPointPolicy": opening({"AWS": OUTSIDE}, "s3:*")}
                    }
                }
            },
            [(OUTSIDE, False)],
        ),
    ],
)
def test_every_type_of_resource_can_be_previewed(
    analyzer: Any, resource: str, configuration: Any, told: list[tuple[str, bool]]
) -> None:
    found = previewed(analyzer, resource, configuration)
    assert [(next(iter(each["principal"].values())), each["isPublic"]) for each in found] == told
    assert all(each["changeType"] == "NEW" and each["resource"] == resource for each in found)


_BUCKET = {"bucketPolicy": opening({"AWS": OUTSIDE}, "s3:GetObject"), "bucketPublicAccessBlock": {"ignorePublicAcls": True, "restrictPublicBuckets": True}}  # fmt: skip


class Resources:
    """An inventory of a bucket and of a queue."""

    async def of(self, account_id: str, region: str) -> Listed:
        queue = Configured(QUEUE, "sqsQueue", {"queuePolicy": opening({"AWS": OUTSIDE}, "sqs:SendMessage")})
        return Listed([Configured("arn:aws:s3:::ours", "s3Bucket", _BUCKET), queue])


@pytest.mark.parametrize(
    ("resource", "configuration", "changes"),
    [
        (QUEUE, {"sqsQueue": {}}, ["UNCHANGED"]),
        (QUEUE, {"sqsQueue": {"queuePolicy": ""}}, ["CHANGED"]),
        (QUEUE + "2", {"sqsQueue": {"queuePolicy": ""}}, []),
        (QUEUE + "2", {"sqsQueue": {}}, []),
        ("arn:aws:s3:::ours", {"s3Bucket": {"bucketPolicy": opening("*", "s3:GetObject")}}, ["CHANGED"]),
        ("arn:aws:s3:::theirs", {"s3Bucket": {"bucketPolicy": opening("*", "s3:GetObject")}}, ["NEW"]),
        ("arn:aws:s3:::ours", {"s3Bucket": {"accessPoints": {POINT: {"accessPointPolicy": ""}}}}, ["UNCHANGED"]),
    ],
)
def test_what_is_left_out_stays_and_an_empty_text_takes_the_policy_away(
    analyzer: Any, server: Live, monkeypatch: pytest.MonkeyPatch, resource: str, configuration: Any, changes: list[str]
) -> None:
    monkeypatch.setattr(server.realm, "inventories", (Resources(),))
    assert [each["changeType"] for each in previewed(analyzer, resource, configuration)] == changes


def test_every_configuration_of_the_model_can_be_previewed(analyzer: Any) -> None:
    members = analyzer.meta.service_model.shape_for("Configuration").members
    for kind, shape in members.items():
        policy = KINDS[kind].policy
        given = {policy: opening("*", f"{KINDS[kind].service}:*")} if policy else {}
        assert policy in ("", *shape.members)
        if kind == "iamRole":
            given = {policy: trust({"AWS": "*"})}
        found = previewed(
            analyzer, f"arn:aws:{KINDS[kind].service}:us-east-1:{ACCOUNT}:{KINDS[kind].rest}x", {kind: given}
        )
        assert [each["isPublic"] for each in found] == ([True] if policy else [])
        assert all(each["resourceType"] == KINDS[kind].type for each in found)
    assert {KINDS[kind].type for kind in members} <= set(analyzer.meta.service_model.shape_for("ResourceType").enum)


def test_policies_are_looked_at_off_the_event_loop(analyzer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    where = set()

    def looked_at(*told: Any) -> Any:
        where.add(threading.current_thread().name.partition("_")[0])
        return grants(*told)

    monkeypatch.setattr(observations, "grants", looked_at)
    policy = opening({"AWS": OUTSIDE}, "sqs:SendMessage", Sid="NeverSeenBefore")
    assert len(previewed(analyzer, QUEUE, {"sqsQueue": {"queuePolicy": policy}})) == 1
    assert where == {"iamd-aside"}


def test_previews_are_listed_and_shown(analyzer: Any) -> None:
    configuration = {"arn:aws:sqs:us-east-1:1:q": {"sqsQueue": {"queuePolicy": opening("*", "sqs:*")}}}
    made = [analyzer.create_access_preview(analyzerArn=ARN, configurations=configuration)["id"] for _ in range(2)]
    listed = analyzer.list_access_previews(analyzerArn=ARN, maxResults=1)
    assert [each["id"] for each in listed["accessPreviews"]] == made[1:]
    shown = analyzer.get_access_preview(analyzerArn=ARN, accessPreviewId=made[0])["accessPreview"]
    assert (shown["status"], shown["configurations"]) == ("COMPLETED", configuration)


def test_what_is_no_policy_fails(analyzer: Any) -> None:
    with pytest.raises(ClientError, match="cannot be an empty string"):
        previewed(analyzer, ROLE, {"iamRole": {"trustPolicy": ""}})
    wrong = {"arn:aws:sqs:us-east-1:1:q": {"sqsQueue": {"queuePolicy": "{}"}}}
    made = analyzer.create_access_preview(analyzerArn=ARN, configurations=wrong)["id"]
    shown = analyzer.get_access_preview(analyzerArn=ARN, accessPreviewId=made)["accessPreview"]
    assert (shown["status"], shown["statusReason"]) == ("FAILED", {"code": "INVALID_CONFIGURATION"})
    with pytest.raises(ClientError, match="ConflictException"):
        analyzer.list_access_preview_findings(analyzerArn=ARN, accessPreviewId=made)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        analyzer.get_access_preview(analyzerArn=ARN, accessPreviewId="00000000-0000-4000-8000-000000000000")
    for configurations in ({}, {**wrong, ROLE: {"iamRole": {}}}):
        with pytest.raises(ClientError, match="ValidationException"):
            analyzer.create_access_preview(analyzerArn=ARN, configurations=configurations)
    analyzer.create_analyzer(analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS")
    with pytest.raises(ClientError, match="ValidationException"):
        analyzer.create_access_preview(analyzerArn=ARN.replace("outside", "unused"), configurations=wrong)

"""Which elements policies of each type may have: AWS's own examples, and what is wrong in one place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.services.organizations.content import stored
from iamd.wire.organizations_errors import MalformedPolicyDocumentException

LIMIT = {"@@operators_allowed_for_child_policies": ["@@none"]}


def assign(value: Any) -> dict[str, Any]:
    return {"@@assign": value}


REGIONS = {"enable_in_regions": assign(["eu-west-1"]), "disable_in_regions": {"@@append": []}}
BLOCK = {"internet_gateway_block": {"mode": assign("off"), "exclusions_allowed": assign("enabled")}}
RULE = {"schedule_expression": assign("cron(0 5 ? * * *)"), "lifecycle": {"delete_after_days": assign("35")}}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("TAG_POLICY", {"tags": {}}),
        ("TAG_POLICY", {"tags": {"costcenter": {"tag_key": {**assign("CostCenter"), **LIMIT}, **LIMIT}}}),
        ("TAG_POLICY", {"tags": {"a": {"enforced_for": assign(["ec2:instance"]), "tag_value": {"@@remove": ["x"]}}}}),
        ("AISERVICES_OPT_OUT_POLICY", {"services": {**LIMIT, "default": {"opt_out_policy": assign("optOut")}}}),
        ("BACKUP_POLICY", {"plans": {"p": {"rules": {"r": RULE}, "regions": {"@@append": ["eu-west-1"]}}}}),
        ("BACKUP_POLICY", {"plans": {"p": {"selections": {"tags": {"t": {"tag_key": assign("k")}}}}}}),
        ("DECLARATIVE_POLICY_EC2", {"ec2_attributes": {"exception_message": assign("no"), **LIMIT}}),
        ("DECLARATIVE_POLICY_EC2", {"ec2_attributes": {"vpc_block_public_access": BLOCK}}),
        (
            "DECLARATIVE_POLICY_EC2",
            {"ec2_attributes": {"instance_metadata_defaults": {"http_put_response_hop_limit": assign("4")}}},
        ),
        ("SECURITYHUB_POLICY", {"securityhub": REGIONS}),
        ("SECURITYHUB_POLICY", {"securityhub": {**REGIONS, "features": {"some": REGIONS}}}),
        ("INSPECTOR_POLICY", {"inspector": {"enablement": {"ec2_scanning": REGIONS}}}),
        (
            "INSPECTOR_POLICY",
            {"inspector": {"enablement": {"lambda_standard_scanning": {**REGIONS, "lambda_code_scanning": REGIONS}}}},
        ),
        ("BEDROCK_POLICY", {"bedrock": {"whatever": {"there": assign("may be")}}}),
        ("NEWER_POLICY", {"anything": assign(1)}),
    ],
)
def test_what_is_documented_fits(kind: str, content: dict[str, Any]) -> None:
    assert stored(kind, json.dumps(content)) == json.dumps(content)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("TAG_POLICY", {"tags": {}, "more": {}}),
        ("TAG_POLICY", {"tags": assign({})}),
        ("TAG_POLICY", {"tags": {"a": {"tag_keys": assign("A")}}}),
        ("TAG_POLICY", {"tags": {"a": {"tag_key": {"inner": assign("A")}}}}),
        ("AISERVICES_OPT_OUT_POLICY", {"services": {"default": {"opt_out_policy": assign("optout")}}}),
        ("AISERVICES_OPT_OUT_POLICY", {"services": {"default": {"opt_out_policy": assign(1)}}}),
        ("BACKUP_POLICY", {"plans": {"p": {"rule": {"r": RULE}}}}),
        ("DECLARATIVE_POLICY_EC2", {"ec2_attributes": {"everything": assign("off")}}),
        ("DECLARATIVE_POLICY_EC2", {"ec2_attributes": {"serial_console_access": {"status": assign("off")}}}),
        (
            "DECLARATIVE_POLICY_EC2",
            {"ec2_attributes": {"vpc_block_public_access": {"internet_gateway_block": {"mode": assign("off")}}}},
        ),
        ("SECURITYHUB_POLICY", {"securityhub": {"enable_in_regions": assign(["eu-west-1"])}}),
        ("SECURITYHUB_POLICY", {"securityhub": {**REGIONS, "features": {"some": {}}}}),
        ("INSPECTOR_POLICY", {"inspector": {"enablement": {"s3_scanning": REGIONS}}}),
    ],
)
def test_what_is_not_is_refused(kind: str, content: dict[str, Any]) -> None:
    with pytest.raises(MalformedPolicyDocumentException):
        stored(kind, json.dumps(content))


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(MalformedPolicyDocumentException):
        stored("TAG_POLICY", '{"tags": {"a": {}, "a": {"tag_key": {"@@assign": "A"}}}}')

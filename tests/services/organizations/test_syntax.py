"""Which elements policies of each type may have: AWS's own examples, and what is wrong in one place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.services.organizations.content import stored
from iamd.wire.organizations_errors import ConstraintViolationException, MalformedPolicyDocumentException

LIMIT = {"@@operators_allowed_for_child_policies": ["@@none"]}


def assign(value: Any) -> dict[str, Any]:
    return {"@@assign": value}


REGIONS = {"enable_in_regions": assign(["eu-west-1"]), "disable_in_regions": {"@@append": []}}
BLOCK = {"internet_gateway_block": {"mode": assign("off"), "exclusions_allowed": assign("enabled")}}
RULE = {"schedule_expression": assign("cron(0 5 ? * * *)"), "lifecycle": {"delete_after_days": assign("35")}}
TEAM = "0a1b2c3d-0000-4000-8000-0123456789ab"
SLACK = {
    "client": assign("enabled"),
    "workspaces": assign(["T0123456"]),
    "default": {
        "supported_channel_types": assign(["private"]),
        "supported_role_settings": assign(["user_role", "channel_role"]),
    },
    "overrides": {"T0123456": {"supported_channel_types": assign(["public"])}},
}
TEAMS = {
    "tenants": {TEAM: assign(["*"])},
    "overrides": {TEAM: {TEAM: {"supported_role_settings": assign(["user_role"])}}},
}
GUARDRAIL = {
    "identifier": assign("arn:aws:bedrock:us-east-1:123456789012:guardrail/hu1dlsv9wy1d:1"),
    "selective_content_guarding": {"system": assign("selective"), "messages": assign("comprehensive")},
    "model_enforcement": {
        "included_models": assign(["ALL"]),
        "excluded_models": assign(["amazon.titan-embed-text-v2:0", "cohere.embed-english-v3"]),
    },
}
ON, OFF = {"status": assign("enabled")}, {"status": assign("disabled")}
RUNTIME = {**ON, "additional_configuration": {"ec2_agent_management": ON}}
ORDER = {"patch_order": assign("first")}
VAULT = "arn:aws:backup:us-east-1:$account:backup-vault:second"
LONG = {
    "move_to_cold_storage_after_days": assign("180"),
    "delete_after_days": assign(270),
    "opt_in_to_archive_for_supported_resources": assign("true"),
}
WHOLE_RULE = {
    "schedule_expression": assign("cron(0 5 1 * ? *)"),
    "target_backup_vault_name": assign("FortKnox"),
    "target_logically_air_gapped_backup_vault_arn": assign("arn:aws:backup:$region:$account:backup-vault:Gap"),
    "start_backup_window_minutes": assign("480"),
    "complete_backup_window_minutes": assign(10080),
    "enable_continuous_backup": assign(False),
    "lifecycle": LONG,
    "copy_actions": {VAULT: {"target_backup_vault_arn": assign(VAULT), "lifecycle": LONG}},
    "recovery_point_tags": {"owner": {"tag_key": assign("Owner"), "tag_value": assign("Backup")}},
    "index_actions": {"resource_types": assign(["EBS", "S3"])},
    "scan_actions": {"GUARDDUTY": {"scan_mode": assign("FULL_SCAN")}},
}
ROLE = {"iam_role_arn": assign("arn:aws:iam::$account:role/MyIamRole")}
EQUALS = {"string_equals": {"one": {"condition_key": assign("aws:ResourceTag/a"), "condition_value": assign("b")}}}
WHOLE_PLAN = {
    "rules": {"Hourly": WHOLE_RULE},
    "regions": assign(["us-east-1", "eu-north-1"]),
    "selections": {
        "tags": {"pii": {**ROLE, "tag_key": assign("dataType"), "tag_value": assign(["PII", "RED"])}},
        "resources": {"all": {**ROLE, "resource_types": assign(["arn:aws:s3:::*"]), "conditions": EQUALS}},
    },
    "advanced_backup_settings": {"ec2": {"windows_vss": assign("enabled")}},
    "scan_settings": {"GUARDDUTY": {"resource_types": assign(["ALL"]), "scanner_role_arn": ROLE["iam_role_arn"]}},
}


def images(**criteria: Any) -> dict[str, Any]:
    return {"ec2_attributes": {"allowed_images_settings": {"state": assign("enabled"), "image_criteria": criteria}}}


def chat(**platforms: Any) -> dict[str, Any]:
    return {"chatbot": {"platforms": platforms}}


def guardrails(region: str = "us-east-1", **changes: Any) -> dict[str, Any]:
    configuration = {key: value for key, value in {**GUARDRAIL, **changes}.items() if value is not None}
    return {"bedrock": {"guardrail_inference": {region: {"config_1": configuration}}}}


def guarded(**blocks: Any) -> dict[str, Any]:
    return {"guardduty": {"enablement": blocks}}


def plan(**parts: Any) -> dict[str, Any]:
    return {"plans": {"p": parts}}


def ruled(**parts: Any) -> dict[str, Any]:
    return plan(rules={"r": parts})


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("TAG_POLICY", {"tags": {}}),
        ("TAG_POLICY", {"tags": {"costcenter": {"tag_key": {**assign("CostCenter"), **LIMIT}, **LIMIT}}}),
        ("TAG_POLICY", {"tags": {"a": {"enforced_for": assign(["ec2:instance"]), "tag_value": {"@@remove": ["x"]}}}}),
        ("AISERVICES_OPT_OUT_POLICY", {"services": {**LIMIT, "default": {"opt_out_policy": assign("optOut")}}}),
        ("BACKUP_POLICY", {"plans": {"p": {"rules": {"r": RULE}, "regions": {"@@append": ["eu-west-1"]}}}}),
        ("BACKUP_POLICY", {"plans": {"p": WHOLE_PLAN}}),
        (
            "BACKUP_POLICY",
            ruled(enable_continuous_backup=assign("true"), lifecycle={"delete_after_days": assign("35")}),
        ),
        ("CHATBOT_POLICY", {"chatbot": {"platforms": {"slack": SLACK, "microsoft_teams": TEAMS}, "default": {}}}),
        ("CHATBOT_POLICY", chat(chime={"client": assign("disabled")}, default={"client": assign("disabled")})),
        ("CHATBOT_POLICY", {"ChatBot": {"Platforms": {"Slack": {"Client": assign("enabled")}}}}),
        ("DECLARATIVE_POLICY_EC2", images(criteria_1={"allowed_image_providers": {"@@append": ["amazon"]}})),
        (
            "DECLARATIVE_POLICY_EC2",
            images(criteria_10={"creation_date_condition": {"maximum_days_since_created": assign(90)}}),
        ),
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
        ("NETWORK_SECURITY_DIRECTOR_POLICY", {"network_security_director": {"enablement": {}}}),
        (
            "NETWORK_SECURITY_DIRECTOR_POLICY",
            {"network_security_director": {"enablement": {"network_security_scan": REGIONS}}},
        ),
        ("BEDROCK_POLICY", guardrails()),
        ("BEDROCK_POLICY", guardrails(selective_content_guarding=None, input_tags=assign("honor"))),
        ("S3_POLICY", {"s3_attributes": {"public_access_block_configuration": assign("all")}}),
        ("S3_POLICY", {"S3_Attributes": {"public_access_block_configuration": {**assign("none"), **LIMIT}}}),
        ("UPGRADE_ROLLOUT_POLICY", {"upgrade_rollout": {"default": ORDER}}),
        (
            "UPGRADE_ROLLOUT_POLICY",
            {"upgrade_rollout": {"default": ORDER, "tags": {"devtag": {"tag_values": {"tag1": ORDER}}}}},
        ),
        ("GUARDDUTY_POLICY", guarded(default={"foundational": ON, "s3_data_events": ON, "rds_login_events": OFF})),
        ("GUARDDUTY_POLICY", guarded(**{"us-east-1": {"foundational": ON, "runtime_monitoring": RUNTIME}})),
        ("SECURITYHUB_CSPM_POLICY", {"whatever": {"cspm_enablement": REGIONS}}),
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
        ("INSPECTOR_POLICY", {"inspector": {"enablement": {"ec2_scanning": {"enable_in_regions": assign([])}}}}),
        ("SECURITYHUB_POLICY", {"securityhub": {**REGIONS, "disable_in_regions": assign(["nowhere-1"])}}),
        ("SECURITYHUB_POLICY", {"securityhub": {**REGIONS, "disable_in_regions": assign("eu-west-1")}}),
        ("TAG_POLICY", {"tags": {"a": {"tag_key": assign("B")}}}),
        ("TAG_POLICY", {"tags": {"a": {}, "A": {}}}),
        ("TAG_POLICY", {"tags": {"": {}}}),
        ("TAG_POLICY", {"tags": {"a": {"tag_key": {"@@append": ["a"]}}}}),
        ("TAG_POLICY", {"tags": {"a": {"tag_value": assign("x")}}}),
        ("TAG_POLICY", {"tags": {"a": {"tag_value": assign(["*x*"])}}}),
        ("TAG_POLICY", {"tags": {"a": {"tag_value": assign([["x"]])}}}),
        ("TAG_POLICY", {"tags": {"a": {"enforced_for": assign(["instances"])}}}),
        ("BACKUP_POLICY", {"plans": {"a plan": {}}}),
        ("BACKUP_POLICY", plan(regions=assign(["nowhere-1"]))),
        ("BACKUP_POLICY", plan(selections={"tags": {"t": {**ROLE, "tag_key": assign("k")}}})),
        ("BACKUP_POLICY", plan(selections={"resources": {"t": ROLE}})),
        ("BACKUP_POLICY", plan(selections={"resources": {"t": {"resource_types": assign(["arn:aws:sqs:*"])}}})),
        ("BACKUP_POLICY", plan(backup_plan_tags={"a": {"tag_key": assign("b"), "tag_value": assign("c")}})),
        ("BACKUP_POLICY", ruled(start_backup_window_minutes=assign("59"))),
        ("BACKUP_POLICY", ruled(start_backup_window_minutes=assign(60.0))),
        ("BACKUP_POLICY", ruled(schedule_expression=assign("daily"))),
        ("BACKUP_POLICY", ruled(target_backup_vault_name=assign("a vault"))),
        ("BACKUP_POLICY", ruled(copy_actions={VAULT: {"lifecycle": LONG}})),
        (
            "BACKUP_POLICY",
            ruled(enable_continuous_backup=assign("true"), lifecycle={"delete_after_days": assign("36")}),
        ),
        ("BACKUP_POLICY", ruled(enable_continuous_backup=assign("true"))),
        ("BACKUP_POLICY", ruled(lifecycle={**LONG, "delete_after_days": assign("269")})),
        ("BACKUP_POLICY", plan(selections={"tags": {"t": {"iam_role_arn": assign("arn:aws:iam::1:role/R")}}})),
        ("CHATBOT_POLICY", {"chatbots": {}}),
        ("CHATBOT_POLICY", {"chatbot": {}, "Chatbot": {}}),
        ("CHATBOT_POLICY", chat(irc={"client": assign("enabled")})),
        ("CHATBOT_POLICY", chat(slack={"client": assign("on")})),
        ("CHATBOT_POLICY", chat(slack={"workspaces": assign(["a workspace"])})),
        ("CHATBOT_POLICY", chat(slack={"workspaces": assign([f"T{number}" for number in range(256)])})),
        ("CHATBOT_POLICY", chat(microsoft_teams={"tenants": {TEAM.upper(): assign(["*"])}})),
        ("CHATBOT_POLICY", chat(microsoft_teams={"default": {"supported_channel_types": assign(["public"])}})),
        ("DECLARATIVE_POLICY_EC2", images(criteria_11={})),
        ("DECLARATIVE_POLICY_EC2", images(criteria_1={"allowed_image_providers": assign(["everybody"])})),
        (
            "DECLARATIVE_POLICY_EC2",
            {"ec2_attributes": {"instance_metadata_defaults": {"http_put_response_hop_limit": assign("65")}}},
        ),
        ("BEDROCK_POLICY", {"bedrock": {"whatever": {}}}),
        ("BEDROCK_POLICY", guardrails(identifier=None)),
        ("BEDROCK_POLICY", guardrails(identifier=assign("arn:aws:bedrock:us-east-1:123456789012:guardrail/a:DRAFT"))),
        ("BEDROCK_POLICY", guardrails(region="eu-west-1")),
        ("BEDROCK_POLICY", guardrails(input_tags=assign("obey"))),
        ("BEDROCK_POLICY", guardrails(selective_content_guarding={})),
        ("BEDROCK_POLICY", guardrails(model_enforcement={"included_models": assign(["ALL"])})),
        ("S3_POLICY", {"s3_attributes": {"public_access_block_configuration": assign("some")}}),
        ("S3_POLICY", {"s3_attributes": {"public_access_block_configuration": assign(["all"])}}),
        ("S3_POLICY", {"s3_attributes": {"block": assign("all")}}),
        ("UPGRADE_ROLLOUT_POLICY", {"upgrade_rollout": {"default": {"patch_order": assign("third")}}}),
        ("UPGRADE_ROLLOUT_POLICY", {"upgrade_rollout": {"tags": {"devtag": {"tag1": ORDER}}}}),
        ("NETWORK_SECURITY_DIRECTOR_POLICY", {"network_security_director": REGIONS}),
        ("GUARDDUTY_POLICY", guarded()),
        ("GUARDDUTY_POLICY", guarded(default={"s3_data_events": ON})),
        ("GUARDDUTY_POLICY", guarded(default={"foundational": OFF, "runtime_monitoring": RUNTIME})),
        ("GUARDDUTY_POLICY", guarded(**{"nowhere-1": {"foundational": ON}})),
        ("GUARDDUTY_POLICY", guarded(default={"foundational": {"status": assign("on")}})),
    ],
)
def test_what_is_not_is_refused(kind: str, content: dict[str, Any]) -> None:
    with pytest.raises(MalformedPolicyDocumentException):
        stored(kind, json.dumps(content))


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(MalformedPolicyDocumentException):
        stored("TAG_POLICY", '{"tags": {"a": {}, "a": {"tag_key": {"@@assign": "A"}}}}')


@pytest.mark.parametrize(
    "content",
    [
        r'{"tags":{"\ud800":{"tag_value":{"@@assign":["x"]}}}}',
        r'{"tags":{"a":{"tag_value":{"@@assign":["\udc00"]}}}}',
    ],
)
def test_half_a_character_is_refused(content: str) -> None:
    """No answer that tells an effective policy could hold it."""
    with pytest.raises(MalformedPolicyDocumentException):
        stored("TAG_POLICY", content)


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(MalformedPolicyDocumentException):
        stored("NEWER_POLICY", '{"a": {"@@assign": NaN}}')


@pytest.mark.parametrize("depth", [33, 900, 960, 980, 1000, 1500])
def test_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(MalformedPolicyDocumentException):
        stored("NEWER_POLICY", '{"a":' * depth + "{}" + "}" * depth)


def test_each_type_has_its_size() -> None:
    for kind, size in (("UPGRADE_ROLLOUT_POLICY", 5_120), ("AISERVICES_OPT_OUT_POLICY", 2_500), ("S3_POLICY", 10_000)):
        with pytest.raises(ConstraintViolationException):
            stored(kind, " " * (size + 1))
        with pytest.raises(MalformedPolicyDocumentException):
            stored(kind, " " * size)

"""Effective policies of accounts, through the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.organizations.support import Org, refused

SANDBOX = {"tag_key": {"@@assign": "CostCenter"}, "tag_value": {"@@assign": ["Sandbox"]}}


@pytest.fixture
def tagging(org: Org) -> Org:
    org.client.enable_policy_type(RootId=org.root, PolicyType="TAG_POLICY")
    return org


def make(org: Org, name: str, target: str, content: dict[str, Any], kind: str = "TAG_POLICY") -> str:
    asked = {"Type": kind, "Name": name, "Description": "", "Content": json.dumps(content)}
    id = str(org.client.create_policy(**asked)["Policy"]["PolicySummary"]["Id"])
    org.attach(id, target)
    return id


def content(client: Any, kind: str = "TAG_POLICY", **more: Any) -> Any:
    described = client.describe_effective_policy(PolicyType=kind, **more)["EffectivePolicy"]
    return json.loads(described["PolicyContent"])


def test_levels_are_merged(tagging: Org, admin: Any) -> None:
    unit = tagging.unit("work")
    dev = tagging.account("dev", unit)
    values = {"tag_value": {"@@assign": ["Development", 7, None]}}
    make(tagging, "a", tagging.root, {"tags": {"CostCenter": values}})
    assert content(tagging.client, TargetId=dev) == {
        "tags": {"costcenter": {"tag_value": ["Development", "7", "null"]}}
    }
    policy = make(tagging, "b", unit, {"tags": {"costcenter": SANDBOX, "Any": {"tag_key": {"@@assign": "Any"}}}})
    expected = {
        "costcenter": {"tag_value": ["Sandbox"], "tag_key": "CostCenter"},
        "any": {"tag_key": "Any", "tag_value": ["*"]},
    }
    assert content(tagging.client, TargetId=dev) == {"tags": expected}
    assert content(tagging.enter(admin, dev)("organizations")) == {"tags": expected}
    assert content(tagging.client)["tags"].keys() == {"costcenter"}
    tagging.client.update_policy(PolicyId=policy, Content=json.dumps({"tags": {}}))
    assert content(tagging.client, TargetId=dev)["tags"]["costcenter"]["tag_value"][0] == "Development"


def test_other_types(org: Org) -> None:
    dev, kind = org.account("dev"), "AISERVICES_OPT_OUT_POLICY"
    org.client.enable_policy_type(RootId=org.root, PolicyType=kind)
    limit = {"@@operators_allowed_for_child_policies": ["@@none"]}
    out = {"opt_out_policy": {**limit, "@@assign": "optOut"}}
    make(org, "all", org.root, {"services": {**limit, "default": out}}, kind)
    make(org, "mine", dev, {"services": {"default": {"opt_out_policy": {"@@assign": "optIn"}}, "lex": out}}, kind)
    assert content(org.client, kind, TargetId=dev) == {"services": {"default": {"opt_out_policy": "optOut"}}}


def test_who_may_ask_for_what(tagging: Org, admin: Any) -> None:
    dev = tagging.account("dev")
    there = tagging.enter(admin, dev)("organizations")
    ask, mine = tagging.client.describe_effective_policy, there.describe_effective_policy
    nothing = "EffectivePolicyNotFoundException"
    assert refused(ask, PolicyType="TAG_POLICY", TargetId=dev)[0] == nothing
    make(tagging, "a", tagging.root, {"tags": {"CostCenter": SANDBOX}})
    assert refused(ask, PolicyType="BACKUP_POLICY", TargetId=dev)[0] == nothing
    assert refused(mine, PolicyType="TAG_POLICY", TargetId=tagging.root)[0] == "AccessDeniedException"
    assert refused(ask, PolicyType="TAG_POLICY", TargetId=tagging.root)[1] == "TARGET_NOT_SUPPORTED"
    assert refused(ask, PolicyType="TAG_POLICY", TargetId="999999999999")[0] == "TargetNotFoundException"
    assert refused(ask, PolicyType="SERVICE_CONTROL_POLICY", TargetId=dev)[1] == "INVALID_ENUM_POLICY_TYPE"
    assert refused(ask, PolicyType="NONSENSE", TargetId=dev)[1] == "INVALID_ENUM:POLICY_TYPE"


def test_too_much_is_invalid(tagging: Org) -> None:
    dev = tagging.account("dev")
    errors = tagging.client.list_effective_policy_validation_errors
    found = tagging.client.list_accounts_with_invalid_effective_policy
    disabled = refused(found, PolicyType="BACKUP_POLICY")
    assert disabled[0] == "EffectivePolicyNotFoundException"
    first, second = ({"tags": {key: {"tag_value": {"@@assign": [key * 6000]}}}} for key in "xy")
    policies = [make(tagging, "a", tagging.root, first)]
    assert errors(AccountId=dev, PolicyType="TAG_POLICY")["EffectivePolicyValidationErrors"] == []
    policies.append(make(tagging, "b", dev, second))
    (error,) = errors(AccountId=dev, PolicyType="TAG_POLICY")["EffectivePolicyValidationErrors"]
    assert (error["ErrorCode"], error["ContributingPolicies"]) == ("ELEMENTS_TOO_MANY", policies)
    assert [each["Id"] for each in found(PolicyType="TAG_POLICY")["Accounts"]] == [dev]

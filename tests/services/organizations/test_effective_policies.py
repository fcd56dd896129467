"""Effective policies of accounts, through the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.services.organizations.effective_errors import problems
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


def test_other_types_are_texts(org: Org) -> None:
    dev = org.account("dev")
    for kind in ("BACKUP_POLICY", "CHATBOT_POLICY", "S3_POLICY"):
        org.client.enable_policy_type(RootId=org.root, PolicyType=kind)
    rule = {"start_backup_window_minutes": {"@@assign": 480}, "enable_continuous_backup": {"@@assign": False}}
    make(org, "a", org.root, {"plans": {"P": {"rules": {"R": rule}}}}, "BACKUP_POLICY")
    texts = {"start_backup_window_minutes": "480", "enable_continuous_backup": "false"}
    assert content(org.client, "BACKUP_POLICY", TargetId=dev) == {"plans": {"P": {"rules": {"R": texts}}}}
    override = {"supported_role_settings": {"@@assign": ["user_role"]}}
    make(org, "b", org.root, {"ChatBot": {"platforms": {"slack": {"overrides": {"T0": override}}}}}, "CHATBOT_POLICY")
    (told,) = content(org.client, "CHATBOT_POLICY", TargetId=dev)["chatbot"]["platforms"]["slack"]["overrides"].items()
    assert told == ("t0", {"supported_role_settings": ["user_role"]})
    make(org, "c", org.root, {"S3_Attributes": {"public_access_block_configuration": {"@@assign": "all"}}}, "S3_POLICY")
    assert content(org.client, "S3_POLICY") == {"s3_attributes": {"public_access_block_configuration": "all"}}


@pytest.fixture
def backups(org: Org) -> Org:
    org.client.enable_policy_type(RootId=org.root, PolicyType="BACKUP_POLICY")
    return org


def errors(org: Org, account: str, kind: str = "BACKUP_POLICY", **more: Any) -> list[tuple[str, str, str, list[str]]]:
    told = org.client.list_effective_policy_validation_errors(AccountId=account, PolicyType=kind, **more)
    listed = told["EffectivePolicyValidationErrors"]
    return [
        tuple(each[key] for key in ("ErrorCode", "ErrorMessage", "PathToError", "ContributingPolicies"))
        for each in listed
    ]


def rules(**rules: Any) -> dict[str, Any]:
    return {"plans": {"p": {"rules": rules}}}


VAULT = {"target_backup_vault_name": {"@@assign": "FortKnox"}}
SELECTIONS = {"resources": {"all": {"resource_types": {"@@assign": ["*"]}}}}
REST = {"plans": {"p": {"regions": {"@@assign": ["eu-west-1"]}, "selections": SELECTIONS}}}
ROLE = {"iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/Backup"}}


def test_policies_make_an_effective_one_together(backups: Org) -> None:
    found = backups.client.list_accounts_with_invalid_effective_policy
    assert refused(found, PolicyType="S3_POLICY")[0] == "EffectivePolicyNotFoundException"
    dev = backups.account("dev")
    first = make(backups, "a", backups.root, rules(r=VAULT), "BACKUP_POLICY")
    assert errors(backups, dev) == [
        ("KEY_REQUIRED", "'regions' is missing", "plans/p", [first]),
        ("KEY_REQUIRED", "'selections' is missing", "plans/p", [first]),
    ]
    assert [each["Id"] for each in found(PolicyType="BACKUP_POLICY")["Accounts"]] == sorted(
        [dev, *_management(backups)]
    )
    second = make(backups, "b", dev, REST, "BACKUP_POLICY")
    missing = ("KEY_REQUIRED", "'iam_role_arn' is missing", "plans/p/selections/resources/all", [second])
    assert errors(backups, dev) == [missing]
    make(
        backups, "c", dev, {"plans": {"p": {"selections": {"resources": {"all": {**ROLE, **_all()}}}}}}, "BACKUP_POLICY"
    )
    assert errors(backups, dev) == []
    assert [each["Id"] for each in found(PolicyType="BACKUP_POLICY")["Accounts"]] == _management(backups)


def _all() -> dict[str, Any]:
    return {"resource_types": {"@@assign": ["*"]}}


def _management(org: Org) -> list[str]:
    return [org.client.describe_organization()["Organization"]["MasterAccountId"]]


def test_too_many_and_too_few(backups: Org) -> None:
    dev = backups.account("dev")
    selection = {"all": {**ROLE, "tag_key": {"@@assign": "a"}, "tag_value": {"@@assign": ["b"]}}}
    whole = {"regions": {"@@assign": ["eu-west-1"]}, "selections": {"tags": selection}}
    many = {f"r{number}": VAULT for number in range(6)}
    first = make(backups, "a", backups.root, {"plans": {"p": {**whole, "rules": many}}}, "BACKUP_POLICY")
    assert errors(backups, dev) == []
    second = make(backups, "b", dev, rules(**{f"s{number}": VAULT for number in range(5)}), "BACKUP_POLICY")
    said = ("ELEMENTS_TOO_MANY", "'rules' exceeds the allowed maximum limit 10", "plans/p/rules")
    assert errors(backups, dev) == [(*said, sorted([first, second]))]
    backups.detach(second, dev)
    third = make(backups, "c", dev, {"plans": {"p": {"regions": {"@@remove": ["eu-west-1"]}}}}, "BACKUP_POLICY")
    said = ("ELEMENTS_TOO_FEW", "'regions' is less than the allowed minimum limit 1", "plans/p/regions")
    assert errors(backups, dev) == [(*said, sorted([first, third]))]


def test_what_excludes_each_other(backups: Org) -> None:
    dev = backups.account("dev")
    on, late = {"enable_continuous_backup": {"@@assign": "true"}}, {"delete_after_days": {"@@assign": "40"}}
    parent = {**VAULT, **on, "lifecycle": {"delete_after_days": {"@@assign": "7"}}}
    copied = {"opt_in_to_archive_for_supported_resources": {"@@assign": "true"}}
    cold = {**copied, "delete_after_days": {"@@assign": 200}, "move_to_cold_storage_after_days": {"@@assign": 100}}
    scan = {"scan_actions": {"GUARDDUTY": {"scan_mode": {"@@assign": "FULL_SCAN"}}}}
    plan = {**REST["plans"]["p"], "rules": {"r": parent, "s": {**VAULT, "lifecycle": cold, **scan}}}
    plan["selections"] = {"resources": {"all": {**ROLE, **_all()}}}
    first = make(backups, "a", backups.root, {"plans": {"p": plan}}, "BACKUP_POLICY")
    dependent = "Dependent fields {} in policy block {} are invalid when used together"
    unscanned = dependent.format("scan_actions(undefined),scan_settings(undefined)", "s")
    assert errors(backups, dev) == [("CROSS_ATTRIBUTE_VALIDATION", unscanned, "plans/p/rules/s", [first])]
    second = make(backups, "b", dev, rules(r={"lifecycle": late}, s={"lifecycle": late}), "BACKUP_POLICY")
    fields = "opt_in_to_archive_for_supported_resources=true,delete_after_days=40,move_to_cold_storage_after_days=100"
    both = sorted([first, second])
    assert errors(backups, dev) == [
        (
            "CROSS_ATTRIBUTE_VALIDATION",
            dependent.format("enable_continuous_backup=true,delete_after_days=40", "r"),
            "plans/p/rules/r",
            both,
        ),
        ("CROSS_ATTRIBUTE_VALIDATION", dependent.format(fields, "s"), "plans/p/rules/s", both),
        ("CROSS_ATTRIBUTE_VALIDATION", unscanned, "plans/p/rules/s", [first]),
    ]
    listed = backups.client.list_effective_policy_validation_errors
    page = listed(AccountId=dev, PolicyType="BACKUP_POLICY", MaxResults=2)
    assert len(page["EffectivePolicyValidationErrors"]) == 2
    assert page["PolicyType"] == "BACKUP_POLICY"
    assert len(errors(backups, dev, NextToken=page["NextToken"])) == 1


def test_too_many_required_tags(tagging: Org) -> None:
    dev = tagging.account("dev")

    def required(numbers: range) -> dict[str, Any]:
        return {"tags": {f"t{each:02}": {"report_required_tag_for": {"@@assign": ["s3:bucket"]}} for each in numbers}}

    first = make(tagging, "a", tagging.root, required(range(50)))
    assert errors(tagging, dev, "TAG_POLICY") == []
    second = make(tagging, "b", dev, required(range(50, 51)))
    ((code, said, path, policies),) = errors(tagging, dev, "TAG_POLICY")
    assert (code, path, policies) == ("ELEMENTS_TOO_MANY", "tags", sorted([first, second]))
    assert said == (
        "Resource type 's3:bucket' has 51 tags for 'report_required_tag_for', which exceeds the maximum limit of 50. "
        "Contributing tag keys include: t00, t01, t02, t03, t04 and 46 more"
    )


def test_too_long_for_tag_policies() -> None:
    (problem,) = problems("TAG_POLICY", {"tags": {}}, 395_001)
    assert problem.message == "Effective policy size is 395001 bytes, which exceeds the maximum limit of 395000 bytes"
    assert not list(problems("TAG_POLICY", {"tags": {}}, 395_000))

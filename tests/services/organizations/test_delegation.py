"""The organization's resource policy: member accounts manage policies where it lets them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.live import ACCOUNT
from tests.services.organizations.support import Org, deny, document, refused

READS = ["organizations:Describe*", "organizations:List*"]
POLICY_ACTIONS = ["CreatePolicy", "UpdatePolicy", "DeletePolicy", "AttachPolicy", "DetachPolicy"]
DENIED = "AccessDeniedException"
SCP = "SERVICE_CONTROL_POLICY"


def lets(account: str, actions: list[str], resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": account}, "Action": actions, "Resource": resource, **more}


def put(org: Org, *statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = org.client.put_resource_policy(Content=json.dumps(json.loads(document(*statements)), indent=1), **more)
    policy: dict[str, Any] = answer["ResourcePolicy"]
    return policy


def test_a_member_reads_what_it_is_let(org: Org, admin: Any) -> None:
    dev, other = org.account("dev"), org.account("other")
    there, elsewhere = (org.enter(admin, each)("organizations") for each in (dev, other))
    assert refused(there.list_accounts)[0] == DENIED
    put(org, lets(dev, READS))
    assert len(there.list_accounts()["Accounts"]) == 3
    assert there.describe_resource_policy()["ResourcePolicy"]["ResourcePolicySummary"]["Id"].startswith("rp-")
    assert refused(elsewhere.list_accounts)[0] == DENIED
    assert refused(there.create_organizational_unit, ParentId=org.root, Name="x")[0] == DENIED
    org.client.delete_resource_policy()
    assert refused(there.list_accounts)[0] == DENIED
    assert refused(org.client.describe_resource_policy)[0] == "ResourcePolicyNotFoundException"


def test_a_member_manages_policies_where_it_is_let(controlled: Org, admin: Any) -> None:
    dev, unit = controlled.account("dev"), controlled.unit("sandbox")
    there = controlled.enter(admin, dev)("organizations")
    base = f"arn:aws:organizations::{ACCOUNT}"
    actions = [f"organizations:{name}" for name in POLICY_ACTIONS]
    scps = {"StringEquals": {"organizations:PolicyType": SCP}}
    where = [f"{base}:ou/{controlled.id}/{unit}", f"{base}:policy/{controlled.id}/service_control_policy/*"]
    put(controlled, lets(dev, READS), lets(dev, actions, where, Condition=scps))
    asked = {"Name": "theirs", "Description": "", "Content": document(deny("s3:*"))}
    made = there.create_policy(Type=SCP, **asked)["Policy"]["PolicySummary"]
    assert made["Arn"].startswith(f"{base}:policy/")
    there.attach_policy(PolicyId=made["Id"], TargetId=unit)
    assert [each["TargetId"] for each in there.list_targets_for_policy(PolicyId=made["Id"])["Targets"]] == [unit]
    assert refused(there.attach_policy, PolicyId=made["Id"], TargetId=controlled.root)[0] == DENIED
    assert refused(there.create_policy, Type="TAG_POLICY", **asked)[0] == DENIED
    assert refused(there.create_policy, Type=SCP, **asked, Tags=[{"Key": "k", "Value": "v"}])[0] == DENIED
    there.detach_policy(PolicyId=made["Id"], TargetId=unit)
    there.delete_policy(PolicyId=made["Id"])


def test_it_grants_nothing_to_whom_the_member_account_does_not(org: Org, admin: Any, server: Any) -> None:
    dev = org.account("dev")
    iam = org.enter(admin, dev)("iam")
    iam.create_user(UserName="bob")
    bob = server.client("organizations", iam.create_access_key(UserName="bob")["AccessKey"])
    put(org, lets(dev, READS))
    assert refused(bob.list_accounts)[0] == DENIED
    put(org, lets(f"arn:aws:iam::{dev}:user/bob", READS))
    iam.put_user_policy(
        UserName="bob", PolicyName="p", PolicyDocument=document({"Effect": "Allow", "Action": READS, "Resource": "*"})
    )
    assert len(bob.list_accounts()["Accounts"]) == 2


def test_it_is_stored_compact_with_arns(org: Org) -> None:
    dev = org.account("dev")
    made = put(org, lets(dev, READS), Tags=[{"Key": "k", "Value": "v"}])
    stored = json.loads(made["Content"])
    assert made["Content"] == json.dumps(stored, separators=(",", ":"))
    assert stored["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{dev}:root"}
    id = made["ResourcePolicySummary"]["Id"]
    assert org.client.list_tags_for_resource(ResourceId=id)["Tags"] == [{"Key": "k", "Value": "v"}]
    again = put(org, lets(dev, READS[:1]))
    assert again["ResourcePolicySummary"] == made["ResourcePolicySummary"]
    tagged = refused(put, org=org, Tags=[{"Key": "k", "Value": "v"}])
    assert tagged[0] == "InvalidInputException"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Action": ["organizations:CloseAccount"]}, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ({"Action": ["organizations:*"]}, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ({"Action": ["s3:ListBucket"]}, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ({"Resource": "arn:aws:s3:::b"}, "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY"),
        ({"Principal": {"AWS": "999999999999"}}, "INVALID_PRINCIPAL"),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, "INVALID_PRINCIPAL"),
        ({"Principal": {"AWS": "bob"}}, "INVALID_RESOURCE_POLICY_JSON"),
        ({"Effect": "Maybe"}, "INVALID_RESOURCE_POLICY_JSON"),
    ],
)
def test_what_it_may_not_say(org: Org, changes: dict[str, Any], reason: str) -> None:
    statement = {**lets(ACCOUNT, READS), **changes}
    answer = refused(org.client.put_resource_policy, Content=document(statement))
    assert answer == ("InvalidInputException", reason)

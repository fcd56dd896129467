"""Policies of every type: what they may say, where they are attached."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.live import ACCOUNT
from tests.services.organizations.support import Org, allow, deny, document, refused

FULL, RCP_FULL = "p-FullAWSAccess", "p-RCPFullAWSAccess"
SCP, RCP, TAG = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY"
MALFORMED = ("MalformedPolicyDocumentException", None)
EVERYONE = {"Principal": "*"}


def create(org: Org, kind: str, content: str, name: str = "x") -> Any:
    return org.client.create_policy(Type=kind, Name=name, Description="why", Content=content)["Policy"]


def ids(answer: Any) -> set[str]:
    return {policy["Id"] for policy in answer["Policies"]}


def test_a_policy_is_made_described_changed_and_deleted(org: Org) -> None:
    content = document(deny("s3:*"))
    made = create(org, SCP, content, "NoBuckets")
    summary = made["PolicySummary"]
    assert made["Content"] == content
    assert summary["Arn"] == f"arn:aws:organizations::{ACCOUNT}:policy/{org.id}/service_control_policy/{summary['Id']}"
    assert (summary["Type"], summary["AwsManaged"], summary["Description"]) == (SCP, False, "why")
    assert org.client.describe_policy(PolicyId=summary["Id"])["Policy"] == made
    assert ids(org.client.list_policies(Filter=SCP)) == {FULL, summary["Id"]}
    assert ids(org.client.list_policies(Filter=TAG)) == set()
    changed = org.client.update_policy(PolicyId=summary["Id"], Name="New", Description="")["Policy"]["PolicySummary"]
    assert (changed["Name"], changed["Description"]) == ("New", "")
    kept = org.client.describe_policy(PolicyId=summary["Id"])["Policy"]["PolicySummary"]
    assert (kept["Name"], kept["Description"]) == ("New", "why")
    org.client.delete_policy(PolicyId=summary["Id"])
    assert refused(org.client.describe_policy, PolicyId=summary["Id"]) == ("PolicyNotFoundException", None)


def test_names_are_unique_within_a_type(org: Org) -> None:
    create(org, SCP, document(deny("s3:*")))
    create(org, TAG, '{"tags": {}}')
    asked = {"Type": SCP, "Description": "", "Content": document(deny("s3:*"))}
    for name in ("x", "FullAWSAccess"):
        assert refused(org.client.create_policy, Name=name, **asked) == ("DuplicatePolicyException", None)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (SCP, "no JSON"),
        (SCP, document()),
        (SCP, document(deny("s3:*", Principal="*"))),
        (SCP, document({"Effect": "Deny", "Action": "s3:*"})),
        (SCP, document({"Effect": "Deny", "Action": "nothing", "Resource": "*"})),
        (SCP, document(deny("s3:*", Condition={"StringEqual": {"a": "b"}}))),
        (RCP, document(allow("s3:*", **EVERYONE))),
        (RCP, document(deny("s3:*"))),
        (RCP, document(deny("s3:*", Principal={"AWS": ACCOUNT}))),
        (RCP, document(deny("s3:*", NotPrincipal={"AWS": ACCOUNT}))),
        (RCP, document(deny("*", **EVERYONE))),
        (RCP, document(deny("ec2:*", **EVERYONE))),
        (RCP, document(deny("s3:*Object", **EVERYONE))),
        (RCP, document({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", **EVERYONE})),
        (RCP, document({"Effect": "Deny", "Action": "s3:*", **EVERYONE})),
        (TAG, "[]"),
        (TAG, '{"plans": {}}'),
        ("BACKUP_POLICY", '{"tags": {}}'),
    ],
)
def test_malformed_content(org: Org, kind: str, content: str) -> None:
    asked = {"Type": kind, "Name": "x", "Description": "", "Content": content}
    assert refused(org.client.create_policy, **asked) == MALFORMED


@pytest.mark.parametrize(("kind", "limit"), [(SCP, 10_240), (RCP, 5_120), ("AISERVICES_OPT_OUT_POLICY", 2_500)])
def test_content_has_a_limit(org: Org, kind: str, limit: int) -> None:
    asked = {"Type": kind, "Name": "x", "Description": "", "Content": "x" * (limit + 1)}
    assert refused(org.client.create_policy, **asked) == (
        "ConstraintViolationException",
        "POLICY_CONTENT_LIMIT_EXCEEDED",
    )


def test_resource_control_policies_are_stored_compact(org: Org) -> None:
    statement = deny("S3:GetObject*", "sts:Anything", Principal={"AWS": "*"}, NotResource="arn:aws:s3:::x/*")
    del statement["Resource"]
    content = json.dumps({"Statement": statement}, indent=2)
    assert json.loads(create(org, RCP, content)["Content"]) == {"Version": "2008-10-17", "Statement": [statement]}
    assert " " not in create(org, RCP, content, "y")["Content"]
    tags = '{ "tags":  {} }'
    assert create(org, TAG, tags)["Content"] == tags


def test_types_are_enabled_on_the_root(org: Org) -> None:
    client, unit, account = org.client, org.unit("Work"), org.account("ann")
    policy = org.policy("NoBuckets", deny("s3:*"))
    off = ("PolicyTypeNotEnabledException", None)
    assert refused(client.attach_policy, PolicyId=policy, TargetId=unit) == off
    assert refused(client.disable_policy_type, RootId=org.root, PolicyType=SCP) == off
    root = client.enable_policy_type(RootId=org.root, PolicyType=SCP)["Root"]
    assert root["PolicyTypes"] == [{"Type": SCP, "Status": "ENABLED"}]
    root = client.enable_policy_type(RootId=org.root, PolicyType=RCP)["Root"]
    assert root["PolicyTypes"][1] == {"Type": RCP, "Status": "PENDING_ENABLE"}
    assert client.list_roots()["Roots"][0]["PolicyTypes"][1]["Status"] == "ENABLED"
    again = refused(client.enable_policy_type, RootId=org.root, PolicyType=SCP)
    assert again == ("PolicyTypeAlreadyEnabledException", None)
    late = org.unit("Late")
    for target in (org.root, unit, account, late, ACCOUNT):
        assert ids(client.list_policies_for_target(TargetId=target, Filter=SCP)) == {FULL}
        assert ids(client.list_policies_for_target(TargetId=target, Filter=RCP)) == {RCP_FULL}
    org.attach(policy, unit)
    client.disable_policy_type(RootId=org.root, PolicyType=SCP)
    assert ids(client.list_policies_for_target(TargetId=unit, Filter=SCP)) == set()
    client.enable_policy_type(RootId=org.root, PolicyType=SCP)
    assert ids(client.list_policies_for_target(TargetId=unit, Filter=SCP)) == {FULL}


def test_attaching_and_detaching(controlled: Org) -> None:
    client, unit = controlled.client, controlled.unit("Work")
    policy = controlled.policy("NoBuckets", deny("s3:*"))
    attached = {"PolicyId": policy, "TargetId": unit}
    assert refused(client.detach_policy, **attached) == ("PolicyNotAttachedException", None)
    client.attach_policy(**attached)
    assert refused(client.attach_policy, **attached) == ("DuplicatePolicyAttachmentException", None)
    arn = f"arn:aws:organizations::{ACCOUNT}:ou/{controlled.id}/{unit}"
    target = {"TargetId": unit, "Arn": arn, "Name": "Work", "Type": "ORGANIZATIONAL_UNIT"}
    assert client.list_targets_for_policy(PolicyId=policy)["Targets"] == [target]
    assert len(client.list_targets_for_policy(PolicyId=RCP_FULL)["Targets"]) == 3
    assert refused(client.delete_policy, PolicyId=policy) == ("PolicyInUseException", None)
    client.detach_policy(PolicyId=FULL, TargetId=unit)
    last = ("ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    assert refused(client.detach_policy, **attached) == last
    stays = ("InvalidInputException", "NON_DETACHABLE_POLICY")
    assert refused(client.detach_policy, PolicyId=RCP_FULL, TargetId=unit) == stays
    nowhere = {"PolicyId": policy, "TargetId": "999999999999"}
    assert refused(client.attach_policy, **nowhere) == ("TargetNotFoundException", None)


def test_so_many_may_be_attached(controlled: Org) -> None:
    unit = controlled.unit("Work")
    made = [controlled.policy(f"P{n}", deny("s3:*", **EVERYONE), kind=RCP) for n in range(5)]
    for policy in made[:4]:
        controlled.attach(policy, unit)
    assert refused(controlled.client.attach_policy, PolicyId=made[4], TargetId=unit) == (
        "ConstraintViolationException",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    )


def test_the_policies_of_aws_cannot_be_changed(org: Org) -> None:
    immutable = ("InvalidInputException", "IMMUTABLE_POLICY")
    assert refused(org.client.update_policy, PolicyId=FULL, Name="Mine") == immutable
    assert refused(org.client.delete_policy, PolicyId=RCP_FULL) == immutable
    full = org.client.describe_policy(PolicyId=FULL)["Policy"]
    assert full["PolicySummary"]["AwsManaged"]
    assert full["Content"].startswith('{\n  "Version": "2012-10-17",\n')


def test_policies_need_all_features(orgs: Any) -> None:
    orgs.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    root = orgs.list_roots()["Roots"][0]["Id"]
    unavailable = ("PolicyTypeNotAvailableForOrganizationException", None)
    assert refused(orgs.enable_policy_type, RootId=root, PolicyType=SCP) == unavailable
    asked = {"Type": SCP, "Name": "x", "Description": "", "Content": document(deny("s3:*"))}
    assert refused(orgs.create_policy, **asked) == unavailable


def test_permissions_name_types_and_both_resources(controlled: Org, user: Any) -> None:
    unit, policy = controlled.unit("Work"), controlled.policy("NoBuckets", deny("s3:*"))
    only = {"StringEquals": {"organizations:PolicyType": TAG}}
    tagger = user("tagger", allow("organizations:*", Condition=only))("organizations")
    create_tag = {"Type": TAG, "Name": "t", "Description": "", "Content": '{"tags": {}}'}
    tagger.create_policy(**create_tag)
    tagger.list_policies(Filter=TAG)
    denied = ("AccessDeniedException", None)
    assert refused(tagger.list_policies, Filter=SCP) == denied
    assert refused(tagger.attach_policy, PolicyId=policy, TargetId=unit) == denied
    half = user("half", {**allow("organizations:AttachPolicy"), "Resource": "arn:aws:organizations::*:policy/*"})
    assert refused(half("organizations").attach_policy, PolicyId=policy, TargetId=unit) == denied
    whole = user("whole", {**allow("organizations:AttachPolicy"), "Resource": "arn:aws:organizations::*:*/*"})
    whole("organizations").attach_policy(PolicyId=policy, TargetId=unit)

"""Control policies in force: every level must allow, from the next request on."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.store.change import Change
from iamd.store.kinds.organizations import Member, PolicyAttachment
from tests.live import ACCOUNT
from tests.services.organizations.support import ACCESS_ROLE, Org, allow, deny, document, refused
from tests.services.roles import make_role, permit, trust

FULL = "p-FullAWSAccess"


def message(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as denied:
        call(**parameters)
    return str(denied.value.response["Error"]["Message"])


@pytest.mark.parametrize("level", ["root", "unit", "account"])
def test_a_denial_at_any_level_binds_the_next_request(controlled: Org, admin: Any, level: str) -> None:
    unit = controlled.unit("Work")
    account = controlled.account("ann", unit)
    iam = controlled.enter(admin, account)("iam")
    iam.list_users()
    policy = controlled.policy("NoUsers", deny("iam:ListUsers"))
    target = {"root": controlled.root, "unit": unit, "account": account}[level]
    controlled.attach(policy, target)
    said = message(iam.list_users)
    arn = f"arn:aws:organizations::{ACCOUNT}:policy/{controlled.id}/service_control_policy/{policy}"
    assert f"with an explicit deny in a service control policy: {arn}" in said
    admin("iam").list_users()  # the management account is not bound
    controlled.detach(policy, target)
    iam.list_users()


def test_every_level_must_allow(controlled: Org, admin: Any) -> None:
    unit = controlled.unit("Work")
    iam = controlled.enter(admin, controlled.account("ann", unit))("iam")
    controlled.attach(controlled.policy("OnlyRead", allow("iam:Get*", "iam:List*")), unit)
    iam.create_group(GroupName="still")  # within a level, one of them is enough
    controlled.detach(FULL, unit)
    iam.list_groups()
    said = message(iam.create_group, GroupName="no")
    assert "because no service control policy allows the iam:CreateGroup action" in said


def test_moving_an_account_changes_what_binds_it(controlled: Org, admin: Any) -> None:
    free, bound = controlled.unit("Free"), controlled.unit("Bound")
    controlled.attach(controlled.policy("NoUsers", deny("iam:ListUsers")), bound)
    account = controlled.account("ann", free)
    iam = controlled.enter(admin, account)("iam")
    iam.list_users()
    controlled.move(account, free, bound)
    assert refused(iam.list_users)[0] == "AccessDenied"
    controlled.move(account, bound, free)
    iam.list_users()


def test_changed_content_and_disabled_types_count_at_once(controlled: Org, admin: Any) -> None:
    account = controlled.account("ann")
    iam = controlled.enter(admin, account)("iam")
    policy = controlled.policy("Some", deny("iam:ListUsers"))
    controlled.attach(policy, account)
    assert refused(iam.list_users)[0] == "AccessDenied"
    controlled.client.update_policy(PolicyId=policy, Content=document(deny("iam:ListGroups")))
    iam.list_users()
    assert refused(iam.list_groups)[0] == "AccessDenied"
    controlled.client.disable_policy_type(RootId=controlled.root, PolicyType="SERVICE_CONTROL_POLICY")
    iam.list_groups()


def test_the_root_user_of_a_member_account_is_bound(controlled: Org) -> None:
    key = controlled.server.add_account("210987654321")
    root = controlled.server.client("iam", key)
    root.list_users()
    join(controlled, "210987654321")
    controlled.attach(controlled.policy("NoUsers", deny("iam:ListUsers")), "210987654321")
    assert refused(root.list_users)[0] == "AccessDenied"


def join(org: Org, account: str) -> None:
    """Put an account of the server into the organization, as an accepted invitation does."""

    def work(change: Change) -> None:
        management, member = change.records(ACCOUNT), change.records(account)
        now = management.account.created
        management.members.add(Member(ACCOUNT, account, org.id, org.root, account, "", now, "INVITED"))
        management.policy_attachments.add(PolicyAttachment(ACCOUNT, FULL, account, now))
        member.accounts.replace(member.account, organization=ACCOUNT)

    org.server.run(org.server.realm.store.write(work))


def test_a_resource_control_policy_guards_the_members_roles(controlled: Org, admin: Any) -> None:
    account = controlled.account("ann")
    arn = f"arn:aws:iam::{account}:role/{ACCESS_ROLE}"
    there = controlled.enter(admin, account)
    make_role(there("iam"), "Open", trust({"AWS": ACCOUNT}))
    policy = controlled.policy("Closed", deny("sts:AssumeRole", Principal="*"), kind="RESOURCE_CONTROL_POLICY")
    controlled.attach(policy, controlled.root)
    assert refused(admin("sts").assume_role, RoleArn=arn, RoleSessionName="visit")[0] == "AccessDenied"
    there("iam").list_users()  # of no service under such policies
    make_role(admin("iam"), "Mine", trust({"AWS": ACCOUNT}))
    mine = f"arn:aws:iam::{ACCOUNT}:role/Mine"
    admin("sts").assume_role(RoleArn=mine, RoleSessionName="visit")  # the management account's roles are not bound
    controlled.detach(policy, controlled.root)
    admin("sts").assume_role(RoleArn=arn, RoleSessionName="visit")


def test_rcps_of_the_resources_organization_bind_strangers(controlled: Org, admin: Any) -> None:
    account = controlled.account("ann")
    there = controlled.enter(admin, account)
    stranger = "210987654321"
    iam = controlled.server.client("iam", controlled.server.add_account(stranger))
    iam.create_user(UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=document(allow("sts:AssumeRole")))
    bob = controlled.server.client("sts", iam.create_access_key(UserName="bob")["AccessKey"])
    open_ = make_role(there("iam"), "Open", trust({"AWS": stranger}))
    bob.assume_role(RoleArn=open_, RoleSessionName="visit")
    perimeter = deny(
        "sts:AssumeRole",
        Principal="*",
        Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": controlled.id}},
    )
    controlled.attach(controlled.policy("Perimeter", perimeter, kind="RESOURCE_CONTROL_POLICY"), account)
    assert refused(bob.assume_role, RoleArn=open_, RoleSessionName="visit")[0] == "AccessDenied"
    controlled.enter(admin, account)


@pytest.mark.parametrize(
    ("key", "operator", "template"),
    [
        ("aws:PrincipalOrgID", "StringEquals", "{org}"),
        ("aws:PrincipalOrgPaths", "ForAnyValue:StringEquals", "{org}/{root}/{unit}/"),
        ("aws:PrincipalOrgPaths", "ForAnyValue:StringLike", "{org}/{root}/*"),
        ("aws:ResourceOrgID", "StringEquals", "{org}"),
        ("aws:ResourceOrgPaths", "ForAnyValue:StringEquals", "{org}/{root}/{unit}/"),
    ],
)
def test_condition_keys(org: Org, admin: Any, key: str, operator: str, template: str) -> None:
    unit = org.unit("Work")
    account = org.account("ann", unit)
    there = org.enter(admin, account)
    iam = there("iam")
    value = template.format(org=org.id, root=org.root, unit=unit)
    iam.create_user(UserName="bob")
    statement = allow("iam:ListUsers", Condition={operator: {key: value}})
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=document(statement))
    bob = org.server.client("iam", iam.create_access_key(UserName="bob")["AccessKey"])
    bob.list_users()
    if "Paths" in key and "*" not in value:
        org.move(account, unit, org.root)
        assert refused(bob.list_users)[0] == "AccessDenied"


def test_trust_in_an_organization_reaches_across_its_accounts(org: Org, admin: Any) -> None:
    one, two = org.account("one"), org.account("two")
    condition = {"StringEquals": {"aws:PrincipalOrgID": org.id}}
    arn = make_role(org.enter(admin, two)("iam"), "Shared", trust({"AWS": "*"}, Condition=condition))
    iam = org.enter(admin, one)("iam")
    make_role(iam, "Caller", trust({"AWS": ACCOUNT}))
    permit(iam, "Caller", "sts:AssumeRole")
    caller = f"arn:aws:iam::{one}:role/Caller"
    key = admin("sts").assume_role(RoleArn=caller, RoleSessionName="visit")["Credentials"]
    org.server.client("sts", key).assume_role(RoleArn=arn, RoleSessionName="visit")
    stranger = org.server.add_account("210987654321")
    other = org.server.client("iam", stranger)
    other.create_user(UserName="bob")
    other.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=document(allow("sts:*")))
    bob = org.server.client("sts", other.create_access_key(UserName="bob")["AccessKey"])
    assert refused(bob.assume_role, RoleArn=arn, RoleSessionName="visit")[0] == "AccessDenied"

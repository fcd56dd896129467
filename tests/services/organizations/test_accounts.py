"""Accounts of an organization: real ones, each with its own root user, roles and data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from iamd.store.change import Change
from tests.live import ACCOUNT, Live
from tests.services.organizations.support import ACCESS_ROLE, Org, deny, refused

NOBODY = "999999999999"


def age(server: Live, account: str, by: timedelta) -> None:
    """Make a membership older than it is."""

    def work(change: Change) -> None:
        members = change.records(ACCOUNT).members
        member = members.get(account)
        members.replace(member, joined=member.joined - by)

    server.run(server.realm.store.write(work))


def test_an_account_is_made_in_the_background(org: Org) -> None:
    begun = org.client.create_account(Email="ann@example.com", AccountName="Ann's")["CreateAccountStatus"]
    assert begun["State"] == "IN_PROGRESS"
    done = org.client.describe_create_account_status(CreateAccountRequestId=begun["Id"])["CreateAccountStatus"]
    assert done["State"] == "SUCCEEDED"
    account = org.client.describe_account(AccountId=done["AccountId"])["Account"]
    assert account["Arn"] == f"arn:aws:organizations::{ACCOUNT}:account/{org.id}/{account['Id']}"
    assert (account["Email"], account["Name"], account["JoinedMethod"]) == ("ann@example.com", "Ann's", "CREATED")
    assert (account["Status"], account["State"]) == ("ACTIVE", "ACTIVE")
    assert account["Paths"] == [f"{org.id}/{org.root}/{account['Id']}/"]
    assert {each["Id"] for each in org.client.list_accounts()["Accounts"]} == {ACCOUNT, account["Id"]}
    assert org.client.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"] == [done]
    assert org.client.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"] == []


def test_an_address_is_used_once(org: Org) -> None:
    org.account("ann")
    begun = org.client.create_account(Email="Ann@Example.com", AccountName="Again")["CreateAccountStatus"]
    assert begun["State"] == "IN_PROGRESS"
    done = org.client.describe_create_account_status(CreateAccountRequestId=begun["Id"])["CreateAccountStatus"]
    assert (done["State"], done["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert len(org.client.list_accounts()["Accounts"]) == 2
    unknown = refused(org.client.describe_create_account_status, CreateAccountRequestId="car-1234567890")
    assert unknown[0] == "CreateAccountStatusNotFoundException"


def test_the_management_account_administers_it_by_a_role(org: Org, admin: Any) -> None:
    account = org.account("ann")
    there = org.enter(admin, account)
    assert there("sts").get_caller_identity()["Account"] == account
    names = [role["RoleName"] for role in there("iam").list_roles()["Roles"]]
    assert names == ["AWSServiceRoleForOrganizations", ACCESS_ROLE]
    there("iam").create_user(UserName="bob")
    assert [user["UserName"] for user in admin("iam").list_users()["Users"]] == ["admin"]
    described = there("organizations").describe_organization()["Organization"]
    assert described["MasterAccountId"] == ACCOUNT


def test_the_role_may_have_another_name(org: Org, admin: Any) -> None:
    begun = org.client.create_account(Email="b@example.com", AccountName="B", RoleName="Door")["CreateAccountStatus"]
    done = org.client.describe_create_account_status(CreateAccountRequestId=begun["Id"])["CreateAccountStatus"]
    arn = f"arn:aws:iam::{done['AccountId']}:role/Door"
    admin("sts").assume_role(RoleArn=arn, RoleSessionName="visit")


def test_member_accounts_manage_nothing(org: Org, admin: Any) -> None:
    there = org.enter(admin, org.account("ann"))("organizations")
    denied = ("AccessDeniedException", None)
    assert refused(there.list_accounts) == denied
    assert refused(there.create_organizational_unit, ParentId=org.root, Name="Mine") == denied
    assert refused(there.delete_organization) == denied
    assert refused(there.create_organization) == ("AlreadyInOrganizationException", None)


def test_moving(org: Org) -> None:
    account, work = org.account("ann"), org.unit("Work")
    org.move(account, org.root, work)
    assert [each["Id"] for each in org.client.list_accounts_for_parent(ParentId=work)["Accounts"]] == [account]
    nowhere = f"ou-{org.root[2:]}-12345678"
    for source, destination, code in (
        (org.root, work, "SourceParentNotFoundException"),
        (work, nowhere, "DestinationParentNotFoundException"),
        (work, work, "DuplicateAccountException"),
    ):
        asked = {"AccountId": account, "SourceParentId": source, "DestinationParentId": destination}
        assert refused(org.client.move_account, **asked)[0] == code
    asked = {"AccountId": NOBODY, "SourceParentId": org.root, "DestinationParentId": work}
    assert refused(org.client.move_account, **asked)[0] == "AccountNotFoundException"


def test_moving_takes_permission_at_both_ends(org: Org, user: Any) -> None:
    account, work, play = org.account("ann"), org.unit("Work"), org.unit("Play")
    prefix = f"arn:aws:organizations::{ACCOUNT}"
    allowed = [f"{prefix}:account/*", f"{prefix}:root/*", f"{prefix}:ou/{org.id}/{work}"]
    eve = user("eve", {"Effect": "Allow", "Action": "organizations:MoveAccount", "Resource": allowed})("organizations")
    asked = {"AccountId": account, "SourceParentId": org.root}
    assert refused(eve.move_account, **asked, DestinationParentId=play)[0] == "AccessDeniedException"
    eve.move_account(**asked, DestinationParentId=work)


def test_a_closed_account_lets_nobody_in(org: Org, admin: Any) -> None:
    account = org.account("ann")
    there = org.enter(admin, account)
    org.client.close_account(AccountId=account)
    assert refused(there("iam").list_users)[0] == "InvalidClientTokenId"
    closed = org.client.describe_account(AccountId=account)["Account"]
    assert (closed["Status"], closed["State"]) == ("SUSPENDED", "CLOSED")
    assert refused(org.client.close_account, AccountId=account)[0] == "AccountAlreadyClosedException"
    assert refused(org.client.close_account, AccountId=ACCOUNT)[1] == "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"


@pytest.mark.parametrize("own_will", [True, False])
def test_leaving(org: Org, admin: Any, own_will: bool) -> None:
    account = org.account("ann")
    there = org.enter(admin, account)("organizations")

    def leave() -> None:
        if own_will:
            there.leave_organization()
        else:
            org.client.remove_account_from_organization(AccountId=account)

    assert refused(leave) == ("ConstraintViolationException", "WAIT_PERIOD_ACTIVE")
    age(org.server, account, timedelta(days=4))
    assert refused(org.client.delete_organization)[0] == "OrganizationNotEmptyException"
    leave()
    assert refused(there.describe_organization)[0] == "AWSOrganizationsNotInUseException"
    assert [each["Id"] for each in org.client.list_accounts()["Accounts"]] == [ACCOUNT]
    org.client.delete_organization()


def test_the_management_account_stays(org: Org) -> None:
    stays = ("MasterCannotLeaveOrganizationException", None)
    assert refused(org.client.leave_organization) == stays
    assert refused(org.client.remove_account_from_organization, AccountId=ACCOUNT) == stays


def test_tags_of_a_new_account_take_permission(org: Org, user: Any) -> None:
    create = {"Effect": "Allow", "Action": "organizations:CreateAccount", "Resource": "*"}
    eve = user("eve", create)("organizations")
    asked = {"Email": "new@example.com", "AccountName": "new", "Tags": [{"Key": "team", "Value": "blue"}]}
    assert refused(eve.create_account, **asked)[0] == "AccessDeniedException"
    tag = {"Effect": "Allow", "Action": "organizations:TagResource", "Resource": "*"}
    both = user("both", create, tag)("organizations")
    both.create_account(**asked)


def test_who_leaves_leaves_its_policies(controlled: Org) -> None:
    account = controlled.account("ann")
    policy = controlled.policy("NoBuckets", deny("s3:*"))
    controlled.attach(policy, account)
    age(controlled.server, account, timedelta(days=4))
    controlled.client.remove_account_from_organization(AccountId=account)
    assert controlled.client.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    controlled.client.delete_policy(PolicyId=policy)


def test_a_delegated_administrator_reads_and_stays(org: Org, admin: Any) -> None:
    account = org.account("ann")
    org.client.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    org.client.register_delegated_administrator(AccountId=account, ServicePrincipal="iam.amazonaws.com")
    there = org.enter(admin, account)("organizations")
    assert len(there.list_accounts()["Accounts"]) == 2
    assert there.list_roots()["Roots"][0]["Id"] == org.root
    assert refused(there.create_organizational_unit, ParentId=org.root, Name="Mine")[0] == "AccessDeniedException"
    age(org.server, account, timedelta(days=4))
    assert refused(there.leave_organization)[1] == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"

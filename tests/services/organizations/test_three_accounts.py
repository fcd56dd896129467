"""Three accounts under one roof, as their people would use them: a shop, its partner, and the account that manages both.

Each step is allowed only as long as all of the parties allow it that AWS asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.services.organizations.support import ACCESS_ROLE, Org, allow, deny, document, refused
from tests.services.roles import make_role, role_arn, trust, user_arn

Clients = Callable[[str], Any]
DENIED = "AccessDenied"
STRANGER = "210987654321"


@dataclass
class House:
    """The organization, with clients of an administrator of each account; `pat` is a user of the partner's."""

    org: Org
    admin: Clients
    work: str
    shop: str
    partner: str
    in_shop: Clients
    in_partner: Clients
    pat: Clients


@pytest.fixture
def house(controlled: Org, admin: Clients) -> House:
    work = controlled.unit("Work")
    shop, partner = controlled.account("shop", work), controlled.account("partner")
    in_shop, in_partner = controlled.enter(admin, shop), controlled.enter(admin, partner)
    pat = with_user(controlled, in_partner("iam"), "pat", allow("sts:AssumeRole", "iam:List*"))
    return House(controlled, admin, work, shop, partner, in_shop, in_partner, pat)


def with_user(org: Org, iam: Any, name: str, *statements: dict[str, Any]) -> Clients:
    """Make a user, and clients with its key."""
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return lambda service: org.server.client(service, key)


def test_a_role_for_the_partner_asks_for_an_external_id(house: House) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "shop-17"}}
    iam, sts = house.in_shop("iam"), house.pat("sts")
    arn = make_role(iam, "Orders", trust({"AWS": house.partner}, Condition=condition))
    enter = {"RoleArn": arn, "RoleSessionName": "pat"}
    assert refused(sts.assume_role, **enter)[0] == DENIED
    assert refused(sts.assume_role, **enter, ExternalId="shop-18")[0] == DENIED
    session = house.org.server.client("iam", sts.assume_role(**enter, ExternalId="shop-17")["Credentials"])
    assert refused(session.list_users)[0] == DENIED  # the role allows nothing, whatever pat may at home
    iam.put_role_policy(RoleName="Orders", PolicyName="own", PolicyDocument=document(allow("iam:ListUsers")))
    assert session.list_users()["Users"] == []  # the shop's: pat is the partner's
    assert [each["UserName"] for each in house.pat("iam").list_users()["Users"]] == ["pat"]
    house.in_partner("iam").delete_user_policy(UserName="pat", PolicyName="own")
    assert refused(sts.assume_role, **enter, ExternalId="shop-17")[0] == DENIED  # the partner's own side is missing
    stranger = house.org.server.add_account(STRANGER)
    bob = with_user(house.org, house.org.server.client("iam", stranger), "bob", allow("sts:*"))
    assert refused(bob("sts").assume_role, **enter, ExternalId="shop-17")[0] == DENIED


def test_a_bucket_of_the_shop_opens_to_the_partner_when_both_allow(house: House) -> None:
    bucket, pat = "arn:aws:s3:::orders/today.csv", user_arn("pat", house.partner)

    def decision(mine: dict[str, Any], theirs: dict[str, Any]) -> str:
        result = house.in_partner("iam").simulate_custom_policy(
            PolicyInputList=[document(mine)],
            ActionNames=["s3:GetObject"],
            ResourceArns=[bucket],
            ResourcePolicy=document({**theirs, "Resource": bucket}),
            ResourceOwner=f"arn:aws:iam::{house.shop}:root",
            CallerArn=pat,
        )
        return str(result["EvaluationResults"][0]["EvalDecision"])

    ours, open_ = allow("s3:GetObject"), allow("s3:GetObject", Principal={"AWS": house.partner})
    assert decision(ours, open_) == "allowed"
    assert decision(allow("s3:PutObject"), open_) == "implicitDeny"
    assert decision(ours, allow("s3:GetObject", Principal={"AWS": house.shop})) == "implicitDeny"
    assert decision(ours, deny("s3:GetObject", Principal="*")) == "explicitDeny"


def test_every_level_adds_its_denial(house: House) -> None:
    iam, elsewhere = house.in_shop("iam"), house.in_partner("iam")
    calls = {"root": "list_users", "unit": "list_groups", "account": "list_roles"}
    targets = {"root": house.org.root, "unit": house.work, "account": house.shop}
    actions = {"root": "iam:ListUsers", "unit": "iam:ListGroups", "account": "iam:ListRoles"}
    for level, target in targets.items():
        getattr(iam, calls[level])()
        house.org.attach(house.org.policy(f"No-{level}", deny(actions[level])), target)
    for call in calls.values():
        assert refused(getattr(iam, call))[0] == DENIED
    assert refused(elsewhere.list_users)[0] == DENIED  # the root is above the partner, too
    elsewhere.list_groups()
    elsewhere.list_roles()
    for call in calls.values():
        getattr(house.admin("iam"), call)()  # the management account is bound by none
    house.org.move(house.shop, house.work, house.org.root)
    iam.list_groups()


def test_roles_stay_in_the_organization(house: House) -> None:
    stranger = house.org.server.client("iam", house.org.server.add_account(STRANGER))
    bob = with_user(house.org, stranger, "bob", allow("sts:AssumeRole"))("sts").assume_role
    pat = house.pat("sts").assume_role
    role = {"RoleArn": make_role(house.in_shop("iam"), "Open", trust({"AWS": [house.partner, STRANGER]}))}
    for assume in (bob, pat):
        assume(**role, RoleSessionName="before")
    condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": house.org.id}}
    perimeter = deny("sts:AssumeRole", Principal="*", Condition=condition)
    house.org.attach(house.org.policy("Perimeter", perimeter, kind="RESOURCE_CONTROL_POLICY"), house.work)
    assert refused(bob, **role, RoleSessionName="after")[0] == DENIED
    pat(**role, RoleSessionName="after")
    stranger_to_us = {"RoleArn": make_role(stranger, "Theirs", trust({"AWS": house.partner}))}
    pat(**stranger_to_us, RoleSessionName="out")  # the shop's policies are about the shop's roles


def test_the_partner_administers_a_service(house: House) -> None:
    service = "iam.amazonaws.com"
    there = house.in_partner("organizations")
    names = {"Accounts": "list_accounts", "Roots": "list_roots"}
    for call in names.values():
        assert refused(getattr(there, call))[0] == "AccessDeniedException"
    house.org.client.enable_aws_service_access(ServicePrincipal=service)
    house.org.client.register_delegated_administrator(AccountId=house.partner, ServicePrincipal=service)
    assert {each["Id"] for each in there.list_accounts()["Accounts"]} >= {house.shop, house.partner}
    assert refused(house.in_shop("organizations").list_accounts)[0] == "AccessDeniedException"
    assert refused(there.create_organizational_unit, ParentId=house.org.root, Name="Mine")[0] == "AccessDeniedException"
    assert refused(there.close_account, AccountId=house.shop)[0] == "AccessDeniedException"
    house.org.attach(house.org.policy("Blind", deny("organizations:ListAccounts")), house.partner)
    assert refused(there.list_accounts)[0] == "AccessDeniedException"  # an administrator is bound like any member
    there.list_roots()
    house.org.client.deregister_delegated_administrator(AccountId=house.partner, ServicePrincipal=service)
    assert refused(there.list_roots)[0] == "AccessDeniedException"


def test_who_may_not_leave_does_not_leave_by_joining_another(house: House) -> None:
    away = house.org.server.client("organizations", house.org.server.add_account(STRANGER))
    guest = "333333333333"
    there = house.org.server.client("organizations", house.org.server.add_account(guest))
    target = {"Id": guest, "Type": "ACCOUNT"}
    there.accept_handshake(
        HandshakeId=house.org.client.invite_account_to_organization(Target=target)["Handshake"]["Id"]
    )
    away.create_organization()
    asked = {"HandshakeId": away.invite_account_to_organization(Target=target)["Handshake"]["Id"]}
    stay = house.org.policy("Stay", deny("organizations:LeaveOrganization"))
    house.org.attach(stay, guest)
    assert refused(there.leave_organization)[0] == "AccessDeniedException"
    assert refused(there.accept_handshake, **asked)[0] == "AccessDeniedException"
    assert away.describe_handshake(**asked)["Handshake"]["State"] == "OPEN"
    assert there.describe_organization()["Organization"]["Id"] == house.org.id
    house.org.detach(stay, guest)
    there.accept_handshake(**asked)
    assert there.describe_organization()["Organization"]["Id"] != house.org.id


def test_who_locks_everybody_out_can_let_them_in_again(house: House) -> None:
    lock = house.org.policy("Lock", deny("*"))
    house.org.attach(lock, house.org.root)
    assert refused(house.in_shop("iam").list_users)[0] == DENIED
    assert refused(house.pat("iam").list_users)[0] == DENIED
    assert refused(house.in_partner("organizations").leave_organization)[0] == "AccessDeniedException"
    again = house.org.enter(house.admin, house.shop)  # the role's trust is not bound, what the role does is
    assert refused(again("iam").list_users)[0] == DENIED
    unlocked = house.admin("organizations")
    unlocked.detach_policy(PolicyId=lock, TargetId=house.org.root)
    house.in_shop("iam").list_users()
    house.pat("iam").list_users()


def test_nothing_is_left_of_a_partner_that_is_closed(house: House) -> None:
    arn = make_role(house.in_shop("iam"), "Orders", trust({"AWS": house.partner}))
    enter = {"RoleArn": arn, "RoleSessionName": "pat"}
    session = house.org.server.client("sts", house.pat("sts").assume_role(**enter)["Credentials"])
    house.org.client.close_account(AccountId=house.partner)
    assert refused(house.pat("sts").assume_role, **enter)[0] in ("InvalidClientTokenId", DENIED)
    assert refused(house.in_partner("iam").list_users)[0] in ("InvalidClientTokenId", DENIED)
    assert session.get_caller_identity()["Account"] == house.shop  # a session of the shop's role, until it expires
    role = role_arn(ACCESS_ROLE, house.partner)
    assert refused(house.admin("sts").assume_role, RoleArn=role, RoleSessionName="visit")[0] == DENIED

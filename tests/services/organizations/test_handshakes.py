"""Invitations and other handshakes, from both sides, with two organizations where it takes two."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from iamd.store.change import Change
from tests.live import ACCOUNT, Live
from tests.services.organizations.support import Org, deny, refused
from tests.services.organizations.test_accounts import age

NOTED = "This is a request for your account to join."


def stand_alone(server: Live, org: Org, admin: Any, name: str) -> tuple[str, Any]:
    """An account in no organization, and a way into it that survives its leaving: a user's keys."""
    account = org.account(name)
    there = org.enter(admin, account)("iam")
    there.create_user(UserName="root-like")
    there.attach_user_policy(UserName="root-like", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = there.create_access_key(UserName="root-like")["AccessKey"]
    age(server, account, timedelta(days=4))
    org.client.remove_account_from_organization(AccountId=account)
    return account, lambda service: server.client(service, key)


@pytest.fixture
def guest(server: Live, org: Org, admin: Any) -> tuple[str, Any]:
    return stand_alone(server, org, admin, "guest")


def invite(org: Org, account: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = org.client.invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"}, **more)[
        "Handshake"
    ]
    return made


def pass_time(server: Live, by: timedelta) -> None:
    """Let every handshake have been made, and ended, that much earlier."""

    def work(change: Change) -> None:
        handshakes = change.records(ACCOUNT).handshakes
        for each in list(handshakes):
            moved = {name: getattr(each, name) for name in ("requested", "expires", "ended")}
            handshakes.replace(each, **{name: at and at - by for name, at in moved.items()})

    server.run(server.realm.store.write(work))


def test_an_account_is_invited_and_joins(org: Org, guest: tuple[str, Any], admin: Any) -> None:
    account, into = guest
    asked = invite(org, account, Notes=NOTED, Tags=[{"Key": "team", "Value": "x"}])
    there = into("organizations")
    got = there.list_handshakes_for_account()["Handshakes"]
    assert [each["Id"] for each in got] == [asked["Id"]]
    assert asked["Arn"] == f"arn:aws:organizations::{ACCOUNT}:handshake/{org.id}/invite/{asked['Id']}"
    assert (asked["State"], asked["Action"]) == ("OPEN", "INVITE")
    assert asked["Parties"] == [
        {"Id": org.id.removeprefix("o-"), "Type": "ORGANIZATION"},
        {"Id": account, "Type": "ACCOUNT"},
    ]
    assert asked["ExpirationTimestamp"] - asked["RequestedTimestamp"] == timedelta(days=15)
    about = {each["Type"]: each for each in asked["Resources"]}
    assert {"Type": "ORGANIZATION_FEATURE_SET", "Value": "ALL"} in about["ORGANIZATION"]["Resources"]
    assert (about["ORGANIZATION"]["Value"], about["NOTES"]["Value"]) == (org.id, NOTED)
    assert there.accept_handshake(HandshakeId=asked["Id"])["Handshake"]["State"] == "ACCEPTED"
    joined = org.client.describe_account(AccountId=account)["Account"]
    assert (joined["JoinedMethod"], joined["Name"], joined["Email"]) == ("INVITED", "guest", "guest@example.com")
    assert org.client.list_tags_for_resource(ResourceId=account)["Tags"] == [{"Key": "team", "Value": "x"}]
    assert there.describe_organization()["Organization"]["Id"] == org.id
    assert there.describe_handshake(HandshakeId=asked["Id"])["Handshake"]["State"] == "ACCEPTED"


def test_what_binds_the_root_binds_who_joins(controlled: Org, admin: Any) -> None:
    account, into = stand_alone(controlled.server, controlled, admin, "guest")
    asked = controlled.client.invite_account_to_organization(Target={"Id": "Guest@example.com", "Type": "EMAIL"})
    asked = asked["Handshake"]
    assert asked["Parties"][1] == {"Id": "Guest@example.com", "Type": "EMAIL"}
    into("iam").list_roles()
    controlled.attach(controlled.policy("no-roles", deny("iam:ListRoles")), controlled.root)
    into("iam").list_roles()
    into("organizations").accept_handshake(HandshakeId=asked["Id"])
    assert refused(into("iam").list_roles)[0] == "AccessDenied"
    listed = controlled.client.list_policies_for_target(TargetId=account, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert [each["Name"] for each in listed] == ["FullAWSAccess"]


def test_each_side_has_its_part(org: Org, guest: tuple[str, Any], admin: Any) -> None:
    account, into = guest
    there, third = into("organizations"), org.enter(admin, org.account("third"))("organizations")
    id = {"HandshakeId": invite(org, account)["Id"]}
    assert refused(org.client.accept_handshake, **id)[0] == "AccessDeniedException"
    assert refused(org.client.decline_handshake, **id)[0] == "AccessDeniedException"
    assert refused(there.cancel_handshake, **id)[0] == "AccessDeniedException"
    for call in (third.accept_handshake, third.cancel_handshake, third.describe_handshake):
        assert refused(call, **id)[0] == "HandshakeNotFoundException"
    assert refused(there.describe_handshake, HandshakeId="h-1234567890")[0] == "HandshakeNotFoundException"
    assert refused(invite, org=org, account=account)[0] == "DuplicateHandshakeException"
    assert there.decline_handshake(**id)["Handshake"]["State"] == "DECLINED"
    assert invite(org, account)["Id"] != id["HandshakeId"]


def test_a_handshake_is_used_once(org: Org, guest: tuple[str, Any]) -> None:
    account, into = guest
    there, asked = into("organizations"), invite(org, account)
    id = {"HandshakeId": asked["Id"]}
    assert org.client.cancel_handshake(**id)["Handshake"]["State"] == "CANCELED"
    assert refused(org.client.cancel_handshake, **id)[0] == "HandshakeAlreadyInStateException"
    assert refused(there.accept_handshake, **id)[0] == "InvalidHandshakeTransitionException"
    id = {"HandshakeId": invite(org, account)["Id"]}
    there.accept_handshake(**id)
    assert refused(there.accept_handshake, **id)[0] == "HandshakeAlreadyInStateException"
    assert refused(there.decline_handshake, **id)[0] == "InvalidHandshakeTransitionException"
    assert refused(invite, org=org, account=account) == (
        "HandshakeConstraintViolationException",
        "ALREADY_IN_AN_ORGANIZATION",
    )


def test_it_expires_and_is_forgotten(org: Org, guest: tuple[str, Any]) -> None:
    account, into = guest
    there, asked = into("organizations"), invite(org, account)
    pass_time(org.server, timedelta(days=15))
    assert there.list_handshakes_for_account()["Handshakes"][0]["State"] == "EXPIRED"
    assert refused(there.accept_handshake, HandshakeId=asked["Id"])[0] == "InvalidHandshakeTransitionException"
    invite(org, account)
    pass_time(org.server, timedelta(days=30))
    assert [each["State"] for each in there.list_handshakes_for_account()["Handshakes"]] == ["EXPIRED"]
    assert len(org.client.list_handshakes_for_organization()["Handshakes"]) == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"Id": "nobody@example.com", "Type": "EMAIL"}, "INVALID_EMAIL_ADDRESS_TARGET"),
        ({"Id": "999999999999", "Type": "ACCOUNT"}, "TARGET_NOT_SUPPORTED"),
        ({"Id": "o-1234567890", "Type": "ORGANIZATION"}, "INVALID_PARTY_TYPE_TARGET"),
        ({"Id": ACCOUNT, "Type": "NOBODY"}, "INVALID_ENUM:TYPE"),
    ],
)
def test_who_cannot_answer_is_not_invited(org: Org, target: dict[str, str], reason: str) -> None:
    answer = refused(org.client.invite_account_to_organization, Target=target)
    assert answer == ("InvalidInputException", reason)


def test_a_closed_account_is_not_invited(org: Org, server: Live, admin: Any) -> None:
    _, other = stand_alone(server, org, admin, "founder")
    closed = org.account("closed")
    org.client.close_account(AccountId=closed)
    other("organizations").create_organization(FeatureSet="ALL")
    target = {"Id": closed, "Type": "ACCOUNT"}
    answer = refused(other("organizations").invite_account_to_organization, Target=target)
    assert answer == ("InvalidInputException", "TARGET_NOT_SUPPORTED")


def test_a_member_may_change_the_organization(org: Org, server: Live, admin: Any) -> None:
    (founder, other), (mover, into) = (stand_alone(server, org, admin, name) for name in ("founder", "mover"))
    other("organizations").create_organization(FeatureSet="ALL")
    theirs = other("organizations").describe_organization()["Organization"]["Id"]
    there = into("organizations")
    there.accept_handshake(HandshakeId=invite(org, mover)["Id"])
    target = {"Id": mover, "Type": "ACCOUNT"}
    asked = other("organizations").invite_account_to_organization(Target=target)["Handshake"]
    there.accept_handshake(HandshakeId=asked["Id"])
    assert there.describe_organization()["Organization"]["Id"] == theirs
    assert refused(org.client.describe_account, AccountId=mover)[0] == "AccountNotFoundException"
    stays = invite(org, founder)["Id"]
    answer = refused(other("organizations").accept_handshake, HandshakeId=stays)
    assert answer[0] == "MasterCannotLeaveOrganizationException"
    assert org.client.describe_handshake(HandshakeId=stays)["Handshake"]["State"] == "OPEN"


def test_lists_are_filtered(org: Org, guest: tuple[str, Any]) -> None:
    invite(org, guest[0])
    listing = org.client.list_handshakes_for_organization
    assert len(listing(Filter={"ActionType": "INVITE"})["Handshakes"]) == 1
    assert listing(Filter={"ActionType": "ENABLE_ALL_FEATURES"})["Handshakes"] == []
    assert listing(Filter={"ParentHandshakeId": "h-1234567890"})["Handshakes"] == []
    both = refused(listing, Filter={"ActionType": "INVITE", "ParentHandshakeId": "h-1234567890"})
    assert both == ("InvalidInputException", "MAX_LIMIT_EXCEEDED_FILTER")


def test_all_features_need_every_guests_approval(server: Live, org: Org, guest: tuple[str, Any], admin: Any) -> None:
    account, into = guest
    org.client.delete_organization()
    org.client.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    created = org.account("created")
    into("organizations").accept_handshake(HandshakeId=invite(org, account)["Id"])
    whole = org.client.enable_all_features()["Handshake"]
    assert (whole["State"], whole["Action"], len(whole["Parties"])) == ("REQUESTED", "ENABLE_ALL_FEATURES", 1)
    again = refused(org.client.enable_all_features)
    assert again == ("HandshakeConstraintViolationException", "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION")
    assert refused(org.client.accept_handshake, HandshakeId=whole["Id"])[0] == "InvalidHandshakeTransitionException"
    children = {"ParentHandshakeId": whole["Id"]}
    (child,) = org.client.list_handshakes_for_organization(Filter=children)["Handshakes"]
    assert (child["Action"], child["Parties"][1]["Id"]) == ("APPROVE_ALL_FEATURES", account)
    assert created not in str(child)
    into("organizations").accept_handshake(HandshakeId=child["Id"])
    assert org.client.describe_handshake(HandshakeId=whole["Id"])["Handshake"]["State"] == "OPEN"
    org.client.accept_handshake(HandshakeId=whole["Id"])
    assert org.client.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    done = refused(org.client.enable_all_features)
    assert done == ("HandshakeConstraintViolationException", "ORGANIZATION_ALREADY_HAS_ALL_FEATURES")


def test_no_invitations_while_features_are_enabled(org: Org, guest: tuple[str, Any], admin: Any) -> None:
    account, into = guest
    org.client.delete_organization()
    org.client.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    into("organizations").accept_handshake(HandshakeId=invite(org, account)["Id"])
    whole = org.client.enable_all_features()["Handshake"]
    answer = refused(invite, org=org, account=ACCOUNT)
    assert answer[1] == "ALREADY_IN_AN_ORGANIZATION"
    org.client.cancel_handshake(HandshakeId=whole["Id"])
    approvals = into("organizations").list_handshakes_for_account(Filter={"ActionType": "APPROVE_ALL_FEATURES"})
    assert [each["State"] for each in approvals["Handshakes"]] == ["CANCELED"]
    into("organizations").leave_organization()
    org.client.enable_all_features()
    answer = refused(invite, org=org, account=account)
    assert answer[1] == "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"


def test_an_organization_takes_its_handshakes_along(org: Org, guest: tuple[str, Any]) -> None:
    account, into = guest
    invite(org, account)
    org.client.delete_organization()
    assert into("organizations").list_handshakes_for_account()["Handshakes"] == []


def test_government_accounts_need_one(org: Org) -> None:
    answer = refused(org.client.create_gov_cloud_account, Email="a@example.com", AccountName="a")
    assert answer == ("ConstraintViolationException", "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED")

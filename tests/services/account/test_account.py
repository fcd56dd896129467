"""The Account service: an account about itself, and the management account about its members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.iam.support import refused
from tests.services.organizations.support import Org, allow

CONTACT = {
    "FullName": "Änn",
    "AddressLine1": "1 Main St",
    "City": "Town",
    "PostalCode": "12345",
    "CountryCode": "US",
    "PhoneNumber": "+1 555 0100",
}
SECURITY = {
    "AlternateContactType": "SECURITY",
    "Name": "Bob",
    "Title": "CISO",
    "EmailAddress": "bob@example.com",
    "PhoneNumber": "+1 555 0101",
}


@pytest.fixture
def account(root: Callable[[str], Any]) -> Any:
    return root("account")


@pytest.fixture
def org(server: Live) -> Org:
    client = server.client("organizations")
    made = client.create_organization(FeatureSet="ALL")["Organization"]
    client.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    return Org(server, client, made["Id"], client.list_roots()["Roots"][0]["Id"])


def test_contacts_are_put_told_and_deleted(account: Any) -> None:
    assert refused(account.get_contact_information)[0] == "ResourceNotFoundException"
    for name in ("Änn", "Zoë"):
        account.put_contact_information(ContactInformation={**CONTACT, "FullName": name})
    assert account.get_contact_information()["ContactInformation"]["FullName"] == "Zoë"
    assert refused(account.get_alternate_contact, AlternateContactType="SECURITY")[0] == "ResourceNotFoundException"
    account.put_alternate_contact(**SECURITY)
    account.put_alternate_contact(**{**SECURITY, "Name": "Eve"})
    assert account.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"]["Name"] == "Eve"
    account.delete_alternate_contact(AlternateContactType="SECURITY")
    assert account.send_phone_number_verification()["Status"] == "NOT_SUPPORTED"
    assert refused(account.verify_phone_number, Otp="123456")[0] == "ResourceNotFoundException"
    gone = refused(account.delete_alternate_contact, AlternateContactType="SECURITY")
    assert gone[0] == "ResourceNotFoundException"
    assert refused(account.put_alternate_contact, **{**SECURITY, "EmailAddress": "bob"})[0] == "ValidationException"


def test_regions_are_opted_in_to(account: Any) -> None:
    status = account.get_region_opt_status
    assert status(RegionName="us-east-1")["RegionOptStatus"] == "ENABLED_BY_DEFAULT"
    assert status(RegionName="af-south-1")["RegionOptStatus"] == "DISABLED"
    account.enable_region(RegionName="af-south-1")
    account.enable_region(RegionName="af-south-1")
    assert status(RegionName="af-south-1")["RegionOptStatus"] == "ENABLED"
    listed = account.list_regions(RegionOptStatusContains=["ENABLED"])["Regions"]
    assert listed == [{"RegionName": "af-south-1", "RegionOptStatus": "ENABLED"}]
    pages = account.get_paginator("list_regions").paginate(MaxResults=7)
    names = [each["RegionName"] for page in pages for each in page["Regions"]]
    assert names == sorted(set(names))
    assert {"us-east-1", "af-south-1", "eu-central-1"} <= set(names)
    account.disable_region(RegionName="af-south-1")
    assert status(RegionName="af-south-1")["RegionOptStatus"] == "DISABLED"
    for name in ("us-east-1", "mars-north-1"):
        assert refused(account.disable_region, RegionName=name)[0] == "ValidationException"
    assert refused(account.list_regions, NextToken="?")[0] == "ValidationException"


def test_an_account_is_renamed(account: Any, server: Live) -> None:
    account.put_account_name(AccountName="New")
    told = account.get_account_information()
    assert (told["AccountId"], told["AccountName"], told["AccountState"]) == (ACCOUNT, "New", "ACTIVE")
    assert refused(account.get_gov_cloud_account_information)[0] == "ResourceNotFoundException"


def test_the_management_account_looks_after_members(org: Org, account: Any) -> None:
    dev = org.account("dev")
    account.put_account_name(AccountId=dev, AccountName="Renamed")
    assert org.client.describe_account(AccountId=dev)["Account"]["Name"] == "Renamed"
    account.put_alternate_contact(AccountId=dev, **SECURITY)
    assert account.get_alternate_contact(AccountId=dev, AlternateContactType="SECURITY")["AlternateContact"]
    assert refused(account.get_alternate_contact, AlternateContactType="SECURITY")[0] == "ResourceNotFoundException"
    assert account.get_primary_email(AccountId=dev)["PrimaryEmail"] == "dev@example.com"
    for other in (ACCOUNT, "999999999999"):
        assert refused(account.get_account_information, AccountId=other)[0] == "AccessDeniedException"


def test_members_look_after_themselves_and_delegates_after_all(org: Org, account: Any, user: Any) -> None:
    admin = user("admin", allow("*"))
    dev, prod = org.account("dev"), org.account("prod")
    there = org.enter(admin, dev)("account")
    there.put_contact_information(ContactInformation=CONTACT)
    assert account.get_contact_information(AccountId=dev)["ContactInformation"] == CONTACT
    assert refused(there.get_account_information, AccountId=prod)[0] == "AccessDeniedException"
    org.client.register_delegated_administrator(AccountId=dev, ServicePrincipal="account.amazonaws.com")
    assert there.get_account_information(AccountId=prod)["AccountName"] == "prod"
    org.client.deregister_delegated_administrator(AccountId=dev, ServicePrincipal="account.amazonaws.com")
    org.client.disable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    assert refused(account.get_account_information, AccountId=dev)[0] == "AccessDeniedException"


def test_policies_decide_by_region_type_and_account(org: Org, user: Any) -> None:
    dev = org.account("dev")
    own, its = f"arn:aws:account::{ACCOUNT}:account", f"arn:aws:account::{ACCOUNT}:account/{org.id}/{dev}"
    keys = {"account:TargetRegion": "af-south-1"}
    eve = user(
        "eve",
        {"Effect": "Allow", "Action": "account:EnableRegion", "Resource": own, "Condition": {"StringEquals": keys}},
        {
            "Effect": "Allow",
            "Action": "account:PutAlternateContact",
            "Resource": its,
            "Condition": {"ForAllValues:StringEquals": {"account:AlternateContactTypes": ["SECURITY"]}},
        },
    )("account")
    eve.enable_region(RegionName="af-south-1")
    assert refused(eve.enable_region, RegionName="me-south-1")[0] == "AccessDeniedException"
    eve.put_alternate_contact(AccountId=dev, **SECURITY)
    assert refused(eve.put_alternate_contact, **SECURITY)[0] == "AccessDeniedException"
    billing = {**SECURITY, "AlternateContactType": "BILLING"}
    assert refused(eve.put_alternate_contact, AccountId=dev, **billing)[0] == "AccessDeniedException"


def test_a_new_address_is_confirmed_by_a_code(org: Org, account: Any, server: Live) -> None:
    dev, new = org.account("dev"), "new@example.com"
    about = {"AccountId": dev, "PrimaryEmail": new}
    assert refused(account.get_primary_email_update_status, AccountId=dev)[0] == "ResourceNotFoundException"
    assert refused(account.accept_primary_email_update, **about, Otp="abc123")[0] == "ResourceNotFoundException"
    taken = refused(account.start_primary_email_update, AccountId=dev, PrimaryEmail="DEV@example.com")
    assert taken[0] == "ConflictException"
    assert account.start_primary_email_update(**about)["Status"] == "PENDING"
    assert refused(account.accept_primary_email_update, **about, Otp="!wrong")[0] == "ValidationException"
    assert refused(account.accept_primary_email_update, **about, Otp="000000")[0] == "ValidationException"
    update = server.run(server.realm.store.load(dev)).email_updates.get(dev)
    code = server.realm.sealer.open(update.sealed_code, dev.encode()).decode()
    assert code not in repr(update)
    other = {**about, "PrimaryEmail": "other@example.com"}
    assert refused(account.accept_primary_email_update, **other, Otp=code)[0] == "ResourceNotFoundException"
    assert account.accept_primary_email_update(**about, Otp=code)["Status"] == "ACCEPTED"
    assert account.get_primary_email_update_status(AccountId=dev)["Status"] == "COMPLETED"
    assert account.get_primary_email(AccountId=dev)["PrimaryEmail"] == new
    assert org.client.describe_account(AccountId=dev)["Account"]["Email"] == new
    assert refused(account.accept_primary_email_update, **about, Otp=code)[0] == "ResourceNotFoundException"

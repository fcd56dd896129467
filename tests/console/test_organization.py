"""The pages of the organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.people import Person
from tests.console.test_policies import write
from tests.live import ACCOUNT

DENIES = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}}'


@pytest.fixture
def organizations(root: Callable[[str], Any]) -> Any:
    client = root("organizations")
    client.create_organization(FeatureSet="ALL")
    return client


def chosen(page: Page, name: str, action: str) -> None:
    """An action of the menu, on one part of the tree."""
    page.get_by_role("radio", name=f"Select {name}").check()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name=action).click()


def test_an_organization_is_founded_with_units_and_accounts(person: Person, root: Callable[[str], Any]) -> None:
    page = person.at("/organization")
    expect(page.get_by_text("This account is in no organization")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Create organization").click()
    person.told("The organization has been created.")
    dialog = page.get_by_role("dialog")
    page.get_by_role("radio", name="Select Root").check()
    page.get_by_role("button", name="Create organizational unit").click()
    dialog.get_by_label("Name").fill("Production")
    dialog.get_by_role("button", name="Create organizational unit").click()
    person.told("Organizational unit Production has been created.")
    chosen(page, "Production", "Create account")
    dialog.get_by_label("Name").fill("shop")
    dialog.get_by_label("E-mail address").fill("shop@example.com")
    dialog.get_by_role("button", name="Create account").click()
    person.told("Account shop has been created.")
    expect(page.get_by_role("row", name="shop")).to_have_attribute("aria-level", "3")
    person.looks_right()
    chosen(page, "shop", "Move")
    dialog.get_by_role("button", name="To").click()
    page.get_by_role("option", name="Root").click()
    dialog.get_by_role("button", name="Move").click()
    person.told("Account shop has been moved.")
    expect(page.get_by_role("row", name="shop")).to_have_attribute("aria-level", "2")
    chosen(page, "Production", "Rename")
    dialog.get_by_label("Name").fill("Live")
    dialog.get_by_role("button", name="Rename").click()
    person.told("It is called Live now.")
    chosen(page, "Live", "Delete")
    dialog.get_by_role("button", name="Delete").click()
    person.told("Organizational unit Live has been deleted.")
    client = root("organizations")
    [top] = client.list_roots()["Roots"]
    assert client.list_organizational_units_for_parent(ParentId=top["Id"])["OrganizationalUnits"] == []
    assert {account["Name"] for account in client.list_accounts_for_parent(ParentId=top["Id"])["Accounts"]} >= {"shop"}


def test_control_policies_are_written_attached_and_detached(person: Person, organizations: Any) -> None:
    [top] = organizations.list_roots()["Roots"]
    organizations.create_organizational_unit(ParentId=top["Id"], Name="Production")
    page = person.at("/organization")
    page.get_by_role("link", name="Root").click()
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Enable this policy type").click()
    dialog.get_by_role("button", name="Enable this policy type").click()
    person.told("The policy type has been enabled.")
    expect(page.get_by_role("row", name="FullAWSAccess")).to_be_visible()
    page.get_by_role("button", name="Create policy").click()
    page.get_by_label("Policy name").fill("NoUsers")
    write(page, "{}", "Content")
    expect(page.get_by_text("Statement")).not_to_have_count(0)
    write(page, DENIES, "Content")
    expect(page.get_by_text("Nothing is wrong with this policy")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Create policy").click()
    person.told("Policy NoUsers has been created and attached.")
    write(page, DENIES.replace("CreateUser", "DeleteUser"), "Content")
    page.get_by_role("button", name="Save changes").click()
    person.told("The policy has been saved.")
    page.get_by_role("tab", name="Targets").click()
    page.get_by_role("radio", name="Select Root").check()
    person.looks_right()
    page.get_by_role("button", name="Detach").click()
    dialog.get_by_role("button", name="Detach").click()
    person.told("The policy has been detached.")
    page.get_by_role("link", name="Organization", exact=True).first.click()
    page.get_by_role("link", name="Production").click()
    page.get_by_role("button", name="Attach policy").click()
    dialog.get_by_role("button", name="Choose a policy").click()
    page.get_by_role("option", name="NoUsers").click()
    dialog.get_by_role("button", name="Attach policy").click()
    person.told("The policy has been attached.")
    person.looks_right()


def test_policies_of_other_types(person: Person, organizations: Any) -> None:
    [top] = organizations.list_roots()["Roots"]
    organizations.enable_policy_type(RootId=top["Id"], PolicyType="TAG_POLICY")
    page = person.at("/organization/policies?kind=TAG_POLICY")
    expect(page.get_by_text("No policies")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Create policy").click()
    page.get_by_label("Policy name").fill("Teams")
    page.get_by_role("button", name="Attach to").click()
    page.get_by_role("option", name="Root").click()
    write(page, '{"tags": {', "Content")
    expect(page.get_by_text("JSON at position")).to_be_visible()
    write(page, '{"tags": {"team": {"tag_key": {"@@assign": "Team"}}}}', "Content")
    expect(page.get_by_text("JSON at position")).to_be_hidden()
    page.get_by_role("button", name="Create policy").click()
    person.told("Policy Teams has been created and attached.")
    expect(page.get_by_role("textbox", name="Content")).to_be_attached()
    person.looks_right()
    page.goto(f"{person.origin}/console/organization/{ACCOUNT}")
    page.get_by_role("button", name="Policy type").click()
    page.get_by_role("option", name="Tag policies").click()
    expect(page.get_by_role("textbox", name="Effective policy")).to_be_attached()
    expect(page.get_by_text("@@assign")).to_have_count(0)
    person.looks_right()
    page.get_by_role("link", name="Organization policies").click()
    page.get_by_role("button", name="Policy type").click()
    page.get_by_role("option", name="Tag policies").click()
    page.get_by_role("radio", name="Select Teams").check()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Teams")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_text("This was refused")).to_be_visible()


def test_the_menu_says_beforehand_which_permission_lacks(person: Person, iam: Any, organizations: Any) -> None:
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.create_organizational_unit(ParentId=root, Name="Production")
    denied = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"organizations:Delete*","Resource":"*"}}'
    iam.put_user_policy(UserName="Ada", PolicyName="no-deletion", PolicyDocument=denied)
    page = person.at("/organization")
    page.get_by_role("radio", name="Select Production").check()
    page.get_by_role("button", name="Actions").click()
    deletion = page.get_by_role("menuitem", name="Delete")
    expect(deletion).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("menuitem", name="Rename")).not_to_have_attribute("aria-disabled", "true")
    person.looks_right()
    deletion.hover()
    said = "You lack the permission organizations:DeleteOrganizationalUnit: the policy no-deletion denies it."
    expect(page.get_by_role("tooltip")).to_have_text(said)
    deletion.click(force=True)
    expect(page.get_by_role("dialog")).to_have_count(0)

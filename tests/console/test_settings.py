"""The page of the account's settings."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.console.people import Person


def test_the_alias_and_the_password_policy(person: Person, iam: Any) -> None:
    page = person.at("/settings")
    page.get_by_role("button", name="Set alias").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Account alias").fill("Not An Alias")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("failed to satisfy constraint")).to_be_visible()
    dialog.get_by_label("Account alias").fill("acme")
    dialog.get_by_role("button", name="Save").click()
    person.told("The alias has been set.")
    assert iam.list_account_aliases()["AccountAliases"] == ["acme"]
    person.looks_right()
    page.get_by_label("Minimum length").fill("12")
    page.get_by_label("At least one number").check()
    page.get_by_label("Passwords expire after").fill("90")
    page.get_by_role("button", name="Save").click()
    person.told("The password policy has been saved.")
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["RequireNumbers"], policy["MaxPasswordAge"]) == (12, True, 90)
    page.get_by_label("Minimum length").fill("5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Member must have value greater than or equal to 6")).to_be_visible()
    page.get_by_role("button", name="Return to the standard policy").click()
    dialog.get_by_role("button", name="Return to the standard policy").click()
    person.told("The standard policy holds.")
    person.looks_right()

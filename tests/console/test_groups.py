"""The pages of user groups."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.console.people import Person
from tests.console.test_users import ALLOWS


def test_a_group_is_made_filled_and_deleted(person: Person, iam: Any) -> None:
    iam.create_user(UserName="jane")
    page = person.at("/groups")
    expect(page.get_by_text("There are no groups")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Create group").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Group name").fill("Staff & <b>co</b>")
    dialog.get_by_role("button", name="Create group").click()
    expect(dialog.get_by_text("failed to satisfy constraint")).to_be_visible()
    dialog.get_by_label("Group name").fill("Staff")
    dialog.get_by_role("button", name="Create group").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Staff")
    page.get_by_role("button", name="Add users").click()
    dialog.get_by_role("checkbox", name="Select jane").check()
    person.looks_right()
    dialog.get_by_role("button", name="Add users").click()
    person.told("1 user has been added.")
    assert [user["UserName"] for user in iam.get_group(GroupName="Staff")["Users"]] == ["jane"]
    iam.put_group_policy(GroupName="Staff", PolicyName="own", PolicyDocument=ALLOWS)
    page.get_by_role("tab", name="Permissions").click()
    expect(page.get_by_role("link", name="own")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("textbox").fill("Staff")
    dialog.get_by_role("button", name="Delete").click()
    person.told("Group Staff has been deleted.")
    assert iam.list_groups()["Groups"] == []

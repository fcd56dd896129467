"""The pages of users."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.console.people import Person

ALLOWS = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}}'


def test_users_are_listed_searched_and_deleted(person: Person, iam: Any) -> None:
    for number in range(30):
        iam.create_user(UserName=f"user-{number:02}", Path="/staff/")
    key = iam.create_access_key(UserName="user-07")["AccessKey"]
    iam.put_user_policy(UserName="user-07", PolicyName="own", PolicyDocument=ALLOWS)
    page = person.at("/users")
    expect(page.get_by_role("heading", name="Users")).to_contain_text("(31)")
    expect(page.get_by_role("row")).to_have_count(26)
    person.looks_right()
    page.get_by_role("searchbox", name="Search").fill("user-07")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("radio").check()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    dialog.get_by_role("textbox").fill("user-07")
    dialog.get_by_role("button", name="Delete").click()
    person.told("User user-07 has been deleted.")
    assert key["UserName"] not in {user["UserName"] for user in iam.list_users()["Users"]}
    person.looks_right()

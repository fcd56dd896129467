"""The page of the record."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.console.people import Person


def test_events_are_found_shown_and_explained(person: Person, iam: Any, user: Any) -> None:
    eve = user("eve", {"Sid": "NoSecrets", "Effect": "Deny", "Action": "iam:*User", "Resource": "*"})
    with pytest.raises(Exception, match="AccessDenied"):
        eve("iam").delete_user(UserName="Ada")
    page = person.at("/events")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    page.get_by_label("Value").fill("DeleteUser")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("row")).to_have_count(2)
    person.looks_right()
    page.get_by_role("radio", name="Select DeleteUser").check()
    why = page.get_by_text("A policy denies it explicitly.")
    expect(why).to_be_visible()
    expect(page.get_by_text("statement NoSecrets")).to_be_visible()
    expect(page.get_by_text('"eventName": "DeleteUser"')).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # long lines go on in the next one
    person.looks_right()
    page.reload()
    expect(page.get_by_role("row")).to_have_count(2)  # the search is part of the address
    page.get_by_label("Value").fill("Nothing")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("No events")).to_be_visible()


def test_what_others_call_themselves_is_shown_as_text(person: Person, iam: Any) -> None:
    evil = "<img src=x onerror=alert(1)>"
    client = person.server.client("iam")
    client.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("user-agent", evil))
    client.list_users(PathPrefix="/")
    page = person.at("/events?by=EventName&value=ListUsers")
    page.get_by_role("radio", name="Select ListUsers").first.check()
    expect(page.get_by_text('"eventName": "ListUsers"')).to_be_visible()
    assert page.locator("img").count() == 0
    assert person.problems == []

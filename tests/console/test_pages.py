"""The frame around the pages, and the pages that are about the person and the account as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from iamd.console import assets
from tests.console.people import Person
from tests.console.visits import sign_in
from tests.live import ACCOUNT
from tests.services.signin.browser import Browser

FIRST_PAGE = 350_000  # bytes, compressed, before the first page can be used


def test_the_dashboard_tells_what_matters(person: Person, iam: Any, user: Any) -> None:
    eve = user("eve")
    with pytest.raises(Exception, match="AccessDenied"):
        eve("iam").list_roles()
    page = person.at("/")
    expect(page.get_by_text("The root user has no MFA: add a device")).to_be_visible()
    expect(page.get_by_role("link", name="2", exact=True)).to_be_visible()
    expect(page.get_by_text("is not authorized to perform: iam:ListRoles")).to_be_visible()
    person.looks_right()


def test_what_a_person_may_not_is_told_with_the_permission(person: Person, iam: Any) -> None:
    denied = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*"}}'
    iam.put_user_policy(UserName="Ada", PolicyName="no", PolicyDocument=denied)
    page = person.at("/users")
    expect(page.get_by_text("You lack a permission for this")).to_be_visible()
    expect(page.get_by_text("is not authorized to perform: iam:ListUsers")).to_be_visible()
    person.looks_right()


def test_sessions_are_shown_and_ended(person: Person, jane: dict[str, str]) -> None:
    elsewhere = Browser(person.server.endpoint, headers={"user-agent": "Elsewhere/1.0"})
    sign_in(elsewhere, {**jane, "name": "Ada"})
    page = person.at("/sessions")
    page.get_by_role("row", name="Elsewhere/1.0").get_by_role("radio").check()
    page.get_by_role("button", name="End session").click()
    page.get_by_role("dialog").get_by_role("button", name="End session").click()
    person.told("The session has ended.")
    person.looks_right()
    assert elsewhere.open("/console/me/session").status == 401


def test_who_signs_out_is_out_in_every_tab(person: Person) -> None:
    page = person.at("/users")
    other = page.context.new_page()
    other.goto(f"{person.server.endpoint}/console/users")
    expect(other.get_by_role("heading", level=1)).to_contain_text("(1)")
    page.get_by_role("button", name=f"Ada @ {ACCOUNT}").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in as an IAM user")
    other.get_by_role("button", name="Refresh").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in as an IAM user")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in as an IAM user")


def test_light_or_dark_is_chosen(person: Person) -> None:
    page = person.at("/users")
    page.get_by_role("button", name=f"Ada @ {ACCOUNT}").click()
    page.get_by_role("menuitemcheckbox", name="Dark").click()
    page.reload()
    page.wait_for_function("document.body.classList.contains('awsui-dark-mode')")


def test_an_address_that_leads_nowhere(person: Person) -> None:
    page = person.at("/nothing/here")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    page.get_by_role("link", name="Go to the dashboard").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")


def test_pages_fit_a_phone(person: Person) -> None:
    page = person.page
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", "/users", "/users/Ada", "/explain", "/gateway", "/terminal"):
        person.at(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        person.looks_right()


def test_the_first_page_is_small(person: Person) -> None:
    index = (assets.DIST / "index.html").read_text()
    loaded = [path for path in (assets.DIST / "assets").iterdir() if path.name in index]
    assert 0 < sum(_sent(path) for path in loaded) < FIRST_PAGE


def _sent(path: Path) -> int:
    packed = path.with_name(f"{path.name}.br")
    return (packed if packed.exists() else path).stat().st_size

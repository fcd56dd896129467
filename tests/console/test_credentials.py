"""The page of one's own credentials, and the password that is set there or on the way in."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from tests.console.people import Person
from tests.console.visits import SIGN_IN, post, send, session, sign_in
from tests.live import ACCOUNT, Live
from tests.services.signin.browser import PASSWORD, Browser

NEW = "another horse battery 9!"


def test_an_own_password_is_changed_and_the_session_goes_on(person: Person, iam: Any, browser: Browser) -> None:
    sign_in(browser, {"account": ACCOUNT, "name": "Ada", "password": PASSWORD, "code": ""})
    iam.update_account_password_policy(MinimumPasswordLength=10, MaxPasswordAge=12, AllowUsersToChangePassword=True)
    page = person.at("/security-credentials")
    person.told("Your password expires in 11 days.")
    person.looks_right()
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Present password").fill("wrong")
    dialog.get_by_label("New password", exact=True).fill("short")
    rule = dialog.get_by_text("at least 10 characters")
    expect(rule).to_be_visible()
    expect(dialog.get_by_role("img", name="Success")).to_have_count(0)
    dialog.get_by_label("New password", exact=True).fill(NEW)
    dialog.get_by_label("New password again").fill("other")
    expect(dialog.get_by_text("The two new passwords are not the same")).to_be_visible()
    dialog.get_by_label("New password again").fill(NEW)
    person.looks_right()
    dialog.get_by_role("button", name="Change password").click()
    expect(dialog).to_contain_text("The old password was incorrect.")
    dialog.get_by_label("Present password").fill(PASSWORD)
    dialog.get_by_role("button", name="Change password").click()
    person.told("Your password has been changed.")
    assert send(browser, "GET", "/console/me/session")[0] == 401  # the other session has ended
    person.at("/users")
    person.looks_right()


def test_a_password_that_is_due_is_held_against_the_rules_as_it_is_typed(
    server: Live, iam: Any, chromium: Chromium
) -> None:
    iam.create_user(UserName="Jane")
    iam.create_login_profile(UserName="Jane", Password=PASSWORD, PasswordResetRequired=True)
    iam.attach_user_policy(UserName="Jane", PolicyArn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    person = Person(server, iam, chromium.new_page(reduced_motion="reduce"))
    page = person.page
    page.goto(f"{server.endpoint}{SIGN_IN}")
    page.get_by_label("Account ID or alias").fill(ACCOUNT)
    page.get_by_label("User name").fill("Jane")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set a new password")
    long, kinds, _ = page.get_by_role("listitem").all()
    page.get_by_label("New password", exact=True).fill("abcdefgh")
    expect(long).to_have_class("met")
    expect(kinds).to_have_class("unmet")
    page.get_by_label("New password", exact=True).fill("abcdefG9")
    expect(kinds).to_have_class("met")
    person.looks_right()
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password again").fill("abcdefG9")
    page.get_by_role("button", name="Set it and go on").click()
    expect(page).to_have_url(re.compile("/console/$"))
    page.close()


def test_who_may_not_change_the_password_is_told_so(browser: Browser, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    assert session(browser)["passwordExpires"] is None
    status, told = post(browser, "password", {"old": PASSWORD, "new": NEW})
    assert (status, told["code"]) == (403, "AccessDenied")
    assert post(browser, "password", {"old": PASSWORD})[0] == 400
    assert session(browser)["userName"] == "Jane"

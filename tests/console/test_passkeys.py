"""Passkeys in the pages: enrolled, shown at the sign-in, taken away, with the authenticator that Chromium pretends to have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, Page, expect

from tests.console.people import Person
from tests.console.visits import SIGN_IN, sign_in
from tests.live import ACCOUNT, Live
from tests.services.phones import Phone
from tests.services.signin.browser import PASSWORD, WRONG, Browser, Program
from tests.services.signin.test_login import set_root_password, trail


@dataclass
class Holder:
    """A person with a security key, at `localhost`, where browsers have passkeys without TLS."""

    person: Person
    keys: CDPSession
    key: str

    def enrol(self, name: str = "laptop") -> None:
        """At the page of one's own credentials."""
        page = self.person.at("/security-credentials")
        page.get_by_role("button", name="Assign MFA device").click()
        page.get_by_role("radio", name="Passkey or security key").check()
        page.get_by_label("Device name").fill(name)
        page.get_by_role("button", name="Next").click()
        self.person.told("The MFA device has been assigned.")

    def leave(self) -> Page:
        """Sign out; the sign-in is shown."""
        page = self.person.page
        page.get_by_role("button", name=re.compile("@ ")).click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Sign in"))
        return page

    def enter(self, name: str = "Ada") -> Page:
        """The password, which is one step of two."""
        page = self.person.page
        page.goto(f"{self.person.origin}{SIGN_IN}")
        page.get_by_label("Account ID or alias").fill(ACCOUNT)
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
        return page

    def is_in(self) -> None:
        expect(self.person.page.get_by_role("heading", level=1)).to_have_text("Dashboard")


@pytest.fixture
def holder(server: Live, iam: Any, chromium: Chromium) -> Iterator[Holder]:
    iam.create_user(UserName="Ada")
    iam.create_login_profile(UserName="Ada", Password=PASSWORD)
    iam.attach_user_policy(UserName="Ada", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    keys = context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    key = keys.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    yield Holder(Person(server, iam, page, server.endpoint.replace("127.0.0.1", "localhost")), keys, key)
    context.close()


def test_a_passkey_is_enrolled_shown_and_taken_away(holder: Holder, server: Live, iam: Any) -> None:
    person = holder.person
    person.sign_in("Ada")
    holder.enrol()
    page = person.page
    expect(page.get_by_role("gridcell", name="Passkey or security key")).to_be_visible()
    person.looks_right()
    [device] = iam.list_mfa_devices(UserName="Ada")["MFADevices"]
    assert ":u2f/user/Ada/laptop-" in device["SerialNumber"]
    holder.leave()
    holder.enter()
    person.looks_right()
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('closed')); }")
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The browser has not shown a passkey.")
    page.evaluate("() => { delete navigator.credentials.get; }")
    page.get_by_role("button", name="Use your passkey").click()
    holder.is_in()
    assert person.problems == []
    used = {event["additionalEventData"]["MFAUsed"] for event in trail(server, "ConsoleLogin")}
    assert used == {"No", "Yes"}  # before, and with the passkey
    page = person.at("/security-credentials")
    page.get_by_role("radio", name=re.compile("Select .*laptop")).check()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    person.told("The MFA device has been removed.")
    assert iam.list_mfa_devices(UserName="Ada")["MFADevices"] == []


def test_who_has_an_authenticator_app_too_has_a_choice(holder: Holder, iam: Any, server: Live) -> None:
    phone = Phone(iam)
    iam.enable_mfa_device(UserName="Ada", **phone.pair())
    person = holder.person
    page = person.page
    page.goto(f"{person.origin}{SIGN_IN}")
    page.get_by_label("Account ID or alias").fill(ACCOUNT)
    page.get_by_label("User name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("MFA code").fill(phone.code(1))
    page.get_by_role("button", name="Sign in").click()
    holder.is_in()
    holder.enrol("key")
    holder.leave()
    holder.enter()
    page.get_by_label("Or enter an MFA code").fill("000000")
    page.get_by_role("button", name="Use the code").click()
    expect(page.get_by_role("alert")).to_have_text(WRONG)
    person.looks_right()
    page.get_by_label("Or enter an MFA code").fill(phone.code(2))
    page.get_by_role("button", name="Use the code").click()
    holder.is_in()
    holder.leave()
    holder.enter()
    page.get_by_role("button", name="Use your passkey").click()
    holder.is_in()
    outcomes = sorted(event["responseElements"]["ConsoleLogin"] for event in trail(server, "ConsoleLogin"))
    assert outcomes == ["Failure", "Success", "Success", "Success"]


def test_the_root_user_has_passkeys_too(holder: Holder, server: Live) -> None:
    set_root_password(server, "root@example.com", PASSWORD)
    person = holder.person
    page = person.page
    for heading in ("Dashboard", "Confirm that it is you"):
        page.goto(f"{person.origin}{SIGN_IN}?as=root")
        page.get_by_label("E-mail address of the root user").fill("root@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        if heading == "Dashboard":
            holder.enrol("root-key")
            person.looks_right()
            holder.leave()
    page.get_by_role("button", name="Use your passkey").click()
    holder.is_in()


def test_a_program_is_admitted_with_a_passkey(holder: Holder, server: Live) -> None:
    person = holder.person
    person.sign_in("Ada")
    holder.enrol()
    holder.leave()
    page = person.page
    page.goto(f"{person.origin}{Program(server.endpoint).link()}")
    page.get_by_label("Account ID or alias").fill(ACCOUNT)
    page.get_by_label("User name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Give a program your access?")
    assert person.problems == []


def test_where_browsers_have_no_passkeys_the_page_says_why(
    holder: Holder, iam: Any, server: Live, browser: Browser
) -> None:
    holder.person.sign_in("Ada")
    holder.enrol()
    entered = {"account": ACCOUNT, "name": "Ada", "password": PASSWORD, "code": ""}
    at_address = sign_in(browser, entered)
    assert "Passkeys belong to a name, not to an address" in at_address.problem
    assert 'name="code"' not in at_address.body
    browser.headers["host"] = server.endpoint.replace("http://127.0.0.1", "localhost")
    without_scripts = sign_in(Browser(browser.endpoint, headers=browser.headers), entered)
    assert "scripts are turned off" in without_scripts.body
    assert "script-src 'sha256-" in without_scripts.headers["content-security-policy"]

"""Passkeys in the pages: enrolled, shown at the sign-in, taken away, with the authenticator that Chromium pretends to have."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, expect
from playwright.sync_api import Page as Shown

from tests.console.people import Person
from tests.console.visits import SIGN_IN, call, post, session, sign_in
from tests.live import ACCOUNT, Live
from tests.services.passkeys import SoftKey
from tests.services.phones import Phone
from tests.services.signin.browser import PASSWORD, WRONG, Browser, Page, Program
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

    def leave(self) -> Shown:
        """Sign out; the sign-in is shown."""
        page = self.person.page
        page.get_by_role("button", name=re.compile("@ ")).click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Sign in"))
        return page

    def enter(self, name: str = "Ada") -> Shown:
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


@dataclass
class WithKey:
    """A browser at `localhost` without scripts, but with a key."""

    browser: Browser
    key: SoftKey

    def enrol(self, name: str = "key") -> None:
        offer = self.post("passkeys/offer", {"name": name})
        made = self.key.create(offer["options"])
        self.post("passkeys", {"serial": offer["serial"], "challenge": offer["challenge"], "answer": made})

    def post(self, path: str, body: Any) -> Any:
        status, told = post(self.browser, path, body)
        assert status == 200, told
        return told

    def show(self, page: Page) -> Page:
        """Answer the page that asks for a passkey."""
        [options] = re.findall(r'data-options="([^"]*)"', page.body)
        return self.browser.submit(page, answer=self.key.get(json.loads(html.unescape(options))))


@pytest.fixture
def with_key(server: Live, iam: Any, jane: dict[str, str]) -> WithKey:
    """Jane, who may give herself devices, has signed in."""
    iam.attach_user_policy(UserName="Jane", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    host = server.endpoint.replace("http://127.0.0.1", "localhost")
    browser = Browser(server.endpoint, headers={"host": host})
    sign_in(browser, jane)
    return WithKey(browser, SoftKey(origin=f"http://{host}", host="localhost"))


def test_who_has_an_authenticator_app_too_has_a_choice(
    server: Live, iam: Any, with_key: WithKey, jane: dict[str, str]
) -> None:
    with_key.enrol()
    phone, browser = Phone(iam), with_key.browser
    iam.enable_mfa_device(UserName="Jane", **phone.pair())
    post(browser, "sign-out")
    asked = sign_in(browser, jane)
    assert "Or enter an MFA code" in asked.body
    again = browser.submit(asked, code="000000")
    assert again.problem == WRONG
    assert browser.submit(again, code=phone.code(1)).status == 303
    post(browser, "sign-out")
    assert with_key.show(sign_in(browser, jane)).status == 303
    assert session(browser)["mfa"]
    post(browser, "sign-out")
    assert sign_in(browser, {**jane, "code": phone.code(2)}).status == 303  # in one step, as ever
    used = sorted(event["additionalEventData"]["MFAUsed"] for event in trail(server, "ConsoleLogin"))
    assert used == ["No", "Yes", "Yes", "Yes", "Yes"]


def test_the_root_user_has_passkeys_too(server: Live, with_key: WithKey) -> None:
    set_root_password(server, "root@example.com", PASSWORD)
    entered = {"name": "root@example.com", "password": PASSWORD, "code": ""}
    browser = with_key.browser
    post(browser, "sign-out")
    assert sign_in(browser, entered, f"{SIGN_IN}?as=root").status == 303
    with_key.enrol("root-key")
    post(browser, "sign-out")
    assert with_key.show(sign_in(browser, entered, f"{SIGN_IN}?as=root")).status == 303
    who = session(browser)
    assert (who["isRoot"], who["mfa"]) == (True, True)
    [device] = call(browser, "ListMFADevices")[1]["MFADevices"]
    assert ":u2f/root-account/root-key-" in device["SerialNumber"]


def test_several_keys_of_one_person(with_key: WithKey, jane: dict[str, str]) -> None:
    with_key.enrol("first")
    browser, second = with_key.browser, WithKey(with_key.browser, SoftKey(with_key.key.origin, "localhost"))
    post(browser, "sign-out")
    assert with_key.show(sign_in(browser, jane)).status == 303
    second.enrol("second")
    for key in (with_key, second):
        post(browser, "sign-out")
        assert key.show(sign_in(browser, jane)).status == 303


def test_a_program_is_admitted_with_a_passkey(server: Live, with_key: WithKey, jane: dict[str, str]) -> None:
    with_key.enrol()
    post(with_key.browser, "sign-out")
    consent = with_key.show(sign_in(with_key.browser, jane, Program(server.endpoint).link()))
    assert "Give a program your access?" in consent.body


def test_where_browsers_have_no_passkeys_the_page_says_why(
    browser: Browser, with_key: WithKey, jane: dict[str, str]
) -> None:
    with_key.enrol()
    at_address = sign_in(browser, jane)
    assert "Passkeys belong to a name, not to an address" in at_address.problem
    assert 'name="code"' not in at_address.body
    post(with_key.browser, "sign-out")
    without_scripts = sign_in(with_key.browser, jane)
    assert "scripts are turned off" in without_scripts.body
    assert "script-src 'sha256-" in without_scripts.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("passkeys/offer", {}),
        ("passkeys/offer", {"name": 1}),
        ("passkeys/offer", {"name": "a key"}),
        ("passkeys", {"serial": "s", "challenge": "c"}),
        ("passkeys", {"serial": "s", "challenge": "c", "answer": "{}"}),
    ],
)
def test_what_enrols_nothing(iam: Any, with_key: WithKey, path: str, body: Any) -> None:
    assert post(with_key.browser, path, body)[0] in (400, 403)
    assert iam.list_mfa_devices(UserName="Jane")["MFADevices"] == []

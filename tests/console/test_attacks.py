"""What strangers, other sites, thieves and guessers try on the console; each page of it holds."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import expect

from iamd.services.iam.passkeys import enrol_passkey, offer_passkey
from tests.console.people import Person
from tests.console.visits import SIGN_IN, Clock, send, session, sign_in
from tests.live import ACCOUNT, Live
from tests.services.passkeys import SITE, AtConsole, SoftKey
from tests.services.phones import Phone
from tests.services.roles import make_role, trusting
from tests.services.signin.browser import PASSWORD, WRONG, Browser, Page, Program

LATE = "You have waited too long. Please sign in again."
TOO_OFTEN = "There were too many attempts to sign in."
POSTS = (
    "/console/api/iam/ListUsers",
    "/console/me/sessions/end",
    "/console/me/sign-out",
    "/console/me/sign-out-everywhere",
    "/console/me/switch-role",
    "/console/me/switch-back",
    "/console/me/password",
    "/console/me/passkeys/offer",
    "/console/me/passkeys",
    "/console/me/terminal",
    "/console/me/terminal/completion",
    "/console/access/gateway",
    "/console/access/history/replay",
)
EVIL = "<img/src=x/onerror=alert(1)>"
ARN = quote(f"arn:aws:iam::{ACCOUNT}:user/{EVIL}/mallory", safe="")


@pytest.mark.parametrize("path", POSTS)
def test_a_call_of_another_site_does_nothing(browser: Browser, jane: dict[str, str], path: str) -> None:
    sign_in(browser, jane)
    sign_in(other := Browser(browser.endpoint), jane)
    for token in ({}, {"x-iamd-csrf": ""}, {"x-iamd-csrf": session(other)["csrf"]}, {"x-iamd-csrf": "\xfc"}):
        assert send(browser, "POST", path, {}, **token)[0] == 403
    assert session(browser)["userName"] == "Jane"


@pytest.mark.parametrize("path", [SIGN_IN, "/console/switch-role", "/v1/authorize"])
def test_a_form_of_another_site_does_nothing(browser: Browser, jane: dict[str, str], path: str) -> None:
    sign_in(browser, jane)
    there = Program(browser.endpoint).link() if path == "/v1/authorize" else path
    for token in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        assert browser.open(there, {**jane, "step": "consent", "answer": "allow", **token}).status == 403


@pytest.mark.parametrize(
    "path",
    [SIGN_IN, f"{SIGN_IN}?as=root", "/console/switch-role", "/console/", "/console/users", "/federation?Action=login"],
)
def test_no_page_is_framed_kept_or_runs_what_is_not_ours(
    browser: Browser, built: Any, jane: dict[str, str], path: str
) -> None:
    if not path.startswith(SIGN_IN):
        sign_in(browser, jane)
    page = browser.open(path)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_a_session_that_was_planted_is_not_the_victims(
    iam: Any, server: Live, browser: Browser, jane: dict[str, str]
) -> None:
    iam.create_user(UserName="Eve")
    iam.create_login_profile(UserName="Eve", Password=PASSWORD)
    sign_in(browser, {**jane, "name": "Eve"})
    victim = Browser(server.endpoint, {"iamd-sign-in": browser.cookies["iamd-sign-in"]})
    form = victim.open(SIGN_IN)
    victim.cookies["iamd-console"] = browser.cookies["iamd-console"]
    assert victim.submit(form, **jane).status == 303
    assert session(victim)["userName"] == "Jane"
    assert send(browser, "GET", "/console/me/session")[0] == 401


def test_cookies_that_were_tampered_with_sign_nobody_in(browser: Browser, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    cookie = browser.cookies["iamd-console"]
    middle = len(cookie) // 2
    flipped = cookie[:middle] + ("A" if cookie[middle] != "A" else "B") + cookie[middle + 1 :]
    for wrong in (flipped, cookie[:-4], cookie + "AAAA", "", "x" * 5_000, browser.cookies["iamd-sign-in"]):
        thief = Browser(browser.endpoint, {"iamd-console": wrong})
        assert send(thief, "GET", "/console/me/session")[0] == 401


def test_a_stolen_cookie_is_of_no_use_once_the_session_is_over(
    browser: Browser, clock: Clock, jane: dict[str, str]
) -> None:
    sign_in(browser, jane)
    stolen = Browser(browser.endpoint, dict(browser.cookies))
    assert session(stolen)["userName"] == "Jane"
    clock.ahead = timedelta(minutes=61)
    assert send(stolen, "GET", "/console/me/session")[0] == 401  # it was not used for an hour
    sign_in(browser, jane)
    stolen = Browser(browser.endpoint, dict(browser.cookies))
    browser.open("/console/me/sessions")
    send(browser, "POST", "/console/me/sign-out", {}, **{"x-iamd-csrf": session(browser)["csrf"]})
    assert send(stolen, "GET", "/console/me/session")[0] == 401


def test_guessing_is_slowed_down_and_the_page_tells_what_helps(browser: Browser, jane: dict[str, str]) -> None:
    for _ in range(9):
        assert sign_in(browser, {**jane, "password": "guess"}).problem == WRONG
    refused = sign_in(browser, jane)
    assert refused.problem.startswith(TOO_OFTEN)
    assert "iamd unlock" in refused.body
    assert "iamd recover-root" in browser.open(f"{SIGN_IN}?as=root").body


@pytest.fixture
def phone(iam: Any) -> Phone:
    return Phone(iam)


@pytest.fixture
def asked(server: Live, iam: Any, browser: Browser, jane: dict[str, str], phone: Phone) -> Page:
    """The page that asks Jane for her passkey, or a code in its place."""
    iam.enable_mfa_device(UserName="Jane", **phone.pair())
    statement = {"Effect": "Allow", "Action": ["iam:ListMFADevices", "iam:EnableMFADevice"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="Jane", PolicyName="own", PolicyDocument=document)
    at_console = AtConsole(server, "Jane")
    at_console.sign_in(phone.code(1))
    offered = at_console.call(offer_passkey, site=SITE, name="key")
    given = {"serial_number": offered["SerialNumber"], "challenge": offered["Challenge"]}
    at_console.call(enrol_passkey, site=SITE, **given, answer=SoftKey().create(offered["Options"]))
    page = sign_in(browser, jane)
    assert "Confirm that it is you" in page.body
    return page


def test_without_scripts_a_code_will_do_once(browser: Browser, asked: Page, phone: Phone) -> None:
    code = phone.code(2)
    assert browser.submit(asked, code=code).status == 303
    assert session(browser)["mfa"]
    assert browser.submit(asked, code=code).problem == WRONG


def test_codes_in_place_of_the_passkey_are_not_guessed(browser: Browser, asked: Page) -> None:
    answers = [browser.submit(asked, code=f"{number:06}").problem for number in range(10)]
    assert answers[0] == WRONG
    assert answers[-1].startswith(TOO_OFTEN)


def test_a_step_is_for_its_browser_its_address_and_a_while(
    iam: Any, browser: Browser, clock: Clock, asked: Page
) -> None:
    other = Browser(browser.endpoint)
    other.open(SIGN_IN)
    assert other.submit(asked, code="123456").status == 403
    elsewhere = Page(asked.status, asked.headers, asked.body.replace(SIGN_IN, f"{SIGN_IN}?to=/console/users"))
    assert browser.submit(elsewhere, code="123456").problem == LATE
    as_another = Page(asked.status, asked.headers, asked.body.replace('value="passkey"', 'value="new-password"'))
    assert browser.submit(as_another, password=PASSWORD, new="x", again="x").problem == LATE
    assert browser.submit(asked, ticket="").problem == LATE
    clock.ahead = timedelta(minutes=6)
    assert browser.submit(asked, code="123456").problem == LATE


def test_a_step_is_over_when_the_password_has_changed(iam: Any, browser: Browser, asked: Page) -> None:
    iam.update_login_profile(UserName="Jane", Password="another horse battery 9!")
    assert browser.submit(asked, code="123456").problem == WRONG


def test_two_administrators_do_not_remove_each_other(server: Live, iam: Any, user: Any) -> None:
    """Each change is decided where it is made, so that the second one's permission is gone by then."""
    clients = []
    for name in ("ada", "bob"):
        clients.append(user(name)("iam"))
        iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    def remove(client: Any, other: str) -> str:
        try:
            client.detach_user_policy(UserName=other, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(remove, clients, ("bob", "ada")))
    assert sorted(outcomes) == ["AccessDenied", "done"]


def test_nothing_that_is_stored_becomes_a_part_of_a_page(person: Person, iam: Any) -> None:
    """Every text that may hold such a thing, on the pages that show it."""
    iam.create_user(UserName="mallory", Path=f"/{EVIL}/", Tags=[{"Key": "a", "Value": "b"}])
    make_role(iam, "evil", trusting(ACCOUNT), Description=EVIL, Path=f"/{EVIL}/")
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": f"arn:aws:s3:::{EVIL}"},
    }
    made = iam.create_policy(PolicyName="evil", PolicyDocument=json.dumps(document), Description=EVIL)
    iam.put_user_policy(UserName="mallory", PolicyName="evil", PolicyDocument=json.dumps(document))
    sign_in(
        Browser(person.server.endpoint, headers={"user-agent": EVIL}),
        {"account": ACCOUNT, "name": "Ada", "password": PASSWORD, "code": ""},
    )
    person.page.on("dialog", lambda dialog: person.problems.append(f"a script ran: {dialog.message}"))
    shown = {
        "/users/mallory": "mallory",
        "/roles/evil": "evil",
        "/inline/user/mallory/evil": "evil",
        f"/policies/{quote(made['Policy']['Arn'], safe='')}": "evil",
        f"/explain?principal={ARN}&action=s3:GetObject&resource={quote(f'arn:aws:s3:::{EVIL}')}&context={EVIL}": "Explain",
        f"/explain?denial={EVIL}": "Explain",
        f"/paths/{ARN}": "Paths of",
        "/events?by=EventName&value=ListUsers": "Event history",
        "/sessions": "Your sessions",
        f"/switch-role?account={EVIL}&roleName={EVIL}&displayName=%22%3E{EVIL}": "Switch role",
        f"/users/{quote(EVIL, safe='')}": EVIL,
    }
    for path, heading in shown.items():
        page = person.at(path)
        expect(page.get_by_role("heading", level=1).first).to_contain_text(heading)
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src='x']").count() == 0, path
    assert person.problems == []

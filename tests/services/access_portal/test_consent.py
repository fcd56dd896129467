"""People let programs have their access, by a device code or an authorization code, and take it away again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.services.access_portal.people import PASSWORD, Person, new_person
from tests.services.access_portal.programs import CALLED_BACK, REGISTERED, Program, refused
from tests.services.signin.browser import Browser


def test_a_device_is_allowed(ann: Person, browser: Browser, program: Program) -> None:
    waiting = program.start()
    target = f"/device?user_code={waiting['userCode']}"
    browser.submit(browser.open(target), name="ann", password=PASSWORD)
    asked = browser.open(target)
    assert "botocore-client-work" in asked.body
    assert waiting["userCode"] in asked.body
    assert refused(program.poll, waiting=waiting)[0] == "AuthorizationPendingException"
    assert "The program has your access" in browser.submit(asked, answer="allow").body
    other = Program(program.endpoint, program.start_url)
    assert refused(other.poll, waiting=waiting)[0] == "InvalidGrantException"
    token = program.poll(waiting)
    assert (token["tokenType"], token["expiresIn"]) == ("Bearer", 3600)
    assert refused(program.poll, waiting=waiting)[0] == "InvalidGrantException"  # it works once
    assert program.portal.list_accounts(accessToken=token["accessToken"])["accountList"] == []
    assert browser.submit(asked, answer="allow").problem.startswith("No program waits")


def test_a_device_is_denied_or_unknown(ann: Person, browser: Browser, program: Program) -> None:
    ann.sign_in(browser)
    waiting = program.start()
    asked = browser.submit(browser.open("/device"), user_code=waiting["userCode"].lower().replace("-", " "))
    assert "The program has no access" in browser.submit(asked, answer="deny").body
    assert refused(program.poll, waiting=waiting)[:2] == ("AccessDeniedException", 400)
    waiting = program.start()
    forged = {"user_code": waiting["userCode"], "ticket": "x", "answer": "allow"}
    assert browser.submit(browser.open("/device"), **forged).status == 403
    for _ in range(9):
        assert browser.submit(browser.open("/device"), user_code="BBBB-BBBB").problem.startswith("No program waits")
    refusal = browser.submit(browser.open("/device"), user_code=waiting["userCode"])
    assert refusal.problem.startswith("There were too many")


def test_an_authorization_code(ann: Person, browser: Browser, coded: Program) -> None:
    browser.submit(browser.open(coded.link()), name="ann", password=PASSWORD)
    asked = browser.open(coded.link())
    assert "http://127.0.0.1:53037" in asked.headers["content-security-policy"]
    back = browser.submit(asked, answer="allow")
    assert back.headers["location"].startswith(f"{CALLED_BACK}?")
    assert back.location["state"] == coded.state
    code = back.location["code"]
    for changes in ({"codeVerifier": "x" * 43}, {"redirectUri": REGISTERED}, {"code": "nonsense"}):
        assert refused(coded.exchange, **{"code": code, **changes})[0] == "InvalidGrantException"
    token = coded.exchange(code)
    assert refused(coded.exchange, code=code)[0] == "InvalidGrantException"
    coded.portal.logout(accessToken=token["accessToken"])
    assert refused(coded.exchange, code=code)[0] == "InvalidGrantException"  # neither when its session has ended
    denied = browser.submit(browser.open(coded.link()), answer="deny")
    assert denied.location["error"] == "access_denied"


def test_what_is_no_authorization_request(ann: Person, browser: Browser, coded: Program) -> None:
    ann.sign_in(browser)
    for changes in (
        {"client_id": "nonsense"},
        {"redirect_uri": "http://127.0.0.1:53037/elsewhere"},
        {"redirect_uri": "http://127.0.0.1:53037@example.com/oauth/callback"},
        {"redirect_uri": "https://example.com/oauth/callback"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"scopes": "openid"},
        {"state": ""},
    ):
        refusal = browser.open(coded.link(**changes))
        assert (refusal.status, "location" in refusal.headers) == (400, False), changes


def test_consent_is_of_the_person_who_was_shown_it(ann: Person, browser: Browser, coded: Program) -> None:
    ann.sign_in(browser)
    asked = browser.open(coded.link())
    browser.submit(browser.open("/start"), step="sign-out")
    shown = browser.submit(asked, answer="allow")
    assert "Password" in shown.body
    new_person(ann.server, ann.store_id, "bob").sign_in(browser)
    assert browser.submit(asked, answer="allow").headers["location"].startswith("/authorize?")  # asked anew


def test_refresh_tokens_rotate_and_logout_ends_them(ann: Person, browser: Browser, program: Program) -> None:
    ann.sign_in(browser)
    first = ann.allow(browser, program)
    second, again = program.refresh(first["refreshToken"]), program.refresh(first["refreshToken"])
    assert second["accessToken"] != first["accessToken"]
    third = program.refresh(again["refreshToken"])
    assert refused(program.refresh, token=first["refreshToken"])[2] == "Invalid refresh token provided"
    other = Program(program.endpoint, program.start_url)
    assert refused(other.refresh, token=third["refreshToken"])[0] == "InvalidGrantException"
    assert "botocore-client-work" in browser.open("/start").body
    program.portal.logout(accessToken=third["accessToken"])
    wrong = ("UnauthorizedException", 401, "Session token not found or invalid")
    assert refused(program.portal.list_accounts, accessToken=third["accessToken"]) == wrong
    assert refused(program.refresh, token=third["refreshToken"])[0] == "InvalidGrantException"
    assert "botocore-client-work" not in browser.open("/start").body


def test_a_person_ends_a_program_s_access(ann: Person, browser: Browser, program: Program) -> None:
    ann.sign_in(browser)
    token = ann.allow(browser, program)
    page = browser.open("/start")
    (session,) = re.findall(r'name="session" value="([0-9a-f]+)"', page.body)
    browser.submit(page, step="end", session=session)
    assert refused(program.portal.list_accounts, accessToken=token["accessToken"])[0] == "UnauthorizedException"


def test_a_program_of_before_scopes_has_access_without_renewal(ann: Person, browser: Browser, program: Program) -> None:
    old = Program(program.endpoint, program.start_url, scopes=())
    narrow = Program(program.endpoint, program.start_url, scopes=("openid",))
    ann.sign_in(browser)
    token = ann.allow(browser, old)
    assert 7 * 3600 < token["expiresIn"] <= 8 * 3600
    assert "refreshToken" not in token
    assert old.portal.list_accounts(accessToken=token["accessToken"])["accountList"] == []
    refusal = refused(narrow.portal.list_accounts, accessToken=ann.allow(browser, narrow)["accessToken"])
    assert refusal[0] == "UnauthorizedException"


def test_sessions_last_as_long_as_the_server_is_set(
    ann: Person, browser: Browser, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ann.server.realm, "portal_session", timedelta(minutes=15))
    ann.sign_in(browser)
    assert 0 < ann.allow(browser, program)["expiresIn"] <= 900

"""Signing in to the console, as a browser without scripts does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from tests.console.visits import SIGN_IN, call, post, send, session, sign_in
from tests.live import ACCOUNT, Live
from tests.services.phones import Phone
from tests.services.signin.browser import (
    LOCAL_DEVELOPMENT,
    PASSWORD,
    WRONG,
    Browser,
    Program,
    credentials,
    logged_in,
    refusal,
)
from tests.services.signin.test_login import set_root_password, trail

NEW = "another horse battery 9!"


def test_a_user_signs_in_and_is_led_on(server: Live, browser: Browser, built: Path, jane: dict[str, str]) -> None:
    first = browser.open("/console/")
    assert (first.status, first.headers["location"]) == (303, SIGN_IN)
    led_on = sign_in(browser, jane)
    assert (led_on.status, led_on.headers["location"]) == (303, "/console/")
    page = browser.open("/console/users/Jane?tab=tags")
    assert page.status == 200
    assert "<script" in page.body
    who = session(browser)
    assert (who["arn"], who["isRoot"], who["mfa"]) == (f"arn:aws:iam::{ACCOUNT}:user/Jane", False, False)
    (event,) = trail(server, "ConsoleLogin")
    assert event["responseElements"] == {"ConsoleLogin": "Success"}
    assert server.client("iam").get_user(UserName="Jane")["User"]["PasswordLastUsed"]


def test_the_root_user_signs_in_apart(server: Live, browser: Browser) -> None:
    set_root_password(server, "root@example.com", PASSWORD)
    entered = {"name": "root@example.com", "password": PASSWORD, "code": ""}
    assert sign_in(browser, entered, f"{SIGN_IN}?as=root").status == 303
    assert session(browser)["isRoot"]
    assert call(browser, "ListUsers")[0] == 200


def test_the_alias_stands_for_the_account(iam: Any, browser: Browser, jane: dict[str, str]) -> None:
    iam.create_account_alias(AccountAlias="acme")
    assert sign_in(browser, {**jane, "account": "acme"}).status == 303
    assert session(browser)["accountAlias"] == "acme"


def test_a_link_may_tell_the_account(browser: Browser) -> None:
    assert 'name="account" value="acme"' in browser.open(f"{SIGN_IN}?account=acme").body
    assert "&#34;&gt;&lt;b&gt;" in browser.open(f"{SIGN_IN}?account=%22%3E%3Cb%3E").body


def test_what_is_wrong_is_told_in_one_way_and_recorded(server: Live, browser: Browser, jane: dict[str, str]) -> None:
    for wrong in ({"password": "no"}, {"name": "Nobody"}, {"account": "210987654321"}):
        refused = sign_in(browser, {**jane, **wrong})
        assert (refused.status, refused.problem) == (403, WRONG)
    assert [event["errorMessage"] for event in trail(server, "ConsoleLogin")] == ["Failed authentication"] * 2


def test_who_has_a_device_shows_its_code(iam: Any, browser: Browser, jane: dict[str, str]) -> None:
    phone = Phone(iam)
    iam.enable_mfa_device(UserName="Jane", **phone.pair())
    assert sign_in(browser, jane).problem == WRONG
    assert sign_in(browser, {**jane, "code": phone.code(1)}).status == 303
    assert session(browser)["mfa"]
    denied = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    denied["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}  # type: ignore[assignment]
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_user_policy(UserName="Jane", PolicyName="mfa", PolicyDocument=document)
    assert call(browser, "ListUsers")[0] == 200


@pytest.mark.parametrize("code", ["é", "\u0661\u0662\u0663\u0664\u0665\u0666", "\uff11\uff12\uff13\uff14\uff15\uff16"])
def test_no_code_tells_whether_the_password_was_right(
    server: Live, iam: Any, browser: Browser, jane: dict[str, str], code: str
) -> None:
    iam.enable_mfa_device(UserName="Jane", **Phone(iam).pair())
    for password in (jane["password"], "wrong"):
        refused = sign_in(browser, {**jane, "password": password, "code": code})
        assert (refused.status, refused.problem) == (403, WRONG)
    assert len(trail(server, "ConsoleLogin")) == 2


def test_a_password_that_is_due_is_changed_on_the_way_in(
    server: Live, iam: Any, browser: Browser, jane: dict[str, str]
) -> None:
    iam.update_account_password_policy(MinimumPasswordLength=12, AllowUsersToChangePassword=True)
    iam.update_login_profile(UserName="Jane", PasswordResetRequired=True)
    due = sign_in(browser, jane)
    assert "at least 12 characters" in due.body
    assert "iamd-console" not in browser.cookies
    unequal = browser.submit(due, password=PASSWORD, new=NEW, again="other")
    assert unequal.problem == "The two new passwords are not the same."
    short = browser.submit(unequal, password=PASSWORD, new="short", again="short")
    assert short.problem == "Password should have a minimum length of 12"
    wrong = browser.submit(short, password="wrong", new=NEW, again=NEW)
    assert wrong.problem == "The old password was incorrect."
    assert browser.submit(wrong, password=PASSWORD, new=NEW, again=NEW).status == 303
    assert session(browser)["userName"] == "Jane"
    assert [event["userIdentity"]["userName"] for event in trail(server, "ChangePassword")] == ["Jane"] * 3
    assert [event["responseElements"]["ConsoleLogin"] for event in trail(server, "ConsoleLogin")] == [
        "Failure",
        "Success",
    ]


def test_who_may_not_change_a_password_that_is_due_does_not_come_in(
    iam: Any, browser: Browser, jane: dict[str, str]
) -> None:
    iam.update_login_profile(UserName="Jane", PasswordResetRequired=True)
    refused = browser.submit(sign_in(browser, jane), password=PASSWORD, new=NEW, again=NEW)
    assert "is not authorized to perform: iam:ChangePassword" in refused.problem
    assert "iamd-console" not in browser.cookies


def test_who_is_signed_in_is_led_on_at_once(browser: Browser, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    assert browser.open(f"{SIGN_IN}?to=/console/roles").headers["location"] == "/console/roles"


@pytest.mark.parametrize(
    ("to", "reached"),
    [
        ("/console/roles?tab=tags", "/console/roles?tab=tags"),
        ("https://evil.example/console/", "/console/"),
        ("//evil.example", "/console/"),
        ("/console//evil.example", "/console/"),
        ("/console/\\evil", "/console/"),
        ("/console/a\r\nset-cookie: a=b", "/console/"),
        ("/console", "/console/"),
    ],
)
def test_nobody_is_led_elsewhere(browser: Browser, jane: dict[str, str], to: str, reached: str) -> None:
    led_on = sign_in(browser, jane, f"{SIGN_IN}?to={quote(to, safe='')}")
    assert led_on.headers["location"] == reached


def test_every_sign_in_makes_another_session(browser: Browser, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    before = dict(browser.cookies)
    form = browser.open("/console/me/session")
    assert form.status == 200
    again = Browser(browser.endpoint, {"iamd-sign-in": before["iamd-sign-in"]})
    page = again.open(SIGN_IN)
    again.cookies["iamd-console"] = before["iamd-console"]
    again.submit(page, **jane)
    assert again.cookies["iamd-console"] != before["iamd-console"]
    assert send(browser, "GET", "/console/me/session")[0] == 401  # the one before has ended


def test_who_is_at_the_console_is_only_asked_by_programs(
    server: Live, iam: Any, browser: Browser, jane: dict[str, str]
) -> None:
    sign_in(browser, jane)
    consent = browser.open(Program(server.endpoint).link())
    assert "Give a program your access?" in consent.body


def test_sessions_are_listed_and_ended(server: Live, browser: Browser, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    other = Browser(browser.endpoint, headers={"user-agent": "Elsewhere/1.0"})
    sign_in(other, jane)
    listed = send(browser, "GET", "/console/me/sessions")[1]["sessions"]
    assert {(each["agent"], each["current"]) for each in listed} == {("Elsewhere/1.0", False), ("", True)}
    listed.sort(key=lambda each: each["current"])
    assert post(browser, "sessions/end", {"id": listed[0]["id"]}) == (200, {})
    assert send(other, "GET", "/console/me/session") == (
        401,
        {"code": "SignedOut", "message": "Your session has ended. Please sign in again."},
    )
    assert post(browser, "sessions/end", {"id": listed[0]["id"]})[0] == 404
    assert trail(server, "EndConsoleSession")[0]["requestParameters"] == {"accessKeyId": listed[0]["id"]}
    third = Browser(browser.endpoint)
    sign_in(third, jane)
    assert post(browser, "sign-out-everywhere") == (200, {})
    for each in (browser, third):
        assert send(each, "GET", "/console/me/session")[0] == 401


def test_programs_are_listed_and_ended_at_once(server: Live, iam: Any, browser: Browser, jane: dict[str, str]) -> None:
    iam.attach_user_policy(UserName="Jane", PolicyArn=LOCAL_DEVELOPMENT)
    sign_in(browser, jane)
    first, second = Program(server.endpoint), Program(server.endpoint)
    tokens = [logged_in(Browser(server.endpoint), program, jane) for program in (first, second)]
    listed = send(browser, "GET", "/console/me/sessions")[1]["sessions"]
    assert sorted(each["kind"] for each in listed) == ["browser", "program", "program"]
    named = credentials(tokens[0])
    assert server.client("iam", named).get_user()["User"]["UserName"] == "Jane"
    for each in listed:
        if each["kind"] == "program":
            assert post(browser, "sessions/end", {"id": each["id"]}) == (200, {})
    for program, given in zip((first, second), tokens, strict=True):
        with pytest.raises(ClientError, match="ExpiredToken"):
            server.client("iam", credentials(given)).get_user()
        assert refusal(program.refresh, given["refreshToken"]) == ("AccessDeniedException", "TOKEN_EXPIRED")
    ended = trail(server, "EndSignInSession")
    assert [event["userIdentity"]["userName"] for event in ended] == ["Jane", "Jane"]
    assert session(browser)["userName"] == "Jane"


def test_signing_out_everywhere_ends_programs_too(
    server: Live, iam: Any, browser: Browser, jane: dict[str, str]
) -> None:
    iam.attach_user_policy(UserName="Jane", PolicyArn=LOCAL_DEVELOPMENT)
    sign_in(browser, jane)
    given = logged_in(Browser(server.endpoint), Program(server.endpoint), jane)
    assert post(browser, "sign-out-everywhere") == (200, {})
    with pytest.raises(ClientError, match="ExpiredToken"):
        server.client("sts", credentials(given)).get_caller_identity()


def test_a_session_that_is_over_lets_no_program_in(
    server: Live, iam: Any, browser: Browser, jane: dict[str, str]
) -> None:
    iam.attach_user_policy(UserName="Jane", PolicyArn=LOCAL_DEVELOPMENT)
    sign_in(browser, jane)
    program = Program(server.endpoint)
    thief = Browser(server.endpoint, dict(browser.cookies))  # who keeps what a stolen session was good for
    page, code = thief.open(program.link()), thief.submit(thief.open(program.link()), answer="allow").location["code"]
    assert credentials(program.exchange(thief.submit(page, answer="allow").location["code"]))
    assert post(browser, "sign-out-everywhere") == (200, {})
    assert thief.submit(page, answer="allow").problem == "You have waited too long. Please sign in again."
    assert refusal(program.exchange, code) == ("AccessDeniedException", "AUTHCODE_EXPIRED")
    assert browser.submit(page, answer="allow").status == 403


def test_a_new_password_ends_the_sessions(iam: Any, browser: Browser, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    iam.update_login_profile(UserName="Jane", Password=NEW)
    assert send(browser, "GET", "/console/me/session")[0] == 401
    assert browser.open("/console/users").headers["location"] == f"{SIGN_IN}?to=%2Fconsole%2Fusers"

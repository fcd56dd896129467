"""Switching to a role and back, as a browser without scripts does it, and as the menu of the console does."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.console.people import Person
from tests.console.test_federation import follow, link, token
from tests.console.visits import SIGN_IN, Clock, call, post, send, session, sign_in
from tests.live import ACCOUNT, Live
from tests.services.roles import make_role, permit, role_arn, trusting, user_arn
from tests.services.signin.browser import Browser, Page
from tests.services.signin.test_login import set_root_password, trail

FORM = "/console/switch-role"
OTHER = "210987654321"
HOME = "/console/"


@pytest.fixture
def role(iam: Any) -> str:
    """A role that lists users, for at most two hours, and that Jane may assume."""
    make_role(iam, "Lister", trusting(ACCOUNT), Path="/staff/", MaxSessionDuration=7200)
    permit(iam, "Lister", "iam:ListUsers")
    iam.put_user_policy(UserName="Jane", PolicyName="roles", PolicyDocument=allowing("sts:AssumeRole"))
    return "staff/Lister"


def allowing(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def switch(browser: Browser, role: str, account: str = ACCOUNT, **more: str) -> Page:
    return browser.submit(browser.open(FORM), account=account, role=role, **{"name": "", "color": "", **more})


def test_a_person_acts_as_a_role_and_as_oneself_again(
    server: Live, browser: Browser, jane: dict[str, str], role: str
) -> None:
    sign_in(browser, jane)
    assert call(browser, "ListRoles")[0] == 200
    led_on = switch(browser, role, name="List <b>", color="99BCE3")
    assert (led_on.status, led_on.headers["location"]) == (303, HOME)
    who = session(browser)
    assert who["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Lister/Jane"
    assert (who["userName"], who["isRole"]) == ("Jane", True)
    kept = {"account": ACCOUNT, "role": role, "name": "List <b>", "color": "99BCE3"}
    assert (who["actingAs"], who["roles"]) == (kept, [kept])
    assert call(browser, "ListUsers")[0] == 200
    assert call(browser, "ListRoles")[0] == 403  # the role's permissions hold, and not the person's besides
    assert "List &lt;b&gt;" in browser.open(FORM).body
    assert post(browser, "switch-back") == (200, {})
    assert session(browser)["arn"] == user_arn("Jane")
    assert call(browser, "ListRoles")[0] == 200
    assert session(browser)["roles"] == [kept]
    told = {}
    for name in ("SwitchRole", "ExitRole"):
        [event] = trail(server, name)
        assert (event["eventType"], event["userIdentity"]["type"]) == ("AwsConsoleSignIn", "AssumedRole")
        assert event["responseElements"] == {name: "Success"}
        told[name] = event["additionalEventData"]
    assert told["SwitchRole"] == {"SwitchFrom": user_arn("Jane"), "RedirectTo": HOME}
    [assumed] = trail(server, "AssumeRole")
    assert assumed["userIdentity"]["userName"] == "Jane"
    assert assumed["requestParameters"]["durationSeconds"] == 7200
    [listed] = [each for each in trail(server, "ListUsers") if each["userIdentity"]["type"] == "AssumedRole"]
    assert listed["sessionCredentialFromConsole"] == "true"


def test_a_link_fills_the_form_in_and_switches_nothing(browser: Browser, jane: dict[str, str], role: str) -> None:
    browser.headers["accept"] = "text/html"
    link = f"/switchrole?account={ACCOUNT}&roleName=staff%2FLister&displayName=%22%3E%3Cb%3E&color=B7CA9D"
    there = browser.open(link).headers["location"]
    assert there == link.replace("/switchrole", FORM)
    to_sign_in = browser.open(there).headers["location"]
    led_on = sign_in(browser, jane, to_sign_in)
    assert led_on.headers["location"] == there
    shown = browser.open(there)
    assert 'value="staff/Lister"' in shown.body
    assert "&#34;&gt;&lt;b&gt;" in shown.body
    assert session(browser)["actingAs"] is None
    assert browser.open(FORM, {"account": ACCOUNT, "role": role}).status == 403  # without the token of our form


def test_a_role_of_another_account(server: Live, browser: Browser, jane: dict[str, str], role: str) -> None:
    other = server.client("iam", server.add_account(OTHER))
    make_role(other, "Guest", trusting(user_arn("Jane")))
    other.create_account_alias(AccountAlias="the-others")
    sign_in(browser, jane)
    assert switch(browser, "Guest", "the-others").status == 303
    who = session(browser)
    assert who["arn"] == f"arn:aws:sts::{OTHER}:assumed-role/Guest/Jane"
    assert (who["accountId"], who["accountAlias"]) == (OTHER, "the-others")
    assert who["actingAs"]["name"] == "Guest @ the-others"
    listed = send(browser, "GET", "/console/me/sessions")[1]["sessions"]
    assert [each["current"] for each in listed] == [True]
    assert post(browser, "sign-out") == (200, {})
    assert send(browser, "GET", "/console/me/session")[0] == 401


@pytest.mark.parametrize(
    ("account", "name", "said"),
    [
        (ACCOUNT, "Nothing", "is not authorized to perform: sts:AssumeRole"),
        ("999999999999", "Lister", "is not authorized to perform: sts:AssumeRole"),
        ("no account!", "Lister", "Account: its 12-digit ID, or its alias."),
        (ACCOUNT, "a role?", "Role: the name of a role"),
        (ACCOUNT, "", "Role: the name of a role"),
    ],
)
def test_what_is_refused_changes_nothing(
    browser: Browser, jane: dict[str, str], role: str, account: str, name: str, said: str
) -> None:
    sign_in(browser, jane)
    refused = switch(browser, name, account)
    assert refused.status == 403
    assert said in refused.problem
    who = session(browser)
    assert (who["actingAs"], who["roles"]) == (None, [])


def test_the_root_user_switches_to_no_role(server: Live, browser: Browser, jane: dict[str, str], role: str) -> None:
    set_root_password(server, "root@example.com", jane["password"])
    entered = {"name": "root@example.com", "password": jane["password"], "code": ""}
    sign_in(browser, entered, f"{SIGN_IN}?as=root")
    assert switch(browser, role).problem == "Roles may not be assumed by root accounts."


def test_the_last_five_roles_are_kept_for_their_person(
    iam: Any, browser: Browser, jane: dict[str, str], role: str
) -> None:
    sign_in(browser, jane)
    for number in range(6):
        name = f"r{number}"
        assert post(browser, "switch-role", {"account": ACCOUNT, "role": role, "name": name, "color": "zz"})[0] == 200
    kept = session(browser)["roles"]
    assert [each["name"] for each in kept] == ["r5", "r4", "r3", "r2", "r1"]
    assert {each["color"] for each in kept} == {""}
    iam.create_user(UserName="John")
    iam.create_login_profile(UserName="John", Password=jane["password"])
    post(browser, "sign-out")
    sign_in(browser, {**jane, "name": "John"})
    assert session(browser)["roles"] == []


def test_as_many_long_names_are_kept_as_a_cookie_holds(iam: Any, browser: Browser, jane: dict[str, str]) -> None:
    iam.put_user_policy(UserName="Jane", PolicyName="roles", PolicyDocument=allowing("sts:AssumeRole"))
    path = f"/{'p' * 510}/"
    make_role(iam, "R" * 64, trusting(ACCOUNT), Path=path)
    sign_in(browser, jane)
    for number in range(6):
        wanted = {"account": ACCOUNT, "role": f"{path[1:]}{'R' * 64}", "name": f"{number}" * 64}
        assert post(browser, "switch-role", wanted) == (200, {})
    kept = session(browser)["roles"]
    assert [each["name"][0] for each in kept] == ["5", "4", "3", "2"]
    assert max(map(len, browser.cookies.values())) < 4_000


def test_a_session_that_no_cookie_holds_is_refused(server: Live, iam: Any, browser: Browser) -> None:
    iam.create_user(UserName="broker")
    make_role(iam, "App", trusting(user_arn("broker")))
    permit(iam, "App", "sts:*")
    make_role(iam, "Next", trusting(role_arn("App")))
    broker = server.client("sts", iam.create_access_key(UserName="broker")["AccessKey"])
    tags = [{"Key": f"{number:03}", "Value": f"{number * 7919:0>200}"} for number in range(20)]
    keys = [tag["Key"] for tag in tags]
    given = broker.assume_role(RoleArn=role_arn("App"), RoleSessionName="jane", Tags=tags, TransitiveTagKeys=keys)
    follow(browser, link(token(browser, given["Credentials"])))
    status, told = post(browser, "switch-role", {"account": ACCOUNT, "role": "Next"})
    assert (status, told["message"][:38]) == (400, "The session would have more tags than ")
    assert session(browser)["actingAs"] is None


def test_a_page_of_before_the_switch_does_nothing_as_the_role(
    browser: Browser, jane: dict[str, str], role: str
) -> None:
    sign_in(browser, jane)
    other_tab = {"x-iamd-csrf": session(browser)["csrf"]}
    switch(browser, role)
    status, told = send(browser, "POST", "/console/api/iam/ListUsers", {}, **other_tab)
    assert (status, told["message"]) == (403, "This page is out of date, or not the console's own. Please reload it.")


def test_when_the_roles_session_is_over_the_person_acts_again(
    browser: Browser, clock: Clock, jane: dict[str, str], role: str
) -> None:
    sign_in(browser, jane)
    switch(browser, role)
    for _ in range(3):
        clock.ahead += timedelta(minutes=39)
        assert session(browser)["actingAs"] is not None
    clock.ahead += timedelta(minutes=10)
    assert session(browser)["arn"] == user_arn("Jane")


def test_a_roles_session_ends_with_the_persons(browser: Browser, clock: Clock, jane: dict[str, str], role: str) -> None:
    sign_in(browser, jane)
    ends = session(browser)["expires"]
    for _ in range(14):
        clock.ahead += timedelta(minutes=50)
        session(browser)
    switch(browser, role)
    assert session(browser)["expires"] == ends


def test_a_role_that_is_deleted_or_forbidden_is_gone(
    iam: Any, browser: Browser, jane: dict[str, str], role: str
) -> None:
    sign_in(browser, jane)
    switch(browser, role)
    iam.delete_role_policy(RoleName="Lister", PolicyName=iam.list_role_policies(RoleName="Lister")["PolicyNames"][0])
    assert call(browser, "ListUsers")[0] == 403
    iam.delete_role(RoleName="Lister")
    assert session(browser)["arn"] == user_arn("Jane")


def test_the_menu_switches_and_the_bar_shows_as_whom(person: Person, iam: Any) -> None:
    make_role(iam, "Auditor", trusting(ACCOUNT))
    iam.attach_role_policy(RoleName="Auditor", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    page = person.at("/users")
    page.get_by_role("button", name=re.compile("Ada @ ")).click()
    page.get_by_role("menuitem", name="Switch role").click()
    page.get_by_label("Account ID or alias").fill(ACCOUNT)
    page.get_by_label("IAM role name").fill("Auditor")
    page.get_by_label("Display name").fill("Night watch")
    page.get_by_label("yellow").check()
    person.looks_right()
    page.get_by_role("button", name="Switch role").click()
    bar = page.get_by_role("region", name="Switch role")
    expect(bar).to_contain_text("You act as Night watch. You are signed in as Ada.")
    expect(bar).to_have_css("background-color", "rgb(250, 215, 145)")
    person.looks_right()
    page.goto("about:blank")
    page.set_content(f'<a href="{person.origin}/switchrole?account={ACCOUNT}&roleName=Auditor">Night watch</a>')
    page.get_by_role("link").click()
    expect(page.get_by_label("IAM role name")).to_have_value("Auditor")  # another site's link finds who is signed in
    page.get_by_role("link", name="Stay as you are").click()
    bar.get_by_role("button", name="Switch back").click()
    expect(page.get_by_role("button", name=re.compile("Ada @ "))).to_be_visible()
    expect(bar).to_have_count(0)
    page.get_by_role("button", name=re.compile("Ada @ ")).click()
    page.get_by_text("Roles of before", exact=True).click()
    page.get_by_role("menuitem", name="Night watch").click()
    expect(bar).to_contain_text("You act as Night watch.")

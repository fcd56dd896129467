"""Pictures of how access comes about, and of whom a principal can become."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from tests.console.people import Person
from tests.console.test_roles import trust
from tests.live import ACCOUNT

READS = {"Sid": "Reads", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def saved(page: Page) -> ElementTree.Element:
    """The picture as a file."""
    with page.expect_download() as told:
        page.get_by_role("button", name="Save as SVG").click()
    return ElementTree.fromstring(told.value.path().read_text())


def texts(drawing: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in drawing.iter("{http://www.w3.org/2000/svg}text")]


def test_a_decision_is_drawn_and_told(person: Person, iam: Any) -> None:
    iam.create_user(UserName="jane")
    iam.create_group(GroupName="staff")
    iam.put_group_policy(GroupName="staff", PolicyName="reports", PolicyDocument=policy(READS))
    iam.add_user_to_group(GroupName="staff", UserName="jane")
    page = person.at("/users/jane")
    page.get_by_role("button", name="Analyze access").click()
    page.get_by_role("menuitem", name="Explain access").click()
    page.get_by_label("Action").fill("s3:GetObject")
    page.get_by_label("Resource").fill("arn:aws:s3:::reports/1")
    page.get_by_role("button", name="Explain", exact=True).click()
    expect(page.get_by_text("Allowed by statement")).to_be_visible()
    picture = page.get_by_role("img", name="How the decision comes about")
    expect(picture).to_be_visible()
    assert {"user/jane", "reports", "by group staff", "Statement Reads", "Allowed"} <= set(texts(saved(page)))
    person.looks_right()
    whole = picture.get_attribute("viewBox")
    page.get_by_role("group", name="How the decision comes about").focus()
    page.keyboard.press("+")
    expect(picture).not_to_have_attribute("viewBox", whole or "")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("0")
    expect(picture).to_have_attribute("viewBox", whole or "")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Action").fill("s3:PutObject")
    page.get_by_role("button", name="Explain", exact=True).click()
    expect(page.get_by_text("Add to the policies of the caller:")).to_be_visible()
    expect(page.get_by_text('"Action": "s3:PutObject"')).to_be_visible()


def test_a_denial_leads_to_the_smallest_change(person: Person, iam: Any, user: Callable[..., Any]) -> None:
    eve = user("eve", {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"})
    for work in (lambda: eve("iam").list_users(), lambda: eve("organizations").list_roots()):
        with pytest.raises(Exception, match="AccessDenied"):
            work()
    iam.put_user_policy(UserName="eve", PolicyName="own", PolicyDocument=policy({**READS, "Action": "*"}))
    page = person.at("/events?by=EventName&value=ListUsers")
    page.get_by_role("radio", name="Select ListUsers").first.check()
    expect(page.get_by_role("heading", name="What would allow it")).to_be_visible()
    expect(page.get_by_text('"Action": "iam:ListUsers"')).to_be_visible()
    page.get_by_role("link", name="See how the decision comes about").click()
    expect(page.get_by_text("by the policies of that moment")).to_be_visible()
    expect(page.get_by_text("Nearest is statement")).to_be_visible()
    person.looks_right()
    page = person.at("/events?by=EventName&value=ListRoots")
    page.get_by_role("radio", name="Select ListRoots").first.check()
    page.get_by_role("link", name="Explain it by the policies as they are now").click()
    expect(page.get_by_text("by the policies as they are now")).to_be_visible()
    expect(page.get_by_text('"Action": "organizations:ListRoots"')).to_be_visible()
    expect(page.get_by_role("img", name="How the decision comes about")).to_be_visible()


def test_paths_to_others_are_drawn_and_told(person: Person, iam: Any) -> None:
    iam.create_user(UserName="jane")
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/power"}
    iam.put_user_policy(UserName="jane", PolicyName="assumes", PolicyDocument=policy(may))
    iam.create_role(RoleName="power", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    iam.attach_role_policy(RoleName="power", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    page = person.at("/users/jane")
    page.get_by_role("button", name="Analyze access").click()
    page.get_by_role("menuitem", name="Show paths").click()
    expect(page.get_by_text("It can become an administrator, in one way.")).to_be_visible()
    expect(page.get_by_role("row", name="user/jane")).to_contain_text("sts:AssumeRole on role/power, by assumes")
    assert {"user/jane", "role/power", "Administrator"} <= set(texts(saved(page)))
    person.looks_right()
    page.get_by_role("link", name="role/power").click()
    page.get_by_role("button", name="Analyze access").click()
    page.get_by_role("menuitem", name="Show paths").click()
    expect(page.get_by_text("This principal is an administrator")).to_be_visible()
    iam.delete_user_policy(UserName="jane", PolicyName="assumes")
    page = person.at(f"/paths/arn%3Aaws%3Aiam%3A%3A{ACCOUNT}%3Auser%2Fjane")
    expect(page.get_by_text("There is no way to anybody else.")).to_be_visible()

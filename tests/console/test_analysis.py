"""The pages that answer questions about access: the simulator, who can, the analyzer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.console.people import Person
from tests.console.test_roles import LAMBDA, trust

READS = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::reports/*",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example123"}},
}
LISTS = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


def test_the_simulator_tells_decisions_and_reasons(person: Person, user: Callable[..., Any]) -> None:
    user("jane", READS, LISTS)
    page = person.at("/simulator")
    expect(page.get_by_text("Nothing has been simulated yet")).to_be_visible()
    page.get_by_role("button", name="Identity").click()
    page.get_by_role("option", name="jane").click()
    page.get_by_label("Actions").fill("s3:GetObject\ns3:DeleteObject")
    page.get_by_label("Resources").fill("arn:aws:s3:::reports/1")
    page.get_by_role("button", name="Run simulation").click()
    expect(page.get_by_role("row", name="s3:GetObject")).to_contain_text("Statements ask for aws:PrincipalOrgID")
    expect(page.get_by_role("row", name="s3:DeleteObject")).to_contain_text("No statement allows it")
    person.looks_right()
    page.get_by_role("button", name="Add condition key").click()
    page.get_by_label("Condition key 1").fill("aws:PrincipalOrgID")
    page.get_by_label("Values 1").fill("o-example123")
    page.get_by_role("button", name="Run simulation").click()
    expect(page.get_by_role("row", name="s3:GetObject")).to_contain_text("Allowed")
    person.looks_right()
    page.get_by_label("Actions").fill("nonsense")
    page.get_by_role("button", name="Run simulation").click()
    expect(page.get_by_text("This was refused")).to_be_visible()


def test_who_can_asks_every_user_and_role(person: Person, iam: Any, user: Callable[..., Any]) -> None:
    user("jane", LISTS)
    user("eve")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=LAMBDA)
    page = person.at("/who-can")
    page.get_by_label("Action").fill("s3:ListAllMyBuckets")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("4 of 4 identities asked")).to_be_visible()
    expect(page.get_by_role("link", name="jane")).to_be_visible()
    expect(page.get_by_role("row", name="Ada")).to_contain_text("AdministratorAccess")
    expect(page.get_by_role("row")).to_have_count(3)
    person.looks_right()


def test_the_analyzer_finds_access_from_outside(person: Person, iam: Any) -> None:
    partner = trust({"AWS": "arn:aws:iam::444455556666:root"})
    iam.create_role(RoleName="partner", AssumeRolePolicyDocument=partner)
    page = person.at("/analyzer")
    expect(page.get_by_text("No analyzer looks at this account")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Create analyzer").click()
    page.get_by_role("dialog").get_by_role("button", name="Create analyzer").click()
    person.told("The analyzer has been created.")
    person.at("/")
    expect(page.get_by_text("role/partner can be used by arn:aws:iam::444455556666:root")).to_be_visible()
    page.get_by_role("link", name="Go to the access analyzer").click()
    row = page.get_by_role("row", name="role/partner")
    expect(row).to_contain_text("444455556666")
    row.get_by_role("checkbox").check()
    person.looks_right()
    page.get_by_role("button", name="Archive").click()
    person.told("1 finding has been changed.")
    expect(row).to_contain_text("Archived")
    iam.delete_role(RoleName="partner")
    page.get_by_role("button", name="Refresh").click()
    expect(row).not_to_contain_text("Active")
    page.get_by_role("button", name="Delete analyzer").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("account")
    dialog.get_by_role("button", name="Delete").click()
    person.told("The analyzer has been deleted.")
    expect(page.get_by_text("No analyzer looks at this account")).to_be_visible()

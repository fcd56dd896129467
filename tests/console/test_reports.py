"""Instance profiles, and the reports about who used what."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from playwright.sync_api import expect

from tests.console.people import Person
from tests.console.test_roles import LAMBDA


def test_instance_profiles(person: Person, iam: Any) -> None:
    for name in ("worker", "web"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=LAMBDA)
    page = person.at("/instance-profiles")
    page.get_by_role("button", name="Create instance profile").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("machine")
    dialog.get_by_role("button", name="Role").click()
    page.get_by_role("option", name="worker").click()
    person.looks_right()
    dialog.get_by_role("button", name="Create").click()
    person.told("Instance profile machine has been created.")
    page.get_by_role("radio", name="Select machine").check()
    page.get_by_role("button", name="Change role").click()
    dialog.get_by_role("button", name="Role").click()
    page.get_by_role("option", name="web").click()
    dialog.get_by_role("button", name="Save changes").click()
    person.told("The role has been changed.")
    expect(page.get_by_role("link", name="web")).to_be_visible()
    person.looks_right()
    profile = iam.get_instance_profile(InstanceProfileName="machine")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["web"]
    page.get_by_role("radio", name="Select machine").check()
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("textbox").fill("machine")
    dialog.get_by_role("button", name="Delete").click()
    person.told("Instance profile machine has been deleted.")
    assert iam.list_instance_profiles()["InstanceProfiles"] == []


def test_the_credential_report_is_generated_and_kept(person: Person, iam: Any) -> None:
    iam.create_user(UserName="robot")
    iam.create_access_key(UserName="robot")
    page = person.at("/credential-report")
    expect(page.get_by_text("There is no report").first).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Generate report").click()
    expect(page.get_by_role("row", name="Root user")).to_be_visible()
    expect(page.get_by_role("row", name="robot")).to_contain_text("Active")
    person.looks_right()
    with page.expect_download() as kept:
        page.get_by_role("button", name="Download as CSV").click()
    assert kept.value.path().read_text().startswith("user,arn,user_creation_time,")


def test_the_access_advisor_tells_what_was_used_last(person: Person, iam: Any) -> None:
    policy = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=LAMBDA)
    iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
    page = person.at("/roles/worker?tab=access")
    expect(page.get_by_role("row", name="AWS Identity and Access Management")).to_contain_text("Not accessed")
    person.looks_right()
    page = person.at(f"/policies/{quote(policy, safe='')}?tab=access")
    expect(page.get_by_role("row", name="AWS Identity and Access Management")).to_be_visible()
    page = person.at("/users/Ada?tab=access")
    expect(page.get_by_role("row").nth(1)).to_contain_text("just now")
    person.looks_right()

"""The pages of managed policies."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.console.people import Person
from tests.console.test_users import ALLOWS


def write(page: Page, document: str, editor: str = "Policy document") -> None:
    """Put that into the editor of that name, in place of what is there."""
    page.get_by_role("textbox", name=editor).press("Control+a")
    page.keyboard.insert_text(document)


def test_a_policy_is_written_changed_and_deleted(person: Person, iam: Any) -> None:
    page = person.at("/policies")
    expect(page.get_by_role("link", name="AdministratorAccess", exact=True)).to_be_visible()
    page.get_by_role("button", name="Customer managed").click()
    expect(page.get_by_text("There are no policies")).to_be_visible()
    page.get_by_role("button", name="Create policy").click()
    page.get_by_label("Policy name").fill("Buckets")
    write(page, ALLOWS)
    expect(page.get_by_text("Nothing is wrong with this policy")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Create policy").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Buckets")
    (policy,) = iam.list_policies(Scope="Local")["Policies"]
    write(page, ALLOWS.replace("s3:ListAllMyBuckets", "s3:GetObject"))
    page.get_by_role("button", name="Save as new default version").click()
    person.told("The policy has been saved.")
    assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["DefaultVersionId"] == "v2"
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("radio", name="Select v1").check()
    expect(page.get_by_role("region", name="Changes")).to_contain_text('Removed: "Action": "s3:GetObject"')
    page.get_by_role("button", name="Set as default").click()
    person.told("Another version holds now.")
    assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["DefaultVersionId"] == "v1"
    iam.attach_user_policy(UserName="Ada", PolicyArn=policy["Arn"])
    page.get_by_role("tab", name="Entities attached").click()
    expect(page.get_by_role("link", name="Ada", exact=True)).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Buckets")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_text("Cannot delete a policy attached to entities.")).to_be_visible()
    iam.detach_user_policy(UserName="Ada", PolicyArn=policy["Arn"])
    dialog.get_by_role("button", name="Delete").click()
    person.told("Policy Buckets has been deleted.")


def test_policies_of_aws_are_read_only(person: Person) -> None:
    page = person.at("/policies/arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess")
    expect(page.get_by_text("AWS managed")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    expect(page.get_by_role("button", name="Save as new default version")).to_have_count(0)
    person.looks_right()

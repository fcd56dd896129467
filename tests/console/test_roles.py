"""The pages of roles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.people import Person
from tests.live import ACCOUNT

ISSUER = "token.actions.example.com"


def trust(principal: Any, action: str = "sts:AssumeRole") -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


LAMBDA = trust({"Service": "lambda.amazonaws.com"})


def trusted_by(iam: Any, name: str) -> dict[str, Any]:
    """The one statement of a role's trust policy."""
    [statement] = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    return dict(statement)


def test_roles_are_listed_with_whom_they_trust_and_deleted(person: Person, iam: Any) -> None:
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=LAMBDA, Description="Does the work")
    iam.attach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="worker")
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    page = person.at("/roles")
    expect(page.get_by_role("row", name="worker")).to_contain_text("AWS service: lambda")
    person.looks_right()
    for name in ("worker", "AWSServiceRoleForAutoScaling"):
        page.get_by_role("radio", name=f"Select {name}").check()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("textbox").fill(name)
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        person.told(f"Role {name} has been deleted.")
    expect(page.get_by_text("There are no roles")).to_be_visible()
    assert iam.list_roles()["Roles"] == []


def next_step(page: Page) -> None:
    page.get_by_role("button", name="Next", exact=True).click()


def create(person: Person, name: str) -> None:
    """From the first step, filled in, to the made role."""
    next_step(person.page)
    next_step(person.page)
    person.page.get_by_label("Role name").fill(name)
    person.page.get_by_role("button", name="Create role").click()
    person.told(f"Role {name} has been created.")


def test_a_role_for_a_service_is_made_step_by_step(person: Person, iam: Any) -> None:
    page = person.at("/roles")
    page.get_by_role("button", name="Create role").click()
    expect(page.get_by_role("radio", name="AWS service")).to_be_checked()
    next_step(page)
    expect(page.get_by_text("This is needed")).to_be_visible()
    person.looks_right()
    page.get_by_label("Service or use case").fill("lambda")
    page.get_by_role("option", name="lambda.amazonaws.com", exact=True).click()
    next_step(page)
    page.get_by_role("searchbox", name="Search").fill("IAMReadOnly")
    page.get_by_role("checkbox", name="Select IAMReadOnlyAccess").check()
    next_step(page)
    expect(page.get_by_text('"Service": "lambda.amazonaws.com"')).to_be_visible()
    page.get_by_label("Role name").fill("worker")
    page.get_by_label("Description").fill("Does the work")
    person.looks_right()
    page.get_by_role("button", name="Create role").click()
    person.told("Role worker has been created.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("worker")
    person.looks_right()
    assert trusted_by(iam, "worker")["Principal"] == {"Service": "lambda.amazonaws.com"}
    [policy] = iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"]
    assert policy["PolicyName"] == "IAMReadOnlyAccess"


def test_a_role_for_another_account(person: Person, iam: Any) -> None:
    page = person.at("/roles/create")
    page.get_by_role("radio", name="AWS account").check()
    page.get_by_role("radio", name="Another AWS account").check()
    page.get_by_label("Account ID").fill("123")
    next_step(page)
    expect(page.get_by_text("This is needed")).to_be_visible()
    page.get_by_label("Account ID").fill("444455556666")
    page.get_by_label("External ID").fill("agreed-77")
    page.get_by_label("Require MFA").check()
    person.looks_right()
    create(person, "partner")
    assert trusted_by(iam, "partner") == {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"sts:ExternalId": "agreed-77"},
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
        },
    }


def test_a_role_for_tokens_of_a_provider(person: Person, iam: Any) -> None:
    iam.create_open_id_connect_provider(
        Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )
    page = person.at("/roles/create")
    page.get_by_role("radio", name="Web identity").check()
    page.get_by_role("button", name="Identity provider").click()
    page.get_by_role("option", name=ISSUER).click()
    page.get_by_label("Audience").fill("sts")
    page.get_by_role("option", name="sts.amazonaws.com").click()
    page.get_by_label("Subject").fill("repo:example/*")
    person.looks_right()
    create(person, "builder")
    assert trusted_by(iam, "builder")["Condition"] == {
        "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{ISSUER}:sub": "repo:example/*"},
    }


def test_a_role_by_a_policy_of_ones_own(person: Person, iam: Any) -> None:
    page = person.at("/roles/create")
    page.get_by_role("radio", name="Custom trust policy").check()
    editor = page.get_by_role("textbox", name="Trust policy")
    editor.press("Control+a")
    page.keyboard.insert_text(trust({"AWS": "*"}))
    expect(page.get_by_role("region", name="What the check found")).to_be_visible()
    person.looks_right()
    create(person, "open")
    assert trusted_by(iam, "open")["Principal"] == {"AWS": "*"}


@pytest.fixture
def worker(iam: Any) -> str:
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=LAMBDA)
    return "worker"


def test_the_trust_policy_of_a_role_is_changed(person: Person, iam: Any, worker: str) -> None:
    page = person.at(f"/roles/{worker}?tab=trust")
    save = page.get_by_role("button", name="Update trust policy")
    expect(save).to_be_disabled()
    editor = page.get_by_role("textbox", name="Trust policy")
    editor.press("Control+a")
    page.keyboard.insert_text(trust({"AWS": "nobody"}))
    save.click()
    expect(page.get_by_text("Invalid principal in policy")).to_be_visible()
    person.looks_right()
    editor.press("Control+a")
    page.keyboard.insert_text(trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/Ada"}))
    save.click()
    person.told("The trust policy has been updated.")
    expect(save).to_be_disabled()
    assert trusted_by(iam, worker)["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:user/Ada"}


def test_a_role_is_edited_and_its_sessions_are_revoked(person: Person, iam: Any, worker: str) -> None:
    page = person.at(f"/roles/{worker}?tab=sessions")
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Description").fill("Works hard")
    dialog.get_by_label("Longest session").fill("60")
    dialog.get_by_role("button", name="Save changes").click()
    expect(dialog.get_by_text("3600")).not_to_have_count(0)
    person.looks_right()
    dialog.get_by_label("Longest session").fill("7200")
    dialog.get_by_role("button", name="Save changes").click()
    person.told("The role has been saved.")
    expect(page.get_by_text("2 hours")).to_be_visible()
    page.get_by_role("button", name="Revoke active sessions").click()
    dialog.get_by_role("button", name="Revoke active sessions").click()
    person.told("The sessions have been revoked.")
    person.looks_right()
    policy = iam.get_role_policy(RoleName=worker, PolicyName="AWSRevokeOlderSessions")["PolicyDocument"]
    assert policy["Statement"][0]["Effect"] == "Deny"
    assert "aws:TokenIssueTime" in policy["Statement"][0]["Condition"]["DateLessThan"]


def test_the_boundary_of_a_role_is_set_and_removed(person: Person, iam: Any, worker: str) -> None:
    page = person.at(f"/roles/{worker}")
    page.get_by_role("button", name="Set boundary").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Choose a policy").click()
    page.keyboard.insert_text("PowerUser")
    page.get_by_role("option", name="PowerUserAccess").click()
    person.looks_right()
    dialog.get_by_role("button", name="Set boundary").click()
    person.told("The permissions boundary has been set.")
    expect(page.get_by_role("link", name="PowerUserAccess")).to_be_visible()
    present = iam.get_role(RoleName=worker)["Role"]["PermissionsBoundary"]
    assert present["PermissionsBoundaryArn"] == "arn:aws:iam::aws:policy/PowerUserAccess"
    page.get_by_role("button", name="Remove boundary").click()
    dialog.get_by_role("button", name="Remove boundary").click()
    person.told("The permissions boundary has been removed.")
    person.looks_right()
    assert "PermissionsBoundary" not in iam.get_role(RoleName=worker)["Role"]


def test_a_service_linked_role_is_made(person: Person, iam: Any) -> None:
    page = person.at("/roles")
    page.get_by_role("button", name="Create service-linked role").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="AWS service").click()
    page.keyboard.type("autoscaling.amazonaws")
    page.get_by_role("option", name="AWSServiceRoleForAutoScaling").first.click()
    dialog.get_by_label("Suffix").fill("mine")
    person.looks_right()
    dialog.get_by_role("button", name="Create role").click()
    person.told("Role AWSServiceRoleForAutoScaling_mine has been created.")
    expect(page.get_by_role("row", name="AWSServiceRoleForAutoScaling_mine")).to_contain_text("Never")
    assert iam.get_role(RoleName="AWSServiceRoleForAutoScaling_mine")["Role"]["Path"].endswith(
        "autoscaling.amazonaws.com/"
    )

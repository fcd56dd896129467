"""A change is tried before it is saved: on recorded calls, and on requests that nobody has made yet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.people import Person
from tests.console.test_policies import write
from tests.live import ACCOUNT, Live, live

LONG = 90_000  # milliseconds: the server asks processes of their own, which a busy machine lets wait
LISTS = {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Live]:
    """A server on a data directory: without one there is no record to look at."""
    with live(in_memory=False, data_dir=str(tmp_path)) as server:
        yield server


def policy(*actions: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {**LISTS, "Action": actions}}, indent=4)


def test_a_change_is_tried_before_it_is_saved(person: Person, server: Live, iam: Any) -> None:
    try_a_version(person, server, iam)
    try_a_trust_policy(person, server, iam)
    denies = {"Effect": "Deny", "Action": "iamd:ReplayCalls", "Resource": "*"}
    never = json.dumps({"Version": "2012-10-17", "Statement": denies})
    iam.put_user_policy(UserName="Ada", PolicyName="never", PolicyDocument=never)
    dialog = person.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Test", exact=True)).to_be_visible(timeout=LONG)
    dialog.get_by_role("button", name="Test", exact=True).click()
    expect(dialog.get_by_text("is not authorized to perform: iamd:ReplayCalls")).to_be_visible()
    person.looks_right()


def opened(page: Page) -> Locator:
    """Open the dialog and ask about the calls of the last day; the dialog."""
    page.get_by_role("button", name="Test this change").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Recorded calls of").click()
    page.get_by_role("option", name="the last day").click()
    return dialog


def try_a_version(person: Person, server: Live, iam: Any) -> None:
    """A user's calls are denied by it; one that the user has not made yet is allowed."""
    iam.create_user(UserName="ann")
    arn = iam.create_policy(PolicyName="Own", PolicyDocument=policy("iam:List*", "iam:GetUser"))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    ann = server.client("iam", iam.create_access_key(UserName="ann")["AccessKey"])
    for _ in range(3):
        ann.list_users()
    ann.list_roles()
    page = person.at(f"/policies/{quote(arn, safe='')}")
    expect(page.get_by_role("button", name="Test this change")).to_be_disabled()
    write(page, policy("iam:ListRoles", "iam:GetUser", "iam:GetRole"))
    page.get_by_role("button", name="Changes", exact=True).click()
    expect(page.get_by_role("region", name="Changes")).to_contain_text('Removed: "iam:List*"')
    dialog = opened(page)
    dialog.get_by_role("button", name="Try what nobody has done yet").click()
    dialog.get_by_role("button", name="Identity").click()
    page.get_by_role("option", name="ann").click()
    dialog.get_by_label("Actions").fill("iam:GetRole")
    dialog.get_by_role("button", name="Test", exact=True).click()
    expect(dialog.get_by_text("3 recorded calls would be denied.")).to_be_visible(timeout=LONG)
    row = dialog.get_by_role("row", name="iam:ListUsers")
    expect(row).to_contain_text("user/ann")
    expect(row).to_contain_text("Nothing allows it")
    tried = dialog.get_by_role("row", name="iam:GetRole")
    expect(tried).to_contain_text("DeniedAllowedStatement 1")
    person.looks_right()
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 1


def try_a_trust_policy(person: Person, server: Live, iam: Any) -> None:
    """Nobody could assume the role any more."""
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    key = iam.create_access_key(UserName="Ada")["AccessKey"]
    server.client("sts", key).assume_role(RoleArn=role, RoleSessionName="work")
    page = person.at("/roles/worker?tab=trust")
    write(page, document.replace("Allow", "Deny"), "Trust policy")
    dialog = opened(page)
    dialog.get_by_role("button", name="Test", exact=True).click()
    expect(dialog.get_by_text("1 recorded call would be denied.")).to_be_visible(timeout=LONG)
    expect(dialog.get_by_role("row", name="sts:AssumeRole")).to_contain_text("user/Ada")

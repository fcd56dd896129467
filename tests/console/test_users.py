"""The pages of users."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.console.people import Person
from tests.live import ACCOUNT
from tests.services.phones import Phone
from tests.services.signin.browser import PASSWORD

ALLOWS = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}}'


def test_users_are_listed_searched_and_deleted(person: Person, iam: Any) -> None:
    for number in range(30):
        iam.create_user(UserName=f"user-{number:02}", Path="/staff/")
    key = iam.create_access_key(UserName="user-07")["AccessKey"]
    iam.put_user_policy(UserName="user-07", PolicyName="own", PolicyDocument=ALLOWS)
    page = person.at("/users")
    expect(page.get_by_role("heading", name="Users")).to_contain_text("(31)")
    expect(page.get_by_role("row")).to_have_count(26)
    person.looks_right()
    page.get_by_role("searchbox", name="Search").fill("user-07")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("radio").check()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    dialog.get_by_role("textbox").fill("user-07")
    dialog.get_by_role("button", name="Delete").click()
    person.told("User user-07 has been deleted.")
    assert key["UserName"] not in {user["UserName"] for user in iam.list_users()["Users"]}
    person.looks_right()


def test_a_user_is_made_step_by_step(person: Person, iam: Any) -> None:
    iam.create_group(GroupName="Staff")
    page = person.at("/users")
    page.get_by_role("button", name="Create user").click()
    page.get_by_label("User name").fill("jane.doe")
    page.get_by_label("The user signs in to the console").check()
    person.looks_right()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Groups").click()
    page.get_by_role("option", name="Staff").click()
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Search").fill("IAMReadOnly")
    page.get_by_role("checkbox", name="Select IAMReadOnlyAccess").check()
    person.looks_right()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Add a tag").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill("blue")
    person.looks_right()
    page.get_by_role("button", name="Create user").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("User jane.doe has been created")
    page.get_by_role("button", name="Show the secret").click()
    with page.expect_download() as kept:
        page.get_by_role("button", name="Download as CSV").click()
    url, name, password = kept.value.path().read_text().splitlines()[1].strip('"').split('","')
    assert (url, name) == (f"{person.server.endpoint}/console/sign-in?account={ACCOUNT}", "jane.doe")
    expect(page.get_by_text(password, exact=True)).to_be_visible()
    person.looks_right()
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="jane.doe")["Groups"]] == ["Staff"]
    assert iam.list_user_tags(UserName="jane.doe")["Tags"] == [{"Key": "team", "Value": "blue"}]
    attached = iam.list_attached_user_policies(UserName="jane.doe")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["IAMReadOnlyAccess"]


def test_what_is_refused_halfway_is_taken_back(person: Person, iam: Any) -> None:
    page = person.at("/users/create")
    page.get_by_label("User name").fill("jane")
    page.get_by_label("The user signs in to the console").check()
    page.get_by_label("Set a password").check()
    page.get_by_role("textbox", name="Password").fill("short")
    for _ in range(2):  # by key: the button moves as the policies come in
        page.get_by_role("button", name="Next", exact=True).press("Enter")
    page.get_by_role("button", name="Create user").click()
    expect(page.get_by_text("Password should have a minimum length of 8")).to_be_visible()
    person.looks_right()
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["Ada"]


def test_the_permissions_of_a_user(person: Person, iam: Any) -> None:
    iam.create_user(UserName="jane")
    page = person.at("/users/jane")
    page.get_by_role("button", name="Attach policies").click()
    dialog = page.get_by_role("dialog")
    for name in ("IAMFullAccess", "SecurityAudit"):
        dialog.get_by_role("searchbox").fill(name)
        dialog.get_by_role("checkbox", name=f"Select {name}", exact=True).check()
    person.looks_right()
    dialog.get_by_role("button", name="Test this change").click()
    trial = page.get_by_role("dialog", name="Test this change")
    trial.get_by_role("button", name="Test", exact=True).click()
    expect(trial.get_by_text("start it with a data directory")).to_be_visible()
    trial.get_by_role("button", name="Close").last.click()
    dialog.get_by_role("button", name="Attach 2 policies").click()
    person.told("2 policies have been attached.")
    page.get_by_role("button", name="Create inline policy").click()
    page.get_by_label("Policy name").fill("own")
    written = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Nothing","Resource":"*"}}'
    editor = page.get_by_role("textbox", name="Policy document")
    editor.press("Control+a")
    page.keyboard.insert_text(written)
    findings = page.get_by_role("region", name="What the check found")
    expect(findings).to_contain_text("The action s3:Nothing does not exist.")
    person.looks_right()
    editor.press("Control+a")
    page.keyboard.insert_text(ALLOWS)
    expect(page.get_by_text("Nothing is wrong with this policy")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    person.told("Policy own has been saved.")
    stored = iam.get_user_policy(UserName="jane", PolicyName="own")["PolicyDocument"]
    assert stored["Statement"]["Action"] == "s3:ListAllMyBuckets"
    page.get_by_role("checkbox", name="Select IAMFullAccess").check()
    page.get_by_role("checkbox", name="Select SecurityAudit").check()
    page.get_by_role("checkbox", name="Select own").check()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    person.told("3 policies have been removed.")
    expect(page.get_by_role("button", name="Remove", exact=True)).to_be_disabled()
    person.looks_right()
    assert iam.list_attached_user_policies(UserName="jane")["AttachedPolicies"] == []


def test_groups_and_tags_of_a_user(person: Person, iam: Any) -> None:
    iam.create_user(UserName="jane", Tags=[{"Key": "old", "Value": "1"}])
    iam.create_group(GroupName="Staff")
    page = person.at("/users/jane?tab=groups")
    page.get_by_role("button", name="Add to groups").click()
    page.get_by_role("dialog").get_by_role("button", name="Groups").click()
    page.get_by_role("option", name="Staff").click()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    person.told("Added to 1 group.")
    person.looks_right()
    page.get_by_role("tab", name="Tags").click()
    page.get_by_role("button", name="Manage tags").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove").click()
    dialog.get_by_role("button", name="Add a tag").click()
    dialog.get_by_label("Key 1").fill("<b>new</b>")
    dialog.get_by_label("Value 1").fill("2")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("failed to satisfy constraint")).to_be_visible()
    dialog.get_by_label("Key 1").fill("new")
    dialog.get_by_role("button", name="Save").click()
    person.told("The tags have been saved.")
    assert iam.list_user_tags(UserName="jane")["Tags"] == [{"Key": "new", "Value": "2"}]


def test_the_credentials_of_a_user(person: Person, iam: Any) -> None:
    iam.create_user(UserName="jane")
    page = person.at("/users/jane?tab=credentials")
    page.get_by_role("button", name="Create access key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Show the secret").click()
    with page.expect_download() as kept:
        dialog.get_by_role("button", name="Download as CSV").click()
    key, secret = kept.value.path().read_text().splitlines()[1].strip('"').split('","')
    person.looks_right()
    dialog.get_by_role("button", name="Done").click()
    client = person.server.client("sts", {"AccessKeyId": key, "SecretAccessKey": secret})
    assert client.get_caller_identity()["Arn"].endswith(":user/jane")
    page.get_by_role("radio", name=f"Select {key}").check()
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("Inactive")).to_be_visible()
    page.get_by_role("button", name="Enable console access").click()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Save").click()
    person.told("The password has been set.")
    assert iam.get_login_profile(UserName="jane")["LoginProfile"]["PasswordResetRequired"]
    person.looks_right()


def test_an_authenticator_app_is_added(person: Person, iam: Any) -> None:
    page = person.at("/users/Ada?tab=credentials")
    page.get_by_role("button", name="Assign MFA device").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Device name").fill("ada-phone")
    dialog.get_by_role("button", name="Next", exact=True).click()
    expect(dialog.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    seed = dialog.get_by_text(re.compile("^[A-Z2-7]{64}$")).inner_text()
    person.looks_right()
    phone = Phone.__new__(Phone)
    phone.start(f"arn:aws:iam::{ACCOUNT}:mfa/ada-phone", seed)
    dialog.get_by_label("MFA code 1").fill(phone.code(-1))
    dialog.get_by_label("MFA code 2").fill(phone.code(0))
    dialog.get_by_role("button", name="Assign").click()
    person.told("The MFA device has been assigned.")
    assert [each["SerialNumber"] for each in iam.list_mfa_devices(UserName="Ada")["MFADevices"]] == [phone.serial]


def test_buttons_say_which_permission_lacks(person: Person, iam: Any) -> None:
    iam.detach_user_policy(UserName="Ada", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.attach_user_policy(UserName="Ada", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    page = person.at("/users")
    button = page.get_by_role("button", name="Create user")
    expect(button).to_be_disabled()
    button.focus()
    expect(page.get_by_text("You lack the permission iam:CreateUser: no policy of yours gives it.")).not_to_have_count(
        0
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Users")
    page.get_by_role("searchbox").focus()
    person.looks_right()
    allowed = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*"}}'
    iam.put_user_policy(UserName="Ada", PolicyName="creation", PolicyDocument=allowed)
    page = person.at("/users/create")
    page.get_by_label("User name").fill("jane")
    for _ in range(2):  # by key: the button moves as the policies come in
        page.get_by_role("button", name="Next", exact=True).press("Enter")
    button = page.get_by_role("button", name="Create user")
    expect(button).to_be_enabled()
    page.get_by_role("button", name="Add a tag").click()  # which takes a permission of its own
    expect(button).to_be_disabled()
    button.focus()
    expect(page.get_by_text("You lack the permission iam:TagUser: no policy of yours gives it.")).not_to_have_count(0)
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_role("heading", name="Set permissions")).to_be_visible()
    page = person.at("/users/Ada?tab=tags")
    expect(page.get_by_role("button", name="Manage tags")).to_be_disabled()
    person.looks_right()

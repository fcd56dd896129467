"""The editor of policies: completion out of the reference, and forms."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, expect

from tests.console.people import Person
from tests.console.test_policies import write

# The editor keeps what it shows to itself; its own object is found at its element.
_TEXT = "() => document.querySelector('.ace_editor').env.editor.getValue()"
_GO = """found => {
    const { editor } = document.querySelector('.ace_editor').env;
    editor.completer?.detach();  // as a click does; what was asked for at another place may still come
    editor.moveCursorToPosition(editor.find(found, { start: { row: 0, column: 0 } }).end);
    editor.clearSelection();
    editor.focus();
}"""


def written_out(page: Page) -> str:
    """What the editor holds, when it is there."""
    expect(page.get_by_role("textbox", name="Policy document")).to_be_attached()
    text: str = page.evaluate(_TEXT)
    return text


def document(page: Page) -> Any:
    return json.loads(written_out(page))


def complete(page: Page, behind: str, typed: str, offer: str, made: str) -> None:
    """Type behind that text, and take the offer; the document has what was made of it."""
    page.evaluate(_GO, behind)
    page.keyboard.type(typed)
    popup = page.locator(".ace_autocomplete")
    expect(popup.locator(".ace_line.ace_selected")).to_contain_text(offer)
    page.keyboard.press("Enter")
    page.wait_for_function(f"made => ({_TEXT})().includes(made)", arg=made)


def test_a_policy_is_completed_and_shown_as_forms(person: Person) -> None:
    page = person.at("/policies/create")
    complete_a_policy(person, page)
    change_what_forms_cannot_show(page)
    make_a_policy_of_forms(person, page)


def complete_a_policy(person: Person, page: Page) -> None:
    """Actions, resources and conditions are offered."""
    write(
        page,
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": [], "Resource": "", "Condition": {}}}',
    )
    complete(page, '"Action": [', '"s3', "s3:", '"s3:"')
    complete(page, '"s3:', "geto", "s3:GetObject", '"s3:GetObject"')
    complete(page, '"Resource": "', "arn:aws:s3:::", "${BucketName}/${ObjectName}", "BucketName/ObjectName")
    page.keyboard.type("reports")
    page.keyboard.press("Tab")
    page.keyboard.type("*")
    complete(page, '"Condition": {', '"bool', "Bool", '"Bool"')
    complete(page, '"Bool"', ': {"secure', "aws:SecureTransport", '"aws:SecureTransport"')
    complete(page, '"aws:SecureTransport"', ': "t', "true", '"true"')
    assert document(page)["Statement"] == {
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": "arn:aws:s3:::reports/*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    person.looks_right()


EMPTY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [], "Resource": []}]}'
ODD = {
    "Id": "kept",
    "Statement": [
        {"Resource": "*", "Effect": "Allow", "Action": ["s3:Get*"], "Sid": "Backwards", "Later": {"x": [1, None]}},
        {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": "*"},
            "NotAction": "iam:*",
            "NotResource": ["*"],
            "Condition": {"Bool": {"aws:SecureTransport": False}, "NumericLessThan": {"s3:max-keys": [10, "20"]}},
        },
        {"Effect": "Allow", "Action": [5], "Resource": "*"},
    ],
    "Version": "2012-10-17",
}


UNSHOWN = {
    '{"Statement": [': "This is no JSON yet",
    '{"Statement": {"Sid": "a", "Sid": "b"}}': "a key twice",
    '{"Statement": "all"}': "no statements that forms could show",
}


def change_what_forms_cannot_show(page: Page) -> None:
    """Forms change what is changed and keep the rest; what they cannot show at all stays JSON."""
    write(page, json.dumps(ODD))
    page.get_by_role("button", name="Visual").click()
    first, second, third = (page.get_by_role("group", name=f"Statement {number}") for number in (1, 2, 3))
    expect(third.get_by_text("No form shows these elements: Action.")).to_be_visible()
    page.get_by_role("button", name="Statement 1", exact=True).click()
    expect(first.get_by_text("No form shows these elements: Later.")).to_be_visible()
    page.get_by_role("button", name="Statement 2", exact=True).click()
    expect(second.get_by_text("No form shows these elements: NotPrincipal.")).to_be_visible()
    expect(second.get_by_text("NumericLessThan s3:max-keys 10, 20")).to_be_visible()
    second.get_by_role("radio", name="Allow").check()
    page.get_by_role("button", name="JSON", exact=True).click()
    changed = json.loads(json.dumps(ODD))
    changed["Statement"][1]["Effect"] = "Allow"
    assert written_out(page) == json.dumps(changed, indent=4)
    for text, said in UNSHOWN.items():
        write(page, text)
        page.get_by_role("button", name="Visual").click()
        expect(page.get_by_text(said)).to_be_visible()
        page.get_by_role("button", name="JSON", exact=True).click()


def make_a_policy_of_forms(person: Person, page: Page) -> None:
    """By service and access level, by the forms of ARNs, by condition keys."""
    write(page, EMPTY)
    page.get_by_role("button", name="Visual").click()
    form = page.get_by_role("group", name="Statement 1")
    form.get_by_role("button", name="Service").click()
    page.keyboard.type("Amazon S3")
    page.get_by_role("option", name="Amazon S3 s3", exact=True).click()
    form.get_by_role("button", name="Actions of Amazon S3").click()
    page.keyboard.type("GetObjectA")
    page.get_by_role("option", name="GetObjectAcl").click()
    page.keyboard.press("Escape")
    form.get_by_label("Or with wildcards").fill("s3:List*")
    form.get_by_role("button", name="Add action").click()
    expect(form.get_by_text("s3:List*")).to_be_visible()
    form.get_by_role("button", name="Build an ARN").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Resource type").click()
    page.get_by_role("option", name="object arn:${Partition}:s3:::${BucketName}/${ObjectName}", exact=True).click()
    dialog.get_by_label("BucketName").fill("reports")
    expect(dialog.get_by_text("arn:aws:s3:::reports/*")).to_be_visible()
    person.looks_right()
    dialog.get_by_role("button", name="Add resource").click()
    form.get_by_role("button", name="Add condition").click()
    dialog.get_by_label("Condition key").fill("aws:PrincipalTag/team")
    dialog.get_by_role("textbox", name="Values").fill("red\nblue")
    dialog.get_by_role("button", name="Save condition").click()
    expect(form.get_by_text("StringEquals aws:PrincipalTag/team red, blue")).to_be_visible()
    form.get_by_role("button", name="All actions but these").click()
    form.get_by_label("Statement ID").fill("Reports")
    person.looks_right()
    page.get_by_role("button", name="JSON", exact=True).click()
    assert document(page)["Statement"] == [
        {
            "Sid": "Reports",
            "Effect": "Allow",
            "NotAction": ["s3:GetObjectAcl", "s3:List*"],
            "Resource": ["arn:aws:s3:::reports/*"],
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}},
        }
    ]

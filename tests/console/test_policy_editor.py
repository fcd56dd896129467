"""The editor of policies: completion out of the reference."""

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
    editor.moveCursorToPosition(editor.find(found, { start: { row: 0, column: 0 } }).end);
    editor.clearSelection();
    editor.focus();
}"""


def document(page: Page) -> Any:
    return json.loads(page.evaluate(_TEXT))


def complete(page: Page, behind: str, typed: str, offer: str, made: str) -> None:
    """Type behind that text, and take the offer; the document has what was made of it."""
    page.evaluate(_GO, behind)
    page.keyboard.type(typed)
    popup = page.locator(".ace_autocomplete")
    expect(popup.locator(".ace_line.ace_selected")).to_contain_text(offer)
    page.keyboard.press("Enter")
    page.wait_for_function(f"made => ({_TEXT})().includes(made)", arg=made)


def test_actions_resources_and_conditions_are_completed(person: Person) -> None:
    page = person.at("/policies/create")
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

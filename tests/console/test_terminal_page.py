"""The page of the terminal, by keyboard alone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.console.people import Person


def test_the_terminal_runs_completes_and_remembers(person: Person, iam: Any) -> None:
    page = person.at("/terminal")
    command, output = page.get_by_role("textbox", name="Command"), page.get_by_role("log", name="Output")
    expect(command).to_be_focused()
    page.keyboard.type("aws iam list-us")
    page.keyboard.press("Tab")
    expect(output).to_contain_text("list-user-policies")
    expect(command).to_have_value("aws iam list-user")  # what all of them begin with
    page.keyboard.type("s --out")
    page.keyboard.press("Tab")
    expect(command).to_have_value("aws iam list-users --output ")
    page.keyboard.type("table")
    page.keyboard.press("Enter")
    expect(output).to_contain_text("|  UserName")
    expect(command).to_have_value("")
    person.looks_right()
    page.keyboard.type("aws iam get-user --user-name <b>nobody</b>")
    page.keyboard.press("Enter")
    expect(output).to_contain_text("Exit code 254")
    expect(output).to_contain_text("<b>nobody</b>")
    page.keyboard.type("aws iam create-login-profile --user-name x --password Geheim123")
    page.keyboard.press("Enter")
    expect(output).to_contain_text("NoSuchEntity")
    page.reload()
    expect(command).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(command).to_have_value("aws iam get-user --user-name <b>nobody</b>")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(command).to_have_value("aws iam list-users --output table")
    page.keyboard.press("Control+c")
    expect(command).to_have_value("")
    page.keyboard.type("aws")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(command).not_to_be_focused()
    page.get_by_role("button", name="Forget history").click()
    person.told("The history of the terminal has been forgotten")
    assert page.evaluate("Object.keys(localStorage).filter(each => each.startsWith('iamd-terminal'))") == []
    command.focus()
    page.keyboard.press("Control+l")
    expect(output).to_have_text("")
    person.looks_right()

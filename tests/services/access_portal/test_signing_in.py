"""The portal's pages as a person meets them: signing in, passwords, and who is out again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from iamd.caller.passwords import Lockout
from tests.live import ACCOUNT, Live
from tests.services.access_portal.people import PASSWORD, Person
from tests.services.access_portal.programs import Program, refused
from tests.services.phones import Phone
from tests.services.signin.browser import WRONG, Browser, subjects

NEW = "N3w password"


def test_signing_in_and_out(ann: Person, browser: Browser) -> None:
    signed_in = browser.submit(browser.open("/start"), name="ANN", password=PASSWORD)
    assert (signed_in.status, signed_in.headers["location"]) == (303, "/start")
    shown = browser.open("/start")
    assert "ann</code>" in shown.body
    assert "have not been given an account yet" in shown.body
    kept = dict(browser.cookies)
    assert browser.submit(shown, step="sign-out").status == 303
    assert "Password" in browser.open("/start").body
    browser.cookies = kept
    assert "Password" in browser.open("/start").body


def test_wrong_entries_are_refused_alike(ann: Person, browser: Browser) -> None:
    for entered in (
        {"name": "ann", "password": "wrong"},
        {"name": "nobody", "password": PASSWORD},
        {"name": "", "password": ""},
        {"name": "x" * 5_000, "password": PASSWORD},
    ):
        refusal = browser.submit(browser.open("/start"), **entered)
        assert (refusal.status, refusal.problem) == (403, WRONG)
    page = browser.open("/start")
    assert browser.open("/start", {"step": "sign-in", "name": "ann", "password": PASSWORD}).status == 403
    assert browser.submit(page, name="ann", password=PASSWORD).status == 303


def test_guesses_are_counted_by_who_is_meant(ann: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = subjects(ann.server, monkeypatch)
    for spelling in ("sus", "SUS", "SU\u017f"):
        browser.submit(browser.open("/start"), name=spelling, password="wrong")
    assert len({each for each in counted if each.startswith("portal as ")}) == 1


def test_who_is_disabled_or_deleted_is_out_at_once(ann: Person, browser: Browser, program: Program) -> None:
    ann.sign_in(browser)
    token = ann.allow(browser, program)
    ann.change(enabled=False)
    assert "Password" in browser.open("/start").body
    assert refused(program.portal.list_accounts, accessToken=token["accessToken"])[0] == "UnauthorizedException"
    assert refused(program.refresh, token=token["refreshToken"])[0] == "InvalidGrantException"
    assert browser.submit(browser.open("/start"), name="ann", password=PASSWORD).problem == WRONG
    ann.change(enabled=True)
    assert program.portal.list_accounts(accessToken=token["accessToken"])["accountList"] == []
    ann.delete()
    assert refused(program.portal.list_accounts, accessToken=token["accessToken"])[0] == "UnauthorizedException"


def test_too_many_wrong_passwords_lock(ann: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ann.server.realm, "lockout", Lockout(2))
    for _ in range(2):
        browser.submit(browser.open("/start"), name="ann", password="wrong")
    assert browser.submit(browser.open("/start"), name="ann", password=PASSWORD).problem == WRONG


def test_a_link_sets_a_password_once(ann: Person, browser: Browser, program: Program) -> None:
    ann.sign_in(browser)
    token = ann.allow(browser, program)
    page = browser.open(ann.link())
    assert "<code>ann</code>" in page.body
    for entered, problem in (
        (("Short1!", "Short1!"), "The password must have 8 to 64 characters"),
        ((NEW, "other"), "The two new passwords are not the same."),
        ((PASSWORD, PASSWORD), "The password must be none of your last 3 passwords."),
    ):
        assert browser.submit(page, new=entered[0], again=entered[1]).problem.startswith(problem)
    assert "Your password is set" in browser.submit(page, new=NEW, again=NEW).body
    again = browser.submit(page, new="0ther password", again="0ther password")
    assert (again.status, again.problem[:27]) == (403, "This link was used already,")
    assert "Password" in browser.open("/start").body  # what went before is over
    assert refused(program.refresh, token=token["refreshToken"])[0] == "InvalidGrantException"
    assert browser.submit(browser.open("/start"), name="ann", password=NEW).status == 303
    assert browser.open("/start/password?link=nonsense").status == 403


def test_passwords_of_before_are_not_guessed_by_a_link(ann: Person, browser: Browser) -> None:
    page = browser.open(ann.link())
    said = [browser.submit(page, new=PASSWORD, again=PASSWORD).problem for _ in range(10)]
    assert said[8] == "The password must be none of your last 3 passwords."
    assert said[9].startswith("There were too many attempts")
    assert browser.submit(page, new=NEW, again=NEW).problem.startswith("There were too many attempts")


def test_a_one_time_password_is_replaced_at_once(ann: Person, browser: Browser) -> None:
    given = ann.one_time()
    page = browser.submit(browser.open("/start"), name="ann", password=given)
    assert "was for one time" in " ".join(page.body.split())
    assert browser.submit(page, new=given, again=given).problem.startswith("The password must be none of your last 3")
    assert browser.submit(page, new=NEW, again=NEW).status == 303
    assert "ann</code>" in browser.open("/start").body


def test_the_trail_tells_of_people_as_aws_does(ann: Person, browser: Browser, program: Program) -> None:
    browser.submit(browser.open("/start"), name="ann", password="wrong")
    browser.submit(browser.open("/start"), name="a password by mistake", password="wrong")
    ann.sign_in(browser)
    token = ann.allow(browser, program)
    program.portal.list_accounts(accessToken=token["accessToken"])
    events = {event["eventName"]: event for event in ann.events()}
    told = events["UserAuthentication"]
    assert (told["eventSource"], told["eventType"]) == ("signin.amazonaws.com", "AwsServiceEvent")
    assert told["serviceEventDetails"] == {"UserAuthentication": "Success"}
    assert told["additionalEventData"].items() >= {"CredentialType": "PASSWORD", "UserName": "ann"}.items()
    outcomes = [e["serviceEventDetails"] for e in ann.events() if e["eventName"] == "CredentialVerification"]
    assert sorted(each["CredentialVerification"] for each in outcomes) == ["Failure", "Failure", "Success"]
    store = f"arn:aws:identitystore::{ACCOUNT}:identitystore/{ann.store_id}"
    for name in ("CreateToken", "ListAccounts"):
        identity: dict[str, Any] = events[name]["userIdentity"]
        assert (identity["type"], identity["accountId"]) == ("IdentityCenterUser", ACCOUNT)
        assert identity["onBehalfOf"] == {"userId": ann.id, "identityStoreArn": store}
        assert identity["credentialId"]
        assert events[name]["eventSource"] == "sso.amazonaws.com"
    assert events["CreateToken"]["requestParameters"]["clientName"] == "botocore-client-work"
    everything = str(ann.events())
    assert token["accessToken"] not in everything
    assert "by mistake" not in everything


def test_without_an_instance_there_is_no_portal(server: Live) -> None:
    browser = Browser(server.endpoint, headers={"accept": "text/html"})
    assert browser.open("/start").status == 404
    assert browser.open("/start/d-0123456789").status == 404
    assert Browser(server.endpoint).open("/start").status == 403  # no browser: an API's request without signature


def test_wrong_codes_lock_as_wrong_passwords_do(ann: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the right password is given between them: who knows it alone is not to try codes for ever."""
    monkeypatch.setattr(ann.server.realm, "lockout", Lockout(3))
    ann.sign_in(browser)
    asked = browser.submit(browser.open("/start"), step="mfa")
    phone = Phone.__new__(Phone)
    phone.start("", re.findall(r"<code>([A-Z2-7]{64})</code>", asked.body)[0])
    assert browser.submit(asked, name="phone", code=phone.code(-1)).status == 303
    stranger = Browser(ann.server.endpoint, headers=browser.headers)
    for _ in range(3):
        coded = stranger.submit(stranger.open("/start"), name="ann", password=PASSWORD)
        assert stranger.submit(coded, code="000000").problem.startswith("That code is not right")
    assert stranger.submit(coded, code=phone.code()).problem.startswith("That code is not right")
    assert stranger.submit(stranger.open("/start"), name="ann", password=PASSWORD).problem == WRONG


def test_a_person_with_an_authenticator_app(ann: Person, browser: Browser) -> None:
    ann.sign_in(browser)
    asked = browser.submit(browser.open("/start"), step="mfa")
    assert "<svg" in asked.body
    phone = Phone.__new__(Phone)
    phone.start("", re.findall(r"<code>([A-Z2-7]{64})</code>", asked.body)[0])
    assert browser.submit(asked, name="phone", code="000000").problem.startswith("That is not the code")
    assert browser.submit(asked, name="phone", code=phone.code(-1)).status == 303
    shown = browser.open("/start")
    assert "phone, since" in shown.body
    (device,) = re.findall(r'name="device" value="([0-9a-f]+)"', shown.body)
    assert browser.submit(shown, step="forget", device=device).problem.startswith("Sign out, and sign in with a code")
    browser.submit(shown, step="sign-out")

    coded = browser.submit(browser.open("/start"), name="ann", password=PASSWORD)
    assert "Enter your MFA code" in coded.body
    assert browser.submit(coded, code=phone.code(-1)).problem.startswith("That code is not right")  # it was used
    assert browser.submit(coded, code=phone.code()).status == 303
    shown = browser.open("/start")
    challenged = [e for e in ann.events() if e["eventName"] in ("CredentialChallenge", "UserAuthentication")]
    assert challenged[0]["additionalEventData"]["CredentialType"] == "PASSWORD,TOTP"
    assert len({e["additionalEventData"]["AuthWorkflowID"] for e in challenged[:2]}) == 1
    browser.submit(shown, step="forget", device=device)
    assert "You have none" in browser.open("/start").body

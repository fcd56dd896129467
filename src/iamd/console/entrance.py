"""From the form of the sign-in to the person: the steps that every page has that people sign in at.

Password, then the passkey or a code in its place, then a new password where one is due. All work without scripts, but
for the passkey, which browsers offer to scripts only.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

from iamd.caller.passkeys import NoSite, site_of
from iamd.console.browser import Browser, entered, nothing_entered
from iamd.console.calls import Perform, question
from iamd.console.pages import page
from iamd.console.tickets import holder, ticket
from iamd.services.iam.password_policy import requirements
from iamd.services.signin import codes, console_sessions, passkeys
from iamd.services.signin.openid import Way
from iamd.services.signin.passwords import Entered, MustChange, NeedsPasskey, Refused, sign_in, sign_in_again
from iamd.services.signin.people import Person, principal_arn
from iamd.wire.errors import AwsError
from iamd.wire.http import Answer

TOO_LATE = "You have waited too long. Please sign in again."
OUT_OF_DATE = "The form is out of date, or cookies are turned off."
_UNEQUAL = "The two new passwords are not the same."
_PASSKEY, _NEW_PASSWORD = "passkey", "new-password"


@dataclass(frozen=True, slots=True)
class Entrance:
    """One request at a page that people sign in at; its forms may lead on to the origin `leads_to`. `ways` are those to
    sign in without a password, and `onward` the query that they take along."""

    browser: Browser
    perform: Perform
    leads_to: str | None = None
    ways: Sequence[Way] = ()
    onward: str = ""

    def form(self, given: Entered, problem: str | None = None) -> Answer:
        """The first form, with what was entered but for secrets."""
        return self.page("sign_in.html", problem, entered=given, ways=self.ways, onward=self.onward)

    def page(self, template: str, problem: str | None, **values: Any) -> Answer:
        status = 200 if problem is None else 403
        browser = self.browser
        return page(template, status=status, leads_to=self.leads_to, problem=problem, browser=browser, **values)

    def begin(self, problem: str | None = None) -> Answer:
        """The empty form, for the account and kind of user that the address tells."""
        return self.form(nothing_entered(self.browser.query), problem)


async def enter(entrance: Entrance, form: dict[str, str]) -> Person | Answer:
    """Who has signed in with that form, or the page that comes next."""
    match form.get("step"):
        case "passkey":
            return await _second_step(entrance, form)
        case "new-password":
            return await _changed(entrance, form)
    given = entered(form)
    outcome = await _outcome(entrance, sign_in(entrance.browser.visit, given))
    return entrance.form(given, str(outcome)) if isinstance(outcome, Refused) else outcome


async def _outcome(entrance: Entrance, attempt: Awaitable[Person]) -> Person | Answer | Refused:
    """What comes of an attempt: the person, the page of the step that it still needs, or why it was refused."""
    try:
        return await attempt
    except NeedsPasskey as needed:
        return await _ask_for_passkey(entrance, needed.person)
    except MustChange as due:
        return await _ask_for_new_password(entrance, due.person)
    except Refused as refused:
        return refused


async def _second_step(entrance: Entrance, form: dict[str, str]) -> Person | Answer:
    """The passkey, or a code of another device, of someone who has given the password."""
    browser = entrance.browser
    person = holder(browser, form.get("ticket", ""), _PASSKEY)
    if person is None:
        return entrance.begin(TOO_LATE)
    outcome = await _outcome(entrance, _shown(browser, person, form))
    if isinstance(outcome, Refused):
        return await _ask_for_passkey(entrance, person, str(outcome))
    return outcome


async def _shown(browser: Browser, person: Person, form: dict[str, str]) -> Person:
    code = form.get("code", "").strip()
    if code:
        return await codes.sign_in_with(browser.visit, person, code)
    try:
        site = site_of(browser.request.header(b"host") or "", browser.request.secure)
    except NoSite as nowhere:
        raise Refused(str(nowhere)) from None
    challenge, answer = form.get("challenge", ""), form.get("answer", "")
    return await passkeys.sign_in_with(browser.visit, person, site, challenge, answer)


async def _ask_for_passkey(entrance: Entrance, person: Person, problem: str | None = None) -> Answer:
    browser, visit = entrance.browser, entrance.browser.visit
    records = await visit.realm.store.load(person.account_id)
    offered, unavailable = None, None
    try:
        site = site_of(browser.request.header(b"host") or "", browser.request.secure)
        offered = await passkeys.offer(visit, person, site)
    except (NoSite, Refused) as refused:
        unavailable = str(refused)
    return entrance.page(
        "passkey.html",
        problem,
        arn=principal_arn(records, person.owner_id),
        challenge="" if offered is None else offered.challenge,
        options=None if offered is None else json.dumps(offered.options),
        unavailable=unavailable,
        script=None if offered is None else "passkey.js",
        has_codes=bool(records.mfa_devices.count("owner", person.owner_id)),
        ticket=ticket(browser, person, _PASSKEY),
    )


async def _changed(entrance: Entrance, form: dict[str, str]) -> Person | Answer:
    """Set the new password as ChangePassword does, as the person whose it is."""
    browser = entrance.browser
    person = holder(browser, form.get("ticket", ""), _NEW_PASSWORD)
    if person is None:
        return entrance.begin(TOO_LATE)
    new = form.get("new", "")
    if new != form.get("again"):
        return await _ask_for_new_password(entrance, person, _UNEQUAL)
    try:
        caller = await console_sessions.about_to_change(browser.visit, person)
    except AwsError:
        return entrance.begin(TOO_LATE)
    asked = question(caller, "iam", "ChangePassword", old_password=form.get("password", ""), new_password=new)
    outcome = await entrance.perform(browser.request, asked)
    if outcome.error is not None:
        return await _ask_for_new_password(entrance, person, outcome.error.message)
    try:
        return await sign_in_again(browser.visit, person)
    except Refused as refused:
        return entrance.begin(str(refused))


async def _ask_for_new_password(entrance: Entrance, person: Person, problem: str | None = None) -> Answer:
    browser = entrance.browser
    records = await browser.visit.realm.store.load(person.account_id)
    return entrance.page(
        "new_password.html",
        problem,
        arn=principal_arn(records, person.owner_id),
        script="new_password.js",
        requirements=[(each.words, json.dumps(each.patterns), each.least) for each in requirements(records)],
        ticket=ticket(browser, person, _NEW_PASSWORD),
    )

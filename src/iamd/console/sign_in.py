"""`/console/sign-in`: a person signs in, sets a new password where that is due, and is led on to the console."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from urllib.parse import urlencode

import msgspec
from msgspec import structs

from iamd.console.browser import Browser, entered, nothing_entered
from iamd.console.calls import Perform, question
from iamd.console.pages import page, redirect
from iamd.console.visitors import Visitor, cookie
from iamd.services.iam.password_policy import requirements
from iamd.services.signin import console_sessions
from iamd.services.signin.grants import opened, sealed
from iamd.services.signin.passwords import Entered, MustChange, Refused, sign_in, sign_in_again
from iamd.services.signin.people import Person, principal_arn
from iamd.wire.errors import AwsError
from iamd.wire.http import Answer

PATH = b"/console/sign-in"
HOME = "/console/"
_TICKET = b"console password change"
_TICKET_TIME = timedelta(minutes=5)
_TOO_LATE = "You have waited too long. Please sign in again."
_UNEQUAL = "The two new passwords are not the same."
# Own pages only, and none whose address a browser reads in another way than we do.
_is_ours = re.compile(r"/console/(?!/)[A-Za-z0-9/_.~=?&%+:@-]{0,1000}").fullmatch


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    """Who has signed in and must set a new password; good for the browser of that cookie, by digest."""

    person: Person
    browser: str
    expires: int


def link_to(path: str) -> str:
    """The sign-in that leads on to that page."""
    return PATH.decode() if path == HOME or not _is_ours(path) else f"{PATH.decode()}?{urlencode({'to': path})}"


async def answer(browser: Browser, visitor: Visitor | None, perform: Perform) -> Answer:
    """Show the form that comes next, or lead on to the console."""
    if browser.request.method != "POST":
        if visitor is not None:
            return redirect(_next(browser))
        return _form(browser, nothing_entered(browser.query.get("as") == "root"))
    form = browser.form()
    if form is None:
        return page(
            "problem.html",
            status=403,
            problem="The form is out of date, or cookies are turned off.",
            again=browser.action,
        )
    if form.get("step") == "new-password":
        return await _changed(browser, visitor, form, perform)
    given = entered(form)
    try:
        person = await sign_in(browser.visit, given)
    except MustChange as due:
        return await _new_password(browser, due.person)
    except Refused as refused:
        return _form(browser, given, str(refused))
    return await _admitted(browser, visitor, person)


async def _admitted(browser: Browser, visitor: Visitor | None, person: Person) -> Answer:
    before = None if visitor is None else visitor.session
    session = await console_sessions.begin(browser.visit, person, instead_of=before)
    led_on = redirect(_next(browser))
    led_on.headers.append((b"set-cookie", cookie(browser.visit, browser.request, session)))
    return led_on


async def _changed(browser: Browser, visitor: Visitor | None, form: dict[str, str], perform: Perform) -> Answer:
    """Set the new password as ChangePassword does, as the person whose it is."""
    person = _opened(browser, form.get("ticket", ""))
    if person is None:
        return _form(browser, nothing_entered(False), _TOO_LATE)
    new = form.get("new", "")
    if new != form.get("again"):
        return await _new_password(browser, person, _UNEQUAL)
    try:
        caller = await console_sessions.about_to_change(browser.visit, person)
    except AwsError:
        return _form(browser, nothing_entered(False), _TOO_LATE)
    asked = question(caller, "iam", "ChangePassword", old_password=form.get("password", ""), new_password=new)
    outcome = await perform(browser.request, asked)
    if outcome.error is not None:
        return await _new_password(browser, person, outcome.error.message)
    try:
        person = await sign_in_again(browser.visit, person)
    except Refused as refused:
        return _form(browser, nothing_entered(False), str(refused))
    return await _admitted(browser, visitor, person)


def _next(browser: Browser) -> str:
    to = browser.query.get("to", "")
    return to if _is_ours(to) else HOME


def _form(browser: Browser, given: Entered, problem: str | None = None) -> Answer:
    return page(
        "sign_in.html",
        status=200 if problem is None else 403,
        entered=given,
        problem=problem,
        browser=browser,
    )


async def _new_password(browser: Browser, person: Person, problem: str | None = None) -> Answer:
    records = await browser.visit.realm.store.load(person.account_id)
    expires = int((browser.visit.now + _TICKET_TIME).timestamp())
    ticket = _Ticket(person, _digest(browser), expires)
    return page(
        "new_password.html",
        status=200 if problem is None else 403,
        arn=principal_arn(records, person.owner_id),
        requirements=requirements(records),
        problem=problem,
        browser=browser,
        ticket=sealed(browser.visit.realm.sealer, ticket, _TICKET),
    )


def _opened(browser: Browser, text: str) -> Person | None:
    ticket = opened(browser.visit.realm.sealer, text, _TICKET, _Ticket)
    if ticket is None or ticket.browser != _digest(browser) or browser.visit.now.timestamp() > ticket.expires:
        return None
    return structs.replace(ticket.person, signed_in=int(browser.visit.now.timestamp()))


def _digest(browser: Browser) -> str:
    return hashlib.sha256(browser.cookie.encode()).hexdigest()

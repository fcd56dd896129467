"""`/v1/authorize`: a person signs in, is asked, and is sent back to the program with a code (`aws login`).

Nothing is kept between the steps: who has signed in stands in a sealed ticket in the form, which is good for one
browser and one request. Who is signed in to the console already is only asked.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from iamd.console.browser import Browser, entered, nothing_entered
from iamd.console.pages import page, redirect
from iamd.console.visitors import Visitor
from iamd.services.signin.authorization import Malformed, Requested, grant, read
from iamd.services.signin.console_sessions import person_of
from iamd.services.signin.grants import opened, sealed
from iamd.services.signin.passwords import Entered, Refused, sign_in
from iamd.services.signin.people import Person, principal_arn
from iamd.wire.errors import AwsError
from iamd.wire.http import Answer

PATH = b"/v1/authorize"
_TICKET_SECONDS = 300
_TICKET = b"sign-in consent"
_TOO_LATE = "You have waited too long. Please sign in again."


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    """Who has signed in; good for the browser of that cookie and for that query, both by digest."""

    person: Person
    browser: str
    query: str
    expires: int


@dataclass(frozen=True, slots=True)
class _Step:
    """One request of a browser, its authorization request understood."""

    browser: Browser
    requested: Requested


async def answer(browser: Browser, visitor: Visitor | None) -> Answer:
    """Show the page that comes next, or send the browser back to the program."""
    visit, request = browser.visit, browser.request
    try:
        step = _Step(browser, read(browser.query, request.header(b"host") or ""))
    except Malformed as error:
        return page("problem.html", status=400, problem=str(error))
    await visit.realm.store.refresh(request.arrived)
    if request.method != "POST":
        if visitor is not None:
            return await _consent(step, person_of(visitor.session))
        return _form(step, nothing_entered(browser.query.get("as") == "root"))
    form = browser.form()
    if form is None:
        return page("problem.html", status=403, problem="The form is out of date, or cookies are turned off.")
    if form.get("step") == "consent":
        return await _consented(step, form)
    given = entered(form)
    try:
        person = await sign_in(visit, given)
    except Refused as refused:
        return _form(step, given, str(refused))
    return await _consent(step, person)


async def _consent(step: _Step, person: Person) -> Answer:
    records = await step.browser.visit.realm.store.load(person.account_id)
    return page(
        "consent.html",
        leads_to=step.requested.origin,
        requested=step.requested,
        arn=principal_arn(records, person.owner_id),
        browser=step.browser,
        ticket=_ticket(step, person),
    )


async def _consented(step: _Step, form: dict[str, str]) -> Answer:
    person = _opened(step, form.get("ticket", ""))
    if person is None:
        return _form(step, nothing_entered(False), _TOO_LATE)
    if form.get("answer") != "allow":
        return _back(step, error="access_denied", error_description="The request was denied.")
    try:
        code = await grant(step.browser.visit, person, step.requested)
    except AwsError as refused:
        return _back(step, error="access_denied", error_description=refused.message)
    if step.requested.origin is None:
        return page("code.html", code=step.requested.carried(code))
    return _back(step, code=code)


def _back(step: _Step, **values: str) -> Answer:
    if step.requested.origin is None:
        return page("problem.html", status=403, problem=values["error_description"])
    return redirect(step.requested.answer(**values))


def _form(step: _Step, given: Entered, problem: str | None = None) -> Answer:
    return page(
        "sign_in.html",
        status=200 if problem is None else 403,
        leads_to=step.requested.origin,
        entered=given,
        problem=problem,
        browser=step.browser,
    )


def _bindings(step: _Step) -> tuple[str, str]:
    cookie, query = step.browser.cookie.encode(), step.browser.action.encode()
    return hashlib.sha256(cookie).hexdigest(), hashlib.sha256(query).hexdigest()


def _ticket(step: _Step, person: Person) -> str:
    visit = step.browser.visit
    ticket = _Ticket(person, *_bindings(step), int(visit.now.timestamp()) + _TICKET_SECONDS)
    return sealed(visit.realm.sealer, ticket, _TICKET)


def _opened(step: _Step, text: str) -> Person | None:
    visit = step.browser.visit
    ticket = opened(visit.realm.sealer, text, _TICKET, _Ticket)
    if ticket is None or (ticket.browser, ticket.query) != _bindings(step):
        return None
    return ticket.person if visit.now.timestamp() <= ticket.expires else None

"""`/v1/authorize`: a person signs in, is asked, and is sent back to the program with a code (`aws login`).

Nothing is kept between the steps: who has signed in stands in a sealed ticket in the form, which is good for one
browser and one request. Who is signed in to the console already is only asked, and the answer counts as long as that
session does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from iamd.console.browser import Browser
from iamd.console.entrance import OUT_OF_DATE, TOO_LATE, Entrance, enter
from iamd.console.pages import page, redirect
from iamd.console.tickets import holder, ticket
from iamd.console.visitors import Visitor
from iamd.services.signin.authorization import Requested, grant, read
from iamd.services.signin.code_requests import Malformed
from iamd.services.signin.console_sessions import person_of
from iamd.services.signin.people import Person, principal_arn
from iamd.wire.errors import AwsError
from iamd.wire.http import Answer

PATH = b"/v1/authorize"
_CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class _Step:
    """One request of a browser, its authorization request understood."""

    entrance: Entrance
    requested: Requested
    session_id: str  # of who is signed in at the console; empty for who signs in here

    @property
    def browser(self) -> Browser:
        return self.entrance.browser

    @property
    def consent(self) -> str:
        """What the ticket of the page that asks is for."""
        return f"{_CONSENT} {self.session_id}" if self.session_id else _CONSENT


async def answer(entrance: Entrance, visitor: Visitor | None) -> Answer:
    """Show the page that comes next, or send the browser back to the program."""
    browser = entrance.browser
    visit, request = browser.visit, browser.request
    try:
        requested = read(browser.query, request.header(b"host") or "")
    except Malformed as error:
        return page("problem.html", status=400, problem=str(error))
    # Programs act as people with a password: who came from elsewhere has to sign in as one.
    present = None if visitor is None or visitor.session.sealed is not None else visitor.session
    step = _Step(replace(entrance, leads_to=requested.origin), requested, "")
    await visit.realm.store.refresh(request.arrived)
    if request.method != "POST":
        if present is None:
            return step.entrance.begin()
        return await _consent(replace(step, session_id=present.id), person_of(present))
    form = browser.form()
    if form is None:
        return page("problem.html", status=403, problem=OUT_OF_DATE)
    if form.get("step") == _CONSENT:
        asked = [step] if present is None else [step, replace(step, session_id=present.id)]
        return await _consented(asked, form)
    person = await enter(step.entrance, form)
    return await _consent(step, person) if isinstance(person, Person) else person


async def _consent(step: _Step, person: Person) -> Answer:
    records = await step.browser.visit.realm.store.load(person.account_id)
    return page(
        "consent.html",
        leads_to=step.requested.origin,
        requested=step.requested,
        arn=principal_arn(records, person.owner_id),
        browser=step.browser,
        ticket=ticket(step.browser, person, step.consent),
    )


async def _consented(asked: Sequence[_Step], form: dict[str, str]) -> Answer:
    """What comes of the answer to one of those pages."""
    held = ((each, holder(each.browser, form.get("ticket", ""), each.consent)) for each in asked)
    step, person = next(((each, person) for each, person in held if person is not None), (asked[0], None))
    if person is None:
        return step.entrance.begin(TOO_LATE)
    if form.get("answer") != "allow":
        return _back(step, error="access_denied", error_description="The request was denied.")
    try:
        code = await grant(step.browser.visit, person, step.requested, step.session_id)
    except AwsError as refused:
        return _back(step, error="access_denied", error_description=refused.message)
    if step.requested.origin is None:
        return page("code.html", code=step.requested.carried(code))
    return _back(step, code=code)


def _back(step: _Step, **values: str) -> Answer:
    if step.requested.origin is None:
        return page("problem.html", status=403, problem=values["error_description"])
    return redirect(step.requested.answer(**values))

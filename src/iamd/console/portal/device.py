"""`/device`: a person enters the code that a program shows, and lets it have access to the portal."""

from __future__ import annotations

from iamd.console.browser import Browser
from iamd.console.pages import page
from iamd.console.portal.visitors import Visitor
from iamd.console.tickets import holder, ticket
from iamd.services.access_portal.people import moment
from iamd.services.signin.passwords import TOO_OFTEN
from iamd.services.sso_oidc.devices import as_entered, waiting, waiting_for
from iamd.store.change import Change
from iamd.wire.http import Answer

_CONSENT = "portal device"
_UNKNOWN = (
    "No program waits under that code. Compare it with what the program shows; after ten minutes, begin anew there."
)


async def account_of(browser: Browser) -> str | None:
    """The account of the instance for which a program waits under the code of the page's address."""
    found = await waiting_for(browser.visit.realm, browser.query.get("user_code", ""), browser.visit.now)
    return None if found is None else found.account_id


async def answer(browser: Browser, visitor: Visitor, form: dict[str, str]) -> Answer:
    """Ask for the code, then for consent, and say that it was given."""
    code = as_entered(form.get("user_code") or browser.query.get("user_code", ""))
    if not code:
        return _form(browser, visitor)
    visit = browser.visit
    subject = f"device code by {visitor.user.id}"
    if not visit.realm.attempts.count(subject, visit.request_id, visit.now):
        return _form(browser, visitor, TOO_OFTEN)
    found = waiting(visitor.records, code, visit.now)
    if found is None:
        return _form(browser, visitor, _UNKNOWN)
    visit.realm.attempts.forgive(subject, visit.request_id)
    if "ticket" in form:
        return await _decided(browser, visitor, code, form)
    return page(
        "portal_consent.html",
        browser=browser,
        visitor=visitor,
        client=found.client,
        origin=None,
        code=f"{code[:4]}-{code[4:]}",
        ticket=ticket(browser, visitor.person, f"{_CONSENT} {code}"),
    )


async def _decided(browser: Browser, visitor: Visitor, code: str, form: dict[str, str]) -> Answer:
    """Keep the answer, for the program to come for it."""
    person, visit = visitor.person, browser.visit
    if holder(browser, form["ticket"], f"{_CONSENT} {code}") != person:
        return _form(browser, visitor, _UNKNOWN)
    allowed = form.get("answer") == "allow"

    def work(change: Change) -> bool:
        records = change.records(visitor.center.account_id)
        found = waiting(records, code, visit.now)
        if found is None:
            return False
        records.device_authorizations.replace(
            found,
            state="allowed" if allowed else "denied",
            user_id=person.owner_id,
            credential=person.credential,
            signed_in=moment(person.signed_in),
            mfa_time=moment(person.mfa_time),
        )
        return True

    if not await visit.realm.store.write(work):
        return _form(browser, visitor, _UNKNOWN)
    return page("portal_done.html", allowed=allowed)


def _form(browser: Browser, visitor: Visitor, problem: str | None = None) -> Answer:
    status = 200 if problem is None else 403
    return page("portal_device.html", status=status, problem=problem, browser=browser, visitor=visitor)

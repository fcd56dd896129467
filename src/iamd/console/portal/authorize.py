"""`/authorize`: a person lets a program have access to the portal, and is sent back to it with a code (`aws sso login`)."""

from __future__ import annotations

from iamd.console.browser import Browser
from iamd.console.pages import page, redirect
from iamd.console.portal.visitors import Visitor
from iamd.console.tickets import holder, ticket
from iamd.services.signin.code_requests import Malformed
from iamd.services.signin.passwords import Visit
from iamd.services.sso_oidc.authorization import Requested, code_for, read
from iamd.wire.http import Answer

_CONSENT = "portal consent"


def account_of(browser: Browser) -> str | None:
    """The account of the instance that the program has registered for, if it has said."""
    try:
        return read(browser.visit, browser.query).client.issuer
    except Malformed:
        return None


def answer(browser: Browser, visitor: Visitor, form: dict[str, str]) -> Answer:
    """Ask, or send the browser back to the program."""
    visit = browser.visit
    try:
        requested = read(visit, browser.query)
    except Malformed as error:
        return page("problem.html", status=400, problem=str(error))
    if "ticket" not in form:
        return page(
            "portal_consent.html",
            leads_to=requested.origin,
            browser=browser,
            visitor=visitor,
            client=requested.client.name,
            origin=requested.origin,
            code=None,
            ticket=ticket(browser, visitor.person, _CONSENT),
        )
    return redirect(_decided(visit, browser, visitor, requested, form))


def _decided(visit: Visit, browser: Browser, visitor: Visitor, requested: Requested, form: dict[str, str]) -> str:
    if holder(browser, form["ticket"], _CONSENT) != visitor.person:  # another person's page, or an old one
        return browser.action
    if form.get("answer") != "allow":
        return requested.answer(error="access_denied", error_description="The request was denied.")
    return requested.answer(code=code_for(visit, visitor.person, requested))

"""`/start/password`: a person sets a password by a link that an administrator has made."""

from __future__ import annotations

from iamd.console.browser import Browser
from iamd.console.pages import page
from iamd.console.portal.entrance import UNEQUAL
from iamd.services.access_portal import passwords
from iamd.services.access_portal.instances import PATH as START
from iamd.services.access_portal.instances import instance_of
from iamd.services.signin.passwords import Refused
from iamd.services.signin.people import Person
from iamd.wire.http import Answer

PATH = START.encode() + b"/password"


async def answer(browser: Browser, form: dict[str, str]) -> Answer:
    """Show the form, or set what was entered; signing in comes after."""
    try:
        person = await passwords.invited(browser.visit, browser.query.get("link", ""))
    except Refused as refused:
        return page("problem.html", status=403, problem=str(refused))
    if browser.request.method != "POST":
        return await _form(browser, person)
    if form.get("new") != form.get("again"):
        return await _form(browser, person, UNEQUAL)
    try:
        await passwords.set_own(browser.visit, person, form.get("new", ""), signs_in=False)
    except Refused as refused:
        return await _form(browser, person, str(refused))
    center = await instance_of(browser.visit.realm, person.account_id)
    return page("portal_password_set.html", start=f"{START}/{center.store_id}" if center is not None else START)


async def _form(browser: Browser, person: Person, problem: str | None = None) -> Answer:
    records = await browser.visit.realm.store.load(person.account_id)
    user = records.store_users.get(person.owner_id)
    return page(
        "portal_new_password.html",
        status=200 if problem is None else 403,
        problem=problem,
        browser=browser,
        name="" if user is None else user.name,
        rules=passwords.RULES,
        ticket="",
    )

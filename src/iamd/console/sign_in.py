"""`/console/sign-in`: a person signs in and is led on to the console."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlencode

from iamd.console.browser import Browser, nothing_entered
from iamd.console.entrance import OUT_OF_DATE, Entrance, enter
from iamd.console.pages import page, redirect
from iamd.console.visitors import Visitor, cookie
from iamd.services.signin import console_sessions, openid
from iamd.services.signin.people import Person
from iamd.wire.http import Answer

PATH = b"/console/sign-in"
HOME = "/console/"
# Own pages only, and none whose address a browser reads in another way than we do; what is below the sign-in begins
# another one.
is_ours = re.compile(
    r"(?![^?]*/(?:\.|%2[Ee]){1,2}(?:[/?]|$))/console/(?!/|sign-in(?:[/?]|$))[A-Za-z0-9/_.~=?&%+:@-]{0,1000}"
).fullmatch


def link_to(path: str) -> str:
    """The sign-in that leads on to that page."""
    return PATH.decode() if path == HOME or not is_ours(path) else f"{PATH.decode()}?{urlencode({'to': path})}"


async def answer(entrance: Entrance, visitor: Visitor | None) -> Answer:
    """Show the form that comes next, or lead on to the console."""
    browser = entrance.browser
    if browser.request.method != "POST":
        if visitor is not None:
            return redirect(_next(browser))
        return (await _with_ways(entrance, nothing_entered(browser.query).account)).begin()
    form = browser.form()
    if form is None:
        return page("problem.html", status=403, problem=OUT_OF_DATE, again=browser.action)
    person = await enter(await _with_ways(entrance, form.get("account", "")), form)
    return await _admitted(browser, visitor, person) if isinstance(person, Person) else person


async def _with_ways(entrance: Entrance, account: str) -> Entrance:
    """The sign-in of that account, with the buttons for its identity providers, which root users have none of."""
    browser = entrance.browser
    if browser.query.get("as") == "root":
        return entrance
    to = _next(browser)
    onward = "" if to == HOME else f"?{urlencode({'to': to})}"
    return replace(entrance, ways=await openid.ways(browser.visit, account.strip()), onward=onward)


async def _admitted(browser: Browser, visitor: Visitor | None, person: Person) -> Answer:
    before = None if visitor is None else visitor.session
    session = await console_sessions.begin(browser.visit, person, instead_of=before)
    led_on = redirect(_next(browser))
    led_on.headers.append((b"set-cookie", cookie(browser.visit, browser.request, session)))
    return led_on


def _next(browser: Browser) -> str:
    to = browser.query.get("to", "")
    return to if is_ours(to) else HOME

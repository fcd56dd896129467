"""Switching roles: `/console/switch-role`, to which AWS's links lead, too, and what the menu of the console asks for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html. The browser keeps the last five
roles, sealed, for the person who has used them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from iamd.caller.caller import Caller
from iamd.console.browser import Browser, cookie_of, new_cookie
from iamd.console.calls import Perform, question
from iamd.console.entrance import OUT_OF_DATE, Entrance
from iamd.console.pages import page, redirect
from iamd.console.visitors import Acting, Visitor, cookie
from iamd.services.carried import Carried
from iamd.services.signin import switching
from iamd.services.signin.passwords import Visit
from iamd.services.signin.switching import COLORS, Switch
from iamd.wire.errors import AwsError, InvalidInput
from iamd.wire.http import Answer, HttpRequest

PATH = b"/console/switch-role"
LINK = b"/switchrole"
"""Where AWS has the page; links name account, roleName, displayName and color."""
_HOME = "/console/"
_COLOR_NAMES = ("red", "orange", "yellow", "green", "blue")
_COOKIE = "iamd-roles"
_KEPT, _DAYS = 5, 90
_LONGEST_COOKIE = 4_096  # bytes, with its attributes: browsers drop longer ones


class _History(Carried, frozen=True, array_like=True):
    """The roles that a person has acted as in this browser, the last one first."""

    context = b"console roles"

    owner: str
    roles: tuple[Switch, ...]


def roles_of(visit: Visit, request: HttpRequest, own: Caller) -> tuple[Switch, ...]:
    """The roles that the person has used in this browser, the last one first."""
    text = cookie_of(request, _COOKIE)
    known = None if text is None else _History.opened(visit.realm.sealer, text)
    return known.roles if known is not None and known.owner == own.arn else ()


async def answer(entrance: Entrance, visitor: Visitor) -> Answer:
    """Show the form, with what a link fills in; nothing is switched before it is sent."""
    browser = entrance.browser
    if browser.request.method != "POST":
        query = browser.query
        linked = Switch(*(query.get(name, "") for name in ("account", "roleName", "displayName", "color")))
        return _form(browser, visitor, linked)
    form = browser.form()
    if form is None:
        return page("problem.html", status=403, problem=OUT_OF_DATE, again=browser.action)
    wanted = Switch(*(form.get(name, "") for name in ("account", "role", "name", "color")))
    answered = redirect(_HOME)
    try:
        answered.headers.extend(await _switched(browser.visit, browser.request, visitor, wanted, entrance.perform))
    except AwsError as refused:
        return _form(browser, visitor, wanted, refused.message)
    return answered


def _form(browser: Browser, visitor: Visitor, wanted: Switch, problem: str | None = None) -> Answer:
    return page(
        "switch_role.html",
        status=200 if problem is None else 403,
        problem=problem,
        browser=browser,
        arn=visitor.own.arn,
        wanted=wanted,
        colors=dict(zip(COLORS, _COLOR_NAMES, strict=True)),
        roles=roles_of(browser.visit, browser.request, visitor.own),
    )


async def switch(visit: Visit, request: HttpRequest, visitor: Visitor, perform: Perform) -> list[tuple[bytes, bytes]]:
    """Act as the role that the body of a call names: the headers that keep it. Raises AwsError."""
    try:
        wanted = msgspec.json.decode(request.body, type=Switch)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput("Send a JSON object with `account` and `role`.") from None
    return await _switched(visit, request, visitor, wanted, perform)


def switch_back(visit: Visit, request: HttpRequest, visitor: Visitor) -> list[tuple[bytes, bytes]]:
    """Act as oneself again: the header that keeps it."""
    if visitor.caller is not visitor.own:
        switching.record(visit, "ExitRole", visitor.caller, visitor.own, _HOME)
    return [(b"set-cookie", cookie(visit, request, visitor.session))]


async def _switched(
    visit: Visit, request: HttpRequest, visitor: Visitor, wanted: Switch, perform: Perform
) -> list[tuple[bytes, bytes]]:
    wanted = switching.checked(wanted)
    params: dict[str, Any] = await switching.assumption(visit, visitor.own, visitor.session, wanted)
    outcome = await perform(request, question(visitor.own, "sts", "AssumeRole", **params))
    if outcome.error is not None:
        raise outcome.error
    session = switching.begun(visit, visitor.session, outcome.reply or {})
    role = await switching.acting(visit, session)
    if role is None:
        raise InvalidInput("Your session ends in a moment. Please sign in again.")
    acting = cookie(visit, request, visitor.session, Acting(session, wanted))
    if len(acting) > _LONGEST_COOKIE:
        raise InvalidInput("The session would have more tags than a browser keeps: come in with fewer transitive ones.")
    switching.record(visit, "SwitchRole", role, visitor.own, _HOME)
    others = [each for each in roles_of(visit, request, visitor.own) if each.name != wanted.name]
    return [
        (b"set-cookie", acting),
        (b"set-cookie", _history(visit, request, visitor.own.arn, (wanted, *others)[:_KEPT])),
    ]


def _history(visit: Visit, request: HttpRequest, owner: str, roles: tuple[Switch, ...]) -> bytes:
    """The cookie of the roles, as many as it holds: names and paths may be long."""
    text = _History(owner, roles).sealed(visit.realm.sealer)
    kept = new_cookie(request, _COOKIE, text, days=_DAYS)
    return kept if len(kept) <= _LONGEST_COOKIE else _history(visit, request, owner, roles[:-1])

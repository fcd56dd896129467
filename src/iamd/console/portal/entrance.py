"""Signing in at the access portal: password, then a code where there is an authenticator app, then a new password where
the present one was for one time. Who has signed in is led back to the page that was asked for."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from iamd.console.browser import Browser
from iamd.console.pages import page, redirect
from iamd.console.portal.visitors import Visitor, begin
from iamd.console.tickets import holder, ticket
from iamd.services.access_portal import passwords
from iamd.services.access_portal.sign_in import NeedsCode, show_code, sign_in
from iamd.services.signin.passwords import MustChange, Refused
from iamd.services.signin.people import Person
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.wire.http import Answer

STEPS = ("sign-in", "code", "new-password")
TOO_LATE = "You have waited too long. Please sign in again."
UNEQUAL = "The two new passwords are not the same."
_CODE, _NEW_PASSWORD = "portal code", "portal new password"


@dataclass(frozen=True, slots=True)
class Entrance:
    """One request at a page that people of an instance sign in at; `before` is who has been signed in there."""

    browser: Browser
    center: IdentityCenter
    before: Visitor | None = None

    def form(self, name: str = "", problem: str | None = None) -> Answer:
        """The first form, with the user name that was entered."""
        return self._page("portal_sign_in.html", problem, name=name)

    async def take(self, form: dict[str, str]) -> Answer:
        """The page that comes after that step, or back to the one that was asked for."""
        match form.get("step"):
            case "code":
                return await self._coded(form)
            case "new-password":
                return await self._renewed(form)
        name, password = form.get("name", "").strip(), form.get("password", "")
        try:
            return await self._entered(sign_in(self.browser.visit, self.center.account_id, name, password))
        except Refused as refused:
            return self.form(name, str(refused))

    async def _entered(self, attempt: Awaitable[Person]) -> Answer:
        """What comes of an attempt. Raises Refused."""
        try:
            person = await attempt
        except NeedsCode as needed:
            return self._ask_for_code(needed.person)
        except MustChange as due:
            return self._ask_for_new_password(due.person)
        browser = self.browser
        back = redirect(browser.action)
        back.headers.append((b"set-cookie", await begin(browser.visit, browser.request, person, self.before)))
        return back

    async def _coded(self, form: dict[str, str]) -> Answer:
        person = holder(self.browser, form.get("ticket", ""), _CODE)
        if person is None:
            return self.form(problem=TOO_LATE)
        try:
            return await self._entered(show_code(self.browser.visit, person, form.get("code", "").strip()))
        except Refused as refused:
            return self._ask_for_code(person, str(refused))

    async def _renewed(self, form: dict[str, str]) -> Answer:
        person = holder(self.browser, form.get("ticket", ""), _NEW_PASSWORD)
        if person is None:
            return self.form(problem=TOO_LATE)
        if form.get("new") != form.get("again"):
            return self._ask_for_new_password(person, UNEQUAL)
        try:
            setting = passwords.set_own(self.browser.visit, person, form.get("new", ""), signs_in=True)
            return await self._entered(setting)
        except Refused as refused:
            return self._ask_for_new_password(person, str(refused))

    def _ask_for_code(self, person: Person, problem: str | None = None) -> Answer:
        return self._page("portal_code.html", problem, ticket=ticket(self.browser, person, _CODE))

    def _ask_for_new_password(self, person: Person, problem: str | None = None) -> Answer:
        shown = ticket(self.browser, person, _NEW_PASSWORD)
        return self._page("portal_new_password.html", problem, ticket=shown, rules=passwords.RULES, name=None)

    def _page(self, template: str, problem: str | None, **values: Any) -> Answer:
        status = 200 if problem is None else 403
        return page(template, status=status, problem=problem, browser=self.browser, center=self.center, **values)

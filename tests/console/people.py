"""A person at the console: a real browser, in which a user is signed in, and what no page may show.

def test_something(person: Person) -> None:
    page = person.at("/users")
    page.get_by_role("button", name="Create user").click()
    person.looks_right()
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from playwright.sync_api import Page, expect

from tests.live import ACCOUNT, Live
from tests.services.signin.browser import PASSWORD

AXE = Path(__file__).parents[2] / "console" / "node_modules" / "axe-core" / "axe.min.js"
# The policy of the pages lets axe's script in only from outside of them; what axe finds is about pages anyway.
_RUN = """async rules => {
    const found = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
    return found.violations.map(v => `${v.id}: ${v.help} at ${v.nodes.map(n => n.target.join(" ")).join(", ")}`);
}"""

PATIENCE = 20_000  # milliseconds; a busy machine takes its time to draw a page
# Plain pages, up to the sign-in, follow the scheme by their style sheet.
_WEARS = "dark => !document.getElementById('app') || document.body.classList.contains('awsui-dark-mode') === dark"

expect.set_options(timeout=PATIENCE)


@dataclass
class Person:
    """Who is signed in, and the page that is shown. `problems` are errors of scripts and of the pages' policy; `origin`
    is where the browser finds the server."""

    server: Live
    iam: Any
    page: Page
    origin: str = ""
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.origin = self.origin or self.server.endpoint
        self.page.on("pageerror", lambda error: self.problems.append(f"a script failed: {error}"))
        self.page.on("console", lambda told: self.problems.append(told.text) if _is_problem(told.text) else None)
        self.page.on("request", lambda sent: self._left(sent.url))

    def _left(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.problems.append(f"a request left the origin: {url}")

    def sign_in(self, name: str) -> None:
        """As a user of that name, with the password of every test."""
        self.page.goto(f"{self.origin}/console/sign-in")
        self.page.get_by_label("Account ID or alias").fill(ACCOUNT)
        self.page.get_by_label("User name").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).not_to_have_url(re.compile("/sign-in"))
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def at(self, path: str) -> Page:
        """That page of the console, with its heading there."""
        self.page.goto(f"{self.origin}/console{path}")
        expect(self.page.get_by_role("heading", level=1).first).to_be_visible()
        return self.page

    def is_in_as(self, name: str) -> None:
        """Somebody of that name is signed in, and the first page is all there: nothing that is left while it comes in is
        torn off, and no menu that is opened is drawn anew."""
        expect(self.page.get_by_role("button", name=f"{name} @")).to_be_visible()
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        self.page.wait_for_load_state("networkidle")

    def told(self, text: str) -> None:
        """The page has said so at its top."""
        expect(self.page.get_by_role("region", name="Notifications")).to_contain_text(text)

    def looks_right(self) -> None:
        """No error, nothing from elsewhere, nothing that shuts people out: neither in light nor in dark."""
        expect(self.page.locator("h1").first).to_be_visible()  # not what stands there while a page is fetched
        assert self.problems == []
        for scheme, rules in (("light", None), ("dark", ["color-contrast"])):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.wait_for_function(_WEARS, arg=scheme == "dark", polling=50)  # a busy machine paints no frames
            if not self.page.evaluate("'axe' in window"):
                self.page.evaluate(AXE.read_text())
            found = self._violations(rules)
            assert found == [], f"{scheme}: {found}"

    def _violations(self, rules: list[str] | None) -> list[str]:
        """What axe finds on the page that stays: one that is about to be replaced by the next may lack its heading."""
        deadline = monotonic() + PATIENCE / 1_000
        while (found := self.page.evaluate(_RUN, rules)) and monotonic() < deadline:
            self.page.wait_for_timeout(100)
        return list(found)


def _is_problem(text: str) -> bool:
    return "Content Security Policy" in text or "Warning:" in text

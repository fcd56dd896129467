"""Which requests are for people, what browsers are told about the pages, and how long sessions last."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest

from iamd.console.visitors import IDLE
from iamd.services.signin import console_sessions
from iamd.services.signin.console_sessions import LONGEST
from tests.console.visits import Clock, send, sign_in
from tests.live import Live
from tests.services.signin.browser import Browser

HTML = {"accept": "text/html,application/xhtml+xml"}


def test_a_browser_at_the_endpoint_is_led_to_the_console(browser: Browser) -> None:
    browser.headers.update(HTML)
    assert browser.open("/").headers["location"] == "/console/"
    assert browser.open("/console").headers["location"] == "/console/"


@pytest.mark.parametrize("headers", [{}, {"accept": "*/*"}, {**HTML, "authorization": "AWS4-HMAC-SHA256 nonsense"}])
def test_others_at_the_endpoint_are_answered_as_ever(server: Live, headers: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(f"{server.endpoint}/", headers=headers))
    with refused.value as answered:
        assert answered.code in (400, 403)
        assert answered.headers["content-type"] == "text/xml"


def test_the_page_runs_own_scripts_only_and_is_in_no_frame(browser: Browser, built: Path, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    page = browser.open("/console/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"  # the back button shows nothing after the sign-out


def test_files_of_the_application(browser: Browser, built: Path) -> None:
    plain = browser.open("/console/assets/a.js")
    assert (plain.status, plain.body) == (200, "export {};")
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    browser.headers["accept-encoding"] = "gzip, br"
    assert browser.open("/console/assets/a.js").body == "packed"
    for name in ("b.js", "../index.html", "..%2Findex.html", "", "a.js.gz", "../../pages.py"):
        assert browser.open(f"/console/assets/{name}").status == 404


def test_a_link_of_another_site_finds_who_is_signed_in(browser: Browser, built: Path, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    stranger = Browser(browser.endpoint, headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})
    led_on = stranger.open(
        "/console/switch-role?account=a&roleName=%22%3E%3Cb%3E"
    )  # without cookies, as browsers do it
    assert led_on.status == 200
    assert 'content="0;url=/console/switch-role?account=a&amp;roleName=%22%3E%3Cb%3E"' in led_on.body
    browser.headers |= {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"}
    assert "Switch role" in browser.open("/console/switch-role?account=a").body


def test_before_it_is_built_the_page_says_so(browser: Browser, built: Path, jane: dict[str, str]) -> None:
    (built / "built.json").unlink()
    sign_in(browser, jane)
    waiting = browser.open("/console/")
    assert waiting.status == 503
    assert "being built" in waiting.body
    assert browser.open("/console/assets/a.js").status == 404


def test_other_methods_and_forms_are_refused(browser: Browser, built: Path, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    assert browser.open("/console/users", {}).status == 405
    assert send(browser, "GET", "/console/me/nothing")[0] == 404


def test_forms_of_others_are_refused(browser: Browser, jane: dict[str, str]) -> None:
    page = browser.open("/console/sign-in")
    assert Browser(browser.endpoint).submit(page, **jane).status == 403
    assert browser.open("/console/sign-in", {**jane, "csrf": "ü"}).status == 403
    assert "iamd-console" not in browser.cookies


def test_idling_ends_a_session(browser: Browser, clock: Clock, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    for _ in range(3):
        clock.ahead += IDLE
        assert browser.open("/console/me/session").status == 200  # each renews the cookie
    stale = dict(browser.cookies)
    clock.ahead += timedelta(minutes=2)
    browser.open("/console/me/session")
    clock.ahead += IDLE - timedelta(minutes=1)
    assert browser.open("/console/me/session").status == 200
    assert send(Browser(browser.endpoint, stale), "GET", "/console/me/session")[0] == 401


def test_no_session_lasts_for_ever(browser: Browser, clock: Clock, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    while clock.ahead + IDLE < LONGEST:
        clock.ahead += IDLE
        assert browser.open("/console/me/session").status == 200
    clock.ahead = LONGEST
    assert send(browser, "GET", "/console/me/session")[0] == 401


def test_the_oldest_session_makes_room(browser: Browser, jane: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_sessions, "MOST", 2)
    sign_in(browser, jane)
    others = [Browser(browser.endpoint) for _ in range(2)]
    for other in others:
        sign_in(other, jane)
    assert len(send(others[1], "GET", "/console/me/sessions")[1]["sessions"]) == 2
    assert send(browser, "GET", "/console/me/session")[0] == 401

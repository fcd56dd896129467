"""What tests do at the console without its scripts: sign in, and call as its pages do."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from iamd.server.clock import now
from tests.services.signin.browser import Browser, Page

SIGN_IN = "/console/sign-in"


def sign_in(browser: Browser, entered: dict[str, str], at: str = SIGN_IN) -> Page:
    """Fill the form in; the answer leads on, or tells what was wrong."""
    return browser.submit(browser.open(at), **entered)


def send(browser: Browser, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON of a request with the browser's cookies, which it keeps as they are set."""
    with closing(http.client.HTTPConnection(urlsplit(browser.endpoint).netloc, timeout=20)) as connection:
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        sent = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, sent, {"cookie": cookie, **browser.headers, **headers})
        answered = connection.getresponse()
        browser.keep(answered)
        return answered.status, json.loads(answered.read() or b"null")


def session(browser: Browser) -> dict[str, Any]:
    """What the console knows of who is signed in."""
    status, told = send(browser, "GET", "/console/me/session")
    assert status == 200, told
    found: dict[str, Any] = told
    return found


def call(browser: Browser, operation: str, params: Any = None, service: str = "iam") -> tuple[int, Any]:
    """A call of the console's own page."""
    token = {"x-iamd-csrf": session(browser)["csrf"]}
    return send(browser, "POST", f"/console/api/{service}/{operation}", params or {}, **token)


def post(browser: Browser, path: str, body: Any = None) -> tuple[int, Any]:
    """A POST below `/console/me/`."""
    return send(browser, "POST", f"/console/me/{path}", body, **{"x-iamd-csrf": session(browser)["csrf"]})


class Clock:
    """The server's clock: it stands still, but for being put forward."""

    def __init__(self) -> None:
        self.start = now()
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return self.start + self.ahead

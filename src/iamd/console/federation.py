"""`/federation`: brokers get sign-in tokens for temporary credentials, and people sign in with the links made of them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html. A link signs nobody in
by being opened, as AWS's do: programs that look at links would use it up, and strangers could sign people in to accounts
of theirs. It shows as whom one would sign in, and a button.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from iamd.console.browser import Browser, fields
from iamd.console.entrance import OUT_OF_DATE
from iamd.console.pages import page, redirect
from iamd.console.sign_in import HOME, is_ours
from iamd.console.visitors import Visitor, cookie
from iamd.services.signin import federation
from iamd.services.signin.passwords import Refused, Visit
from iamd.wire.http import Answer, HttpRequest

PATH = b"/federation"
_LONGEST = 65_536  # bytes of a form or query: credentials with session policies are long
_is_of_aws = re.compile(r"([a-z0-9-]+\.)*console\.aws\.amazon\.com").fullmatch
_ACTIONS = ("getSigninToken", "login")


@dataclass(frozen=True, slots=True)
class _Login:
    """A link that signs in: where it leads, and who made it, if it says so."""

    token: str
    leads_to: str
    issuer: str


def is_for_federation(request: HttpRequest) -> bool:
    """Whether a request is for the federation endpoint."""
    return request.path == PATH and (b"Action=" in request.query or b"Action=" in request.body[:_LONGEST])


async def answer(browser: Browser, visitor: Visitor | None) -> Answer:
    """Answer `getSigninToken` with JSON, and `login` with a page."""
    request = browser.request
    given = fields(request.query, _LONGEST) | (fields(request.body, _LONGEST) if request.method == "POST" else {})
    try:
        if given.get("Action") == "getSigninToken":
            return await _token(browser.visit, given)
        if given.get("Action") == "login":
            return await _login(browser, visitor, given)
    except Refused as refused:
        return _refused(given, str(refused))
    return _refused(given, f"Action must be {' or '.join(_ACTIONS)}.")


async def _token(visit: Visit, given: dict[str, str]) -> Answer:
    token = await federation.sign_in_token(visit, given.get("Session", ""), given.get("SessionDuration"))
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    return Answer(200, headers, b'{"SigninToken":"%s"}' % token.encode())


async def _login(browser: Browser, visitor: Visitor | None, given: dict[str, str]) -> Answer:
    login = _Login(given.get("SigninToken", ""), _destination(browser, given), _issuer(given))
    caller = await federation.bearer(browser.visit, login.token)
    if browser.request.method != "POST":
        return page("federated.html", arn=caller.arn, login=login, browser=browser, path=PATH.decode())
    if browser.form(_LONGEST) is None:
        return page("problem.html", status=403, problem=OUT_OF_DATE)
    before = None if visitor is None else visitor.session
    session = await federation.sign_in_with_token(browser.visit, login.token, login.leads_to, before)
    led_on = redirect(login.leads_to)
    led_on.headers.append((b"set-cookie", cookie(browser.visit, browser.request, session)))
    return led_on


def _destination(browser: Browser, given: dict[str, str]) -> str:
    """A page of this console; links to AWS's lead to the first one. Raises Refused for what is elsewhere."""
    url = given.get("Destination", "")
    if is_ours(url):
        return url
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise Refused("Destination is not a URL.") from None
    if parts.scheme in ("http", "https") and "\\" not in url and "@" not in parts.netloc:
        if parts.netloc == browser.request.header(b"host"):
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            return path if is_ours(path) else HOME
        if _is_of_aws(host):
            return HOME
    raise Refused("Destination must be a page of this console.")


def _issuer(given: dict[str, str]) -> str:
    """Who made the link, as it says: told, and led to by nothing. Raises Refused."""
    issuer = given.get("Issuer", "")
    if issuer and not re.match(r"https?://[^\s/@]", issuer):
        raise Refused("Issuer must be a URL.")
    return issuer[:256]


def _refused(given: dict[str, str], problem: str) -> Answer:
    if given.get("Action") == "login":
        return page("problem.html", status=400, problem=problem)
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    return Answer(400, headers, f"{problem}\n".encode())

"""Requests of people's browsers: `/` and everything below `/console/`, and the pages that programs send people to;
those of the access portal are told by `portal.door`.

Nothing is changed by a GET. What changes something carries a token that other origins cannot read: a field of a form,
or the header `x-iamd-csrf` of the console's own calls.
"""

from __future__ import annotations

import hmac
from datetime import datetime

import structlog

from iamd.audit.ids import new_uuid
from iamd.console import (
    assets,
    authorize,
    calls,
    federation,
    openid,
    personal,
    saml,
    sign_in,
    switch_role,
    vocabulary,
)
from iamd.console.browser import browser_of
from iamd.console.calls import Ask, Perform
from iamd.console.entrance import Entrance
from iamd.console.pages import page, redirect
from iamd.console.portal import door as portal
from iamd.console.visitors import Visitor, visitor_of
from iamd.services.call import Realm
from iamd.services.signin.passwords import Visit
from iamd.store.errors import NoAccount, StoreError
from iamd.wire.errors import AccessDenied, AwsError, InternalFailure, ServiceUnavailable
from iamd.wire.http import Answer, HttpRequest

PREFIX = b"/console/"
_CSRF = b"x-iamd-csrf"
_METHODS = ("GET", "HEAD", "POST")
_FORMS = (sign_in.PATH, authorize.PATH, federation.PATH, saml.PATH)
_CALLS = (calls.PREFIX, calls.QUESTIONS, personal.PREFIX, vocabulary.PATH)
_log = structlog.get_logger("iamd")


class SignedOut(AwsError):
    """Nobody is signed in, or no more. The console leads to the sign-in then."""

    status = 401
    wording = "Your session has ended. Please sign in again."


def is_for_people(request: HttpRequest) -> bool:
    """Whether a request is a browser's, for a page: API calls to `/` are sent with POST, or have a query."""
    path = request.path
    if path == b"/":
        return request.method == "GET" and not request.query and _is_browser(request)
    if path == switch_role.LINK:
        return _is_browser(request)
    if portal.is_for_portal(request):
        return True
    if federation.is_for_federation(request) or saml.is_for_saml(request):
        return b"authorization" not in request.index
    return path.startswith(PREFIX) or path in (authorize.PATH, b"/console")


def _is_browser(request: HttpRequest) -> bool:
    return b"text/html" in request.index.get(b"accept", b"") and b"authorization" not in request.index


async def answer(realm: Realm, request: HttpRequest, now: datetime, perform: Perform, ask: Ask) -> Answer:
    """The answer to a browser. Of its calls, `perform` takes each through the chain; `ask` answers its questions."""
    request_id = new_uuid()
    host = request.header(b"host") or ""
    agent = request.header(b"user-agent") or ""
    visit = Visit(realm, now, request_id, request.client_ip, agent, host if request.secure else None)
    try:
        answered = await _answer(visit, request, perform, ask)
    except AwsError as error:
        answered = _refused(request, error)
    except (StoreError, NoAccount):
        _log.error("the store failed", request_id=request_id, exc_info=True)
        answered = _refused(request, ServiceUnavailable())
    except Exception:
        _log.error("a page failed", request_id=request_id, exc_info=True)
        answered = _refused(request, InternalFailure())
    answered.headers.append((b"x-amzn-requestid", request_id.encode()))
    return answered


def _refused(request: HttpRequest, error: AwsError) -> Answer:
    if request.path.startswith(_CALLS):
        return calls.refusal(error)
    refused = page("problem.html", status=error.http_status, problem=error.message)
    refused.headers.extend(error.headers)
    return refused


async def _answer(visit: Visit, request: HttpRequest, perform: Perform, ask: Ask) -> Answer:
    if request.method not in _METHODS:
        refused = page("problem.html", status=405, problem="Open this page with a browser.")
        refused.headers.append((b"allow", b"GET, HEAD, POST"))
        return refused
    if request.path.startswith(assets.PREFIX):
        return assets.asset(request)
    if request.path in (b"/", b"/console"):
        return redirect(sign_in.HOME)
    if request.path == switch_role.LINK:
        return redirect(_address(switch_role.PATH, request.query))
    if _comes_from_elsewhere(request):
        return page("leading_on.html", leads_to_page=_address(request.path, request.query))
    if portal.is_for_portal(request):
        return await portal.answer(visit, request)
    visitor = await visitor_of(visit, request)
    is_openid = request.path.startswith(openid.PREFIX)
    if visitor is None and _costs(request):
        visit.realm.strangers.take(visit.client_ip)
    if is_openid or request.path in _FORMS or (request.path == switch_role.PATH and visitor is not None):
        answered = await _form(visit, request, visitor, perform)
    elif request.path.startswith(_CALLS):
        answered = await _called(visit, request, visitor, perform, ask)
    elif request.method == "POST":
        return page("problem.html", status=405, problem="This page takes no forms.")
    elif visitor is None:
        return redirect(sign_in.link_to(_address(request.path, request.query)))
    else:
        answered = assets.application(request)
    if visitor is not None and visitor.renewal is not None and b"set-cookie" not in dict(answered.headers):
        answered.headers.append((b"set-cookie", visitor.renewal))
    return answered


def _costs(request: HttpRequest) -> bool:
    """Whether more is done for a stranger's request than to show a page that is the same for everybody."""
    path = request.path
    is_asked = bool(request.query) and path in _FORMS
    return request.method == "POST" or is_asked or path.startswith((openid.PREFIX, *_CALLS))


async def _form(visit: Visit, request: HttpRequest, visitor: Visitor | None, perform: Perform) -> Answer:
    browser = browser_of(visit, request)
    entrance = Entrance(browser, perform)
    if request.path == sign_in.PATH:
        answered = await sign_in.answer(entrance, visitor)
    elif request.path == federation.PATH:
        answered = await federation.answer(browser, visitor)
    elif request.path == saml.PATH:
        answered = await saml.answer(browser, perform)
    elif request.path.startswith(openid.PREFIX):
        answered = await openid.answer(browser, perform, visitor)
    elif request.path == authorize.PATH or visitor is None:
        answered = await authorize.answer(entrance, visitor)
    else:
        answered = await switch_role.answer(entrance, visitor)
    cookie = browser.set_cookie()
    if cookie is not None:
        answered.headers.append((b"set-cookie", cookie))
    return answered


async def _called(visit: Visit, request: HttpRequest, visitor: Visitor | None, perform: Perform, ask: Ask) -> Answer:
    if visitor is None:
        raise SignedOut()
    if request.method == "POST":
        given = (request.header(_CSRF) or "").encode("latin-1")
        if not hmac.compare_digest(given, visitor.csrf.encode()):
            raise AccessDenied("This page is out of date, or not the console's own. Please reload it.")
        if request.path.startswith(calls.PREFIX):
            return await calls.answer(visitor.caller, request, perform)
        if request.path.startswith(calls.QUESTIONS):
            path = request.path.removeprefix(calls.QUESTIONS)
            return await ask(visit.realm, request, visitor.caller, path)
    if request.path.startswith(vocabulary.PATH):
        return vocabulary.answer(request)
    return await personal.answer(visit, request, visitor, perform)


def _comes_from_elsewhere(request: HttpRequest) -> bool:
    """Whether somebody has followed another site's link to a page: the browser keeps back the cookies then, so that who
    is signed in would be asked again. It sends them when our own page leads on."""
    told = (request.header(b"sec-fetch-site"), request.header(b"sec-fetch-mode"))
    is_page = request.path.startswith(PREFIX) or portal.is_for_portal(request)
    if openid.is_beginning(request):
        return False  # that is for our own pages to begin
    return request.method == "GET" and told == ("cross-site", "navigate") and is_page


def _address(path: bytes, query: bytes) -> str:
    return (path + b"?" + query if query else path).decode("latin-1")

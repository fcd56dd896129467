"""Requests of browsers for the access portal: `/start` and what is below it, `/device` and `/authorize`.

Nothing is changed by a GET. Forms carry a token that other origins cannot read.
"""

from __future__ import annotations

from iamd.console.browser import Browser, browser_of
from iamd.console.entrance import OUT_OF_DATE
from iamd.console.pages import page, redirect
from iamd.console.portal import authorize, device, external, password, start
from iamd.console.portal.entrance import STEPS, Entrance
from iamd.console.portal.visitors import Visitor, visitor_of
from iamd.services.access_portal.instances import PATH as START
from iamd.services.access_portal.instances import (
    instance_at,
    instance_named,
    instance_of,
    is_store_id,
    only_instance,
    portal_url,
)
from iamd.services.signin.passwords import Visit
from iamd.services.sso_oidc.authorization import PATH as AUTHORIZE
from iamd.services.sso_oidc.devices import PATH as DEVICE
from iamd.store.errors import StaleRead
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.wire.http import Answer, HttpRequest

_PATHS = (START.encode(), DEVICE.encode(), AUTHORIZE.encode())
_BELOW = START.encode() + b"/"
_FORM = b"application/x-www-form-urlencoded"
_NONE = (
    "There is no such access portal here. Ask an administrator for its address; an account has one once it has an "
    "instance of IAM Identity Center."
)


def is_for_portal(request: HttpRequest) -> bool:
    """Whether a request is a browser's, for a page of the portal: buckets of those names get others."""
    if request.path not in _PATHS and not request.path.startswith(_BELOW):
        return False  # asked first: it is asked of every request
    if b"authorization" in request.index:
        return False
    if (request.method == "HEAD" and _is_start(request)) or request.path.startswith(external.PATH):
        return request.method in ("GET", "HEAD", "POST")
    if request.method == "POST":
        return request.index.get(b"content-type", b"").partition(b";")[0].strip().lower() == _FORM
    return request.method in ("GET", "HEAD") and _is_browser(request)


def _is_start(request: HttpRequest) -> bool:
    return request.path == START.encode() or request.path.startswith(_BELOW)


def _is_browser(request: HttpRequest) -> bool:
    return b"text/html" in request.index.get(b"accept", b"")


async def answer(visit: Visit, request: HttpRequest) -> Answer:
    """The page, or what comes of its form. What it tells is durable; raises StoreError where that fails, and StaleRead
    of a form, which is not taken twice."""
    store = visit.realm.store
    while True:
        await store.refresh(request.arrived)
        answered = await _shown(visit, request)
        try:
            await store.settled()
        except StaleRead:
            if request.method == "POST":
                raise
        else:
            return answered


async def _shown(visit: Visit, request: HttpRequest) -> Answer:
    browser = browser_of(visit, request)
    visitor = await visitor_of(visit, request)
    if visitor is None:
        visit.realm.strangers.take(visit.client_ip)
    answered = await _answer(browser, visitor)
    cookie = browser.set_cookie()
    if cookie is not None:
        answered.headers.append((b"set-cookie", cookie))
    return answered


async def _answer(browser: Browser, visitor: Visitor | None) -> Answer:
    if browser.request.path.startswith(external.PATH):
        return await _from_elsewhere(browser)
    form = browser.form() if browser.request.method == "POST" else {}
    if form is None:
        return page("problem.html", status=403, problem=OUT_OF_DATE, again=browser.action)
    if browser.request.path == password.PATH:
        return await password.answer(browser, form)
    center = await _instance(browser, visitor)
    if center is None:
        return page("problem.html", status=404, problem=_NONE)
    if browser.request.method == "HEAD" and not _is_browser(browser.request):
        # The AWS CLI asks where a start URL leads that is not AWS's, and goes on only when it is one of AWS's domains.
        return redirect(portal_url(center))
    if form.get("step") in STEPS:
        return await Entrance(browser, center, visitor).take(form)
    if visitor is None or visitor.center.id != center.id:
        records = await browser.visit.realm.store.load(center.account_id)
        return external.away(browser, center, records) or Entrance(browser, center).form()
    if browser.request.path == DEVICE.encode():
        return await device.answer(browser, visitor, form)
    if browser.request.path == AUTHORIZE.encode():
        return authorize.answer(browser, visitor, form)
    return await start.answer(browser, visitor, form)


async def _from_elsewhere(browser: Browser) -> Answer:
    """What an identity provider sends, and asks: for the instance whose store the address names."""
    store_id = browser.request.path.removeprefix(external.PATH).decode("latin-1")
    center = await instance_named(browser.visit.realm, store_id) if is_store_id(store_id) else None
    if center is None:
        return page("problem.html", status=404, problem=_NONE)
    return await external.answer(browser, center, await browser.visit.realm.store.load(center.account_id))


async def _instance(browser: Browser, visitor: Visitor | None) -> IdentityCenter | None:
    """The instance whose people a page is for: that of its address, of what the program has asked for, of who is signed
    in, or the only one."""
    realm, path = browser.visit.realm, browser.request.path
    if path.startswith(_BELOW):
        return await instance_at(realm, f"http://{START[1:]}{path.decode('latin-1')}")
    wanted: str | None = None
    if path == DEVICE.encode():
        wanted = await device.account_of(browser)
    elif path == AUTHORIZE.encode():
        wanted = authorize.account_of(browser)
    elif visitor is not None:
        return visitor.center
    if wanted is not None:
        return await instance_of(realm, wanted)
    return await only_instance(realm) if visitor is None else visitor.center

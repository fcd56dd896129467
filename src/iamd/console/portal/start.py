"""`/start`: the accounts that a person has been given, and the ways into each: the console, and keys for programs."""

from __future__ import annotations

from urllib.parse import quote

from iamd.console.browser import Browser
from iamd.console.pages import page, redirect
from iamd.console.portal import visitors
from iamd.console.portal.visitors import Visitor
from iamd.console.sign_in import HOME
from iamd.console.visitors import cookie
from iamd.services.access_portal import devices, sessions
from iamd.services.access_portal.assignments import accounts_of
from iamd.services.access_portal.bearer import Bearer
from iamd.services.access_portal.instances import base_url
from iamd.services.access_portal.roles import assume
from iamd.services.access_portal.sign_in import devices_of
from iamd.services.call import PublicCall
from iamd.services.signin import federation
from iamd.services.signin.passwords import Refused
from iamd.wire.errors import AwsError
from iamd.wire.http import Answer

_NOT_YOURS = "You have not been given that role in that account, or no longer."


async def answer(browser: Browser, visitor: Visitor, form: dict[str, str]) -> Answer:
    """Show what there is, or do what was asked for."""
    match form.get("step"):
        case "console":
            return await _console(browser, visitor, form)
        case "keys":
            return await _keys(browser, visitor, form)
        case "mfa":
            return await _app(browser, visitor)
        case "enrol":
            return await _enrolled(browser, visitor, form)
        case "forget":
            return await _forgotten(browser, visitor, form)
        case "end":
            await visitors.end(browser.visit, visitor, form.get("session", ""))
            return redirect(browser.action)
        case "sign-out":
            await visitors.end(browser.visit, visitor, visitor.session.id)
            left = redirect(browser.action)
            left.headers.append((b"set-cookie", visitors.no_cookie(browser.request)))
            return left
    visit = browser.visit
    return page(
        "portal_start.html",
        browser=browser,
        visitor=visitor,
        accounts=await accounts_of(visit.realm, visitor.records, visitor.user.id),
        devices=devices_of(visitor.records, visitor.user),
        programs=[each for each in sessions.of_person(visitor.records, visitor.user.id, visit.now) if each.client],
    )


async def _console(browser: Browser, visitor: Visitor, form: dict[str, str]) -> Answer:
    """Sign the browser in to the console as the role."""
    visit = browser.visit
    try:
        reply = await assume(_call(browser), _bearer(visitor), form.get("account", ""), form.get("role", ""))
        told = {"LoginTo": HOME, "SamlProviderArn": reply["ProviderArn"]}
        session = await federation.sign_in_as_role(visit, reply, told)
    except (AwsError, Refused):
        return page("problem.html", status=403, problem=_NOT_YOURS, again=browser.action)
    led_on = redirect(HOME)
    led_on.headers.append((b"set-cookie", cookie(visit, browser.request, session)))
    return led_on


async def _keys(browser: Browser, visitor: Visitor, form: dict[str, str]) -> Answer:
    """Show credentials of the role, in the ways that programs take them."""
    visit, account_id, role = browser.visit, form.get("account", ""), form.get("role", "")
    call = _call(browser)
    try:
        reply = await assume(call, _bearer(visitor), account_id, role)
    except AwsError:
        return page("problem.html", status=403, problem=_NOT_YOURS, again=browser.action)
    return page(
        "portal_keys.html",
        browser=browser,
        account=account_id,
        role=role,
        profile=f"{quote(role, safe='')}-{account_id}",
        keys=reply["Credentials"],
        endpoint=base_url(visit.realm, call.host, call.secure),
        start_url=f"https://{visitor.center.store_id}.awsapps.com/start",
        region=visitor.center.region,
    )


async def _app(browser: Browser, visitor: Visitor, problem: str | None = None) -> Answer:
    """Offer a secret for an authenticator app: another one each time."""
    offered = await devices.offer(browser.visit, visitor.user, visitor.center)
    status = 200 if problem is None else 403
    return page("portal_mfa.html", status=status, problem=problem, browser=browser, offered=offered)


async def _enrolled(browser: Browser, visitor: Visitor, form: dict[str, str]) -> Answer:
    given = [form.get(each, "").strip() for each in ("ticket", "name", "code")]
    try:
        await devices.enrol(browser.visit, visitor.person, *given)
    except Refused as refused:
        return await _app(browser, visitor, str(refused))
    return redirect(browser.action)


async def _forgotten(browser: Browser, visitor: Visitor, form: dict[str, str]) -> Answer:
    try:
        await devices.forget(browser.visit, visitor.person, form.get("device", ""))
    except Refused as refused:
        return page("problem.html", status=403, problem=str(refused), again=browser.action)
    return redirect(browser.action)


def _bearer(visitor: Visitor) -> Bearer:
    return Bearer(visitor.center, visitor.user, visitor.session, visitor.records)


def _call(browser: Browser) -> PublicCall:
    visit, request = browser.visit, browser.request
    host = request.header(b"host") or ""
    return PublicCall(
        visit.realm, visit.now, visit.request_id, visit.client_ip, visit.agent, host, request.secure, visit.realm.region
    )

"""`/console/sign-in/openid/...`: a person goes to an OpenID Connect provider, comes back with a code, and acts as a role of
the person's choice.

The provider's redirect is a GET that signs in, as OpenID Connect has it: what stands for the token of our forms is
`state`, which is good for one browser, once. It is given on the way from our own pages only: whoever may name a provider
for an account of theirs could sign others in there by a link.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from iamd.console.browser import Browser
from iamd.console.calls import Perform, question
from iamd.console.entrance import OUT_OF_DATE
from iamd.console.pages import page, redirect
from iamd.console.sign_in import HOME, PATH, is_ours
from iamd.console.visitors import Visitor, cookie
from iamd.services.signin import federation, openid, openid_client
from iamd.services.signin.openid import Vouched, Way
from iamd.services.signin.passwords import Refused
from iamd.services.sts.saml_claims import Asked
from iamd.wire.errors import AwsError
from iamd.wire.http import Answer, HttpRequest

PREFIX = openid_client.PATH.encode()
_LONGEST = 65_536  # bytes of a form: tokens that tell many groups are long
_LONGEST_PAGE = 256  # characters of the address that `state` takes along


@dataclass(frozen=True, slots=True)
class _Step:
    """One request of a browser on its way through a provider; `before` is who was signed in."""

    browser: Browser
    perform: Perform
    way: Way
    before: Visitor | None


def is_beginning(request: HttpRequest) -> bool:
    """Whether a person wants to go to a provider, rather than comes back."""
    return request.path.startswith(PREFIX) and request.method != "POST" and b"state=" not in request.query


async def answer(browser: Browser, perform: Perform, before: Visitor | None) -> Answer:
    """Send the person to the provider, take the answer that comes back, or the role that was chosen."""
    path = browser.request.path.decode("latin-1")
    account = path.removeprefix(openid_client.PATH).partition("/")[0]
    again = f"{PATH.decode()}?{urlencode({'account': account})}"
    way = next((each for each in await openid.ways(browser.visit, account) if each.path == path), None)
    if way is None:
        return _refused("Nobody signs in this way any more.", again)
    step = _Step(browser, perform, way, before)
    try:
        if browser.request.method == "POST":
            return await _chosen(step)
        if "state" in browser.query:
            return await _back(step)
        to = browser.query.get("to", "")
        leads_to = to if len(to) <= _LONGEST_PAGE and is_ours(to) else HOME
        if not _is_sent_by_us(browser):
            return redirect(f"{again}&{urlencode({'to': leads_to})}")
        return redirect(await openid.begin(browser.visit, way, browser.cookie, leads_to))
    except federation.Finished as finished:
        return _refused(str(finished), again, HOME)
    except (AwsError, Refused) as refused:
        return _refused(refused.message if isinstance(refused, AwsError) else str(refused), again)


def _is_sent_by_us(browser: Browser) -> bool:
    """Whether a page of ours has led here, or nobody: it has set the cookie, which other sites' links do not bring."""
    site = browser.request.header(b"sec-fetch-site")
    return browser.known is not None and site in (None, "same-origin", "none")


def _refused(problem: str, again: str, on: str | None = None) -> Answer:
    return page("problem.html", status=403, problem=problem, again=again, on=on)


async def _back(step: _Step) -> Answer:
    browser = step.browser
    if browser.known is None and "led" not in browser.query:
        # Not every browser says that another site has sent it; it brings our cookie when our own page does.
        address = f"{browser.request.path.decode('latin-1')}?{browser.request.query.decode('latin-1')}&led=on"
        return page("leading_on.html", leads_to_page=address)
    vouched = await openid.come_back(browser.visit, step.way, browser.cookie, browser.query)
    roles = await openid.roles(browser.visit, step.way, vouched)
    if len(roles) == 1:
        return await _signed_in(step, vouched, roles[0])
    choice = openid.sealed_vouched(browser.visit, step.way, vouched)
    return page("roles.html", roles=roles, kept={"csrf": browser.csrf, "choice": choice}, path=step.way.path)


async def _chosen(step: _Step) -> Answer:
    browser = step.browser
    form = browser.form(_LONGEST)
    if form is None:
        raise Refused(OUT_OF_DATE)
    vouched = openid.chooser(browser.visit, step.way, browser.cookie, form.get("choice", ""))
    roles = await openid.roles(browser.visit, step.way, vouched)
    chosen = next((each for each in roles if each.role_arn == form.get("role")), None)
    if chosen is None:
        raise Refused("Your token does not let you choose that role.")
    return await _signed_in(step, vouched, chosen)


async def _signed_in(step: _Step, vouched: Vouched, chosen: Asked) -> Answer:
    browser = step.browser
    asked = question(
        None,
        "sts",
        "AssumeRoleWithWebIdentity",
        role_arn=chosen.role_arn,
        role_session_name=vouched.name,
        web_identity_token=vouched.token,
        duration_seconds=chosen.seconds,
    )
    outcome = await step.perform(browser.request, asked)
    if outcome.error is not None:
        raise outcome.error
    told = {"LoginTo": vouched.leads_to, "OpenIDConnectProviderArn": chosen.provider_arn}
    before = None if step.before is None else step.before.session
    session = await federation.sign_in_as_role(browser.visit, outcome.reply or {}, told, vouched.id, before)
    led_on = redirect(vouched.leads_to)
    led_on.headers.append((b"set-cookie", cookie(browser.visit, browser.request, session)))
    return led_on

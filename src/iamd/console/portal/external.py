"""`/start/saml/...`: an identity provider's page sends a person here with a SAML response, who is then signed in."""

from __future__ import annotations

import re

from iamd.console.browser import Browser, fields
from iamd.console.pages import page, redirect
from iamd.console.portal.visitors import begin
from iamd.services.access_portal import external
from iamd.services.access_portal.external import leading_there, source_of, vouched
from iamd.services.access_portal.instances import PATH as START
from iamd.services.access_portal.sign_in import admitted
from iamd.services.signin.passwords import Refused
from iamd.store.image import Records
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.wire.http import Answer

PATH = external.PATH.encode()
_LONGEST = 262_144  # bytes; a response has up to 100,000 characters, and forms encode some of them as three
_is_ours = re.compile(r"/(start|device|authorize)([/?][A-Za-z0-9/_.~=?&%+:@-]{0,4000})?").fullmatch


def away(browser: Browser, center: IdentityCenter, records: Records) -> Answer | None:
    """To the identity provider, with the page that was asked for to come back to; None where there is no provider."""
    source = source_of(records)
    if source is None:
        return None
    try:
        return redirect(leading_there(browser.visit, center, source, browser.action))
    except Refused as refused:
        return page("problem.html", status=503, problem=str(refused))


async def answer(browser: Browser, center: IdentityCenter, records: Records) -> Answer:
    """Tell the portal's metadata, or sign in whom a response vouches for.

    The form comes from the provider's site, so it carries no token of ours: the response itself is what counts.
    """
    visit, request = browser.visit, browser.request
    try:
        if request.method != "POST":
            told = external.own_metadata(visit.realm, center).encode()
            return Answer(200, [(b"content-type", b"application/samlmetadata+xml")], told)
        form = fields(request.body, _LONGEST)
        person, session_id = await vouched(visit, center, records, form.get("SAMLResponse", ""))
        cookie = await begin(visit, request, person, None, session_id, admitted(visit, person))
    except Refused as refused:
        return page("problem.html", status=403, problem=str(refused), again=START)
    leads_to = form.get("RelayState", "")
    # Not a redirect: the browser would not send the cookie along, because another site has brought it here.
    answered = page("leading_on.html", leads_to_page=leads_to if _is_ours(leads_to) else f"{START}/{center.store_id}")
    answered.headers.append((b"set-cookie", cookie))
    return answered

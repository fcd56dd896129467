"""`/saml`: an identity provider's page sends a person here with a SAML response, which signs in to a role of the person's
choice.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-saml.html
"""

from __future__ import annotations

from iamd.console.browser import Browser, fields
from iamd.console.calls import Perform, question
from iamd.console.pages import page
from iamd.console.sign_in import HOME, is_ours
from iamd.console.visitors import cookie
from iamd.services.signin import federation
from iamd.services.signin.passwords import Refused
from iamd.services.sts.saml_claims import Asked, asked_for
from iamd.wire.errors import AwsError
from iamd.wire.http import Answer, HttpRequest

PATH = b"/saml"
_LONGEST = 262_144  # bytes; forms encode some characters as three
_LONGEST_RESPONSE = 100_000  # characters, as AssumeRoleWithSAML takes them
_USUAL = 3_600  # seconds, where the response tells none
_FORM = b"application/x-www-form-urlencoded"


def is_for_saml(request: HttpRequest) -> bool:
    """Whether a request is an identity provider's form; a bucket of that name gets others."""
    is_form = request.index.get(b"content-type", b"").partition(b";")[0].strip().lower() == _FORM
    return request.path == PATH and request.method == "POST" and is_form and b"SAMLResponse=" in request.body


async def answer(browser: Browser, perform: Perform) -> Answer:
    """Sign in to the role that the response pairs with its provider, or let the person choose among several.

    The form comes from the provider's site, so it carries no token of ours: the response itself is what counts, and it
    is believed only by AssumeRoleWithSAML.
    """
    form = fields(browser.request.body, _LONGEST)
    response, leads_to = form.get("SAMLResponse", ""), form.get("RelayState", "")
    leads_to = leads_to if is_ours(leads_to) else HOME
    try:
        if len(response) > _LONGEST_RESPONSE:
            raise Refused(f"The response of your identity provider has more than {_LONGEST_RESPONSE:,} characters.")
        asked = asked_for(response)
        chosen = next((each for each in asked if len(asked) == 1 or each.role_arn == form.get("role")), None)
        if chosen is None and "role" in form:
            raise Refused("The response does not let you choose that role.")
        if chosen is not None:
            return await _signed_in(browser, perform, response, chosen, leads_to)
    except (AwsError, Refused) as refused:
        message = refused.message if isinstance(refused, AwsError) else str(refused)
        return page("problem.html", status=403, problem=message)
    kept = {"SAMLResponse": response, "RelayState": leads_to}
    return page("roles.html", roles=asked, kept=kept, path=PATH.decode())


async def _signed_in(browser: Browser, perform: Perform, response: str, chosen: Asked, leads_to: str) -> Answer:
    visit, request = browser.visit, browser.request
    asked = question(
        None,
        "sts",
        "AssumeRoleWithSAML",
        role_arn=chosen.role_arn,
        principal_arn=chosen.provider_arn,
        saml_assertion=response,
        duration_seconds=chosen.seconds or _USUAL,
    )
    outcome = await perform(request, asked)
    if outcome.error is not None:
        raise outcome.error
    told = {"LoginTo": leads_to, "SamlProviderArn": chosen.provider_arn}
    session = await federation.sign_in_as_role(visit, outcome.reply or {}, told)
    # Not a redirect: the browser would not send the cookie along, because another site has brought it here.
    answered = page("leading_on.html", leads_to_page=leads_to)
    answered.headers.append((b"set-cookie", cookie(visit, request, session)))
    return answered

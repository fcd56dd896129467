"""People whom an identity provider vouches for, by SAML."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from iamd.services.access_portal.external import since
from iamd.store.kinds.access_portal import IdentitySource
from tests.caller.saml.idp import Story, encoded, metadata, rsa_key, signed_response
from tests.live import ACCOUNT, Live
from tests.services.access_portal.people import PASSWORD, Person
from tests.services.access_portal.programs import Program, refused
from tests.services.signin.browser import Browser, Page

PUBLIC = "https://iamd.example.com"
SIGN_IN = (
    '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" '
    'Location="https://idp.example.com/sso?app=1"/></md:IDPSSODescriptor>'
)
METADATA = metadata(rsa_key()).replace("</md:IDPSSODescriptor>", SIGN_IN)


class Provider:
    """The identity provider of Ann's instance, which answers for her."""

    def __init__(self, server: Live, ann: Person) -> None:
        self.server, self.ann = server, ann
        self.path = f"/start/saml/{ann.store_id}"
        ann.write(
            lambda records: records.identity_sources.add(
                IdentitySource(ACCOUNT, METADATA, datetime.now(UTC).replace(microsecond=0))
            )
        )

    def response(self, **changes: Any) -> str:
        """What it says: that Ann has signed in, to be told to the portal."""
        here = {"recipient": f"{PUBLIC}{self.path}", "audiences": [f"{PUBLIC}{self.path}"], "subject": "ann"}
        key = changes.pop("key", None)
        return encoded(signed_response(Story(**{"now": datetime.now(UTC), **here, **changes}), key))

    def sends(self, browser: Browser, response: str, leads_to: str = "") -> Page:
        return browser.open(self.path, {"SAMLResponse": response, "RelayState": leads_to})


@pytest.fixture
def provider(server: Live, ann: Person, monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setattr(server.realm, "public_url", PUBLIC)
    return Provider(server, ann)


def test_a_person_signs_in_elsewhere(provider: Provider, ann: Person, browser: Browser, program: Program) -> None:
    waiting = program.start()
    away = browser.open(f"/device?user_code={waiting['userCode']}").headers["location"]
    assert away.startswith("https://idp.example.com/sso?app=1&SAMLRequest=")
    query = parse_qs(urlsplit(away).query)
    request = zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), wbits=-15).decode()
    assert f'AssertionConsumerServiceURL="{PUBLIC}{provider.path}"' in request
    response, leads_to = provider.response(), query["RelayState"][0]
    assert leads_to == f"/device?user_code={waiting['userCode']}"
    told = provider.sends(browser, response, leads_to)
    assert f'content="0;url={leads_to}"' in told.body
    browser.submit(browser.open(leads_to), answer="allow")
    token = program.poll(waiting)
    assert program.portal.list_accounts(accessToken=token["accessToken"])["accountList"] == []
    (event,) = [each for each in ann.events() if each["eventName"] == "UserAuthentication"]
    assert event["additionalEventData"]["CredentialType"] == "EXTERNAL_IDP"

    again = provider.sends(Browser(browser.endpoint), response)
    assert (again.status, again.problem[:30]) == (403, "The response of your identity ")
    ann.write(lambda records: records.identity_sources.remove(records.identity_sources.get(ACCOUNT)))
    assert refused(program.portal.list_accounts, accessToken=token["accessToken"])[0] == "UnauthorizedException"


def test_nobody_else_is_let_in(provider: Provider, ann: Person, browser: Browser) -> None:
    page = provider.sends(browser, provider.response(), "https://evil.example/")
    assert f'content="0;url=/start/{ann.store_id}"' in page.body
    for changes in (
        {"subject": "nobody"},
        {"key": rsa_key("stranger")},
        {"recipient": "https://signin.aws.amazon.com/saml"},
        {"recipient": f"http://127.0.0.1{provider.path}"},
        {"audiences": ["https://another.example/"]},
        {"now": datetime.now(UTC) - timedelta(minutes=10)},
        {"status": "Requester"},
    ):
        assert provider.sends(Browser(browser.endpoint), provider.response(**changes)).status == 403, changes
    assert provider.sends(browser, "nonsense").status == 403
    ann.change(enabled=False)
    assert provider.sends(browser, provider.response()).status == 403
    assert browser.open("/start/saml/d-0000000000", {"SAMLResponse": provider.response()}).status == 404


def test_a_response_is_good_once_for_as_long_as_it_could_be_sent(
    provider: Provider, ann: Person, browser: Browser
) -> None:
    """Of a provider whose clock is ahead, six minutes after the person has signed out."""
    response = provider.response(now=datetime.now(UTC) + timedelta(minutes=4))
    assert provider.sends(browser, response).status == 200
    (session,) = ann.records.portal_sessions
    then = datetime.now(UTC) - timedelta(minutes=6)
    ann.write(lambda records: records.portal_sessions.replace(session, expires=then))
    assert provider.sends(Browser(browser.endpoint), provider.response()).status == 200
    assert provider.sends(Browser(browser.endpoint), response).status == 403


def test_who_came_by_a_password_is_out_when_a_provider_is_set(
    server: Live, ann: Person, browser: Browser, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.sign_in(browser)
    token = ann.allow(browser, program)
    monkeypatch.setattr(server.realm, "public_url", PUBLIC)
    Provider(server, ann)
    assert browser.open("/start").headers["location"].startswith("https://idp.example.com/sso")
    assert refused(program.portal.list_accounts, accessToken=token["accessToken"])[0] == "UnauthorizedException"
    assert refused(program.refresh, token=token["refreshToken"])[0] == "InvalidGrantException"


def test_who_came_from_another_provider_is_out(
    provider: Provider, ann: Person, browser: Browser, program: Program
) -> None:
    provider.sends(browser, provider.response())
    token = ann.allow(browser, program)
    assert program.portal.list_accounts(accessToken=token["accessToken"])["accountList"] == []
    source, now = ann.records.identity_sources.get(ACCOUNT), datetime.now(UTC).replace(microsecond=0)
    renewed = source.metadata.replace("x" * 1000, "")
    another = renewed.replace('entityID="', 'entityID="another-')
    assert since(source, renewed, now) == source.created  # newer metadata of the same provider put nobody out
    then = since(source, another, now)
    assert then > now
    ann.write(lambda records: records.identity_sources.replace(source, metadata=another, created=then))
    assert browser.open("/start").headers["location"].startswith("https://idp.example.com/sso")
    assert refused(program.portal.list_accounts, accessToken=token["accessToken"])[0] == "UnauthorizedException"
    assert refused(program.refresh, token=token["refreshToken"])[0] == "InvalidGrantException"


def test_passwords_count_no_more(provider: Provider, server: Live, ann: Person, browser: Browser) -> None:
    forms = Browser(server.endpoint, headers=browser.headers)
    assert forms.open("/start").status == 303
    ann.write(lambda records: records.identity_sources.remove(records.identity_sources.get(ACCOUNT)))
    form = forms.open("/start")
    again = Provider(server, ann)
    assert forms.submit(form, name="ann", password=PASSWORD).problem == "Sign in at your identity provider."
    assert again.sends(forms, again.response()).status == 200
    assert "ann</code>" in forms.open("/start").body


def test_the_portal_tells_its_metadata(provider: Provider, server: Live, ann: Person, browser: Browser) -> None:
    told = browser.open(provider.path)
    assert (told.status, told.headers["content-type"]) == (200, "application/samlmetadata+xml")
    assert f'Location="{PUBLIC}{provider.path}"' in told.body
    server.realm.public_url = None  # put back by the fixture
    assert browser.open("/start").problem.startswith("Signing in elsewhere takes the setting public_url")
    assert provider.sends(browser, provider.response()).status == 403

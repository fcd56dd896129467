"""Signing in to the console with an OpenID Connect provider: by HTTP with all that attackers try, once in Chromium."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from iamd.services.signin.openid import session_name
from iamd.store.kinds.federation import ConsoleSignIn
from tests.console.openid import ANN, CLIENT, People, button, declare, provider_arn, role_of
from tests.console.people import Person
from tests.console.visits import SIGN_IN, Clock, call, send, session, sign_in
from tests.issuer import Issuer, issuer, own_certificate, thumbprint
from tests.live import ACCOUNT, Live
from tests.services.roles import role_arn
from tests.services.signin.browser import PASSWORD, Browser, Page
from tests.services.signin.test_login import trail

OURS = f"{SIGN_IN}?account={ACCOUNT}"
ELSEWHERE = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}


@pytest.fixture(scope="module")
def certificate() -> Any:
    return own_certificate()


@pytest.fixture
def idp(tmp_path: Path, certificate: Any) -> Iterator[Issuer]:
    with issuer(tmp_path, certificate) as running:
        yield running


@pytest.fixture
def people(server: Live, iam: Any, idp: Issuer, certificate: Any, monkeypatch: pytest.MonkeyPatch) -> People:
    """Of a provider that the account has, whose token counts for the role App."""
    monkeypatch.setattr(server.realm, "public_url", server.endpoint)
    server.realm.issuers.clear()
    iam.create_open_id_connect_provider(Url=idp.url, ClientIDList=[CLIENT], ThumbprintList=[thumbprint(certificate)])
    role_of(iam, "App", idp, sub="ann-1")
    return People(idp)


@pytest.fixture
def administrator(server: Live, iam: Any) -> Browser:
    iam.create_user(UserName="Ada")
    iam.create_login_profile(UserName="Ada", Password=PASSWORD)
    iam.attach_user_policy(UserName="Ada", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    browser = Browser(server.endpoint)
    sign_in(browser, {"account": ACCOUNT, "name": "Ada", "password": PASSWORD, "code": ""})
    return browser


@pytest.fixture
def declared(administrator: Browser, people: People) -> People:
    assert declare(administrator, people.issuer, role_arn("App"), SessionNameClaim="email") == (200, {})
    return people


def away(browser: Browser, people: People, at: str = OURS) -> str:
    """From the sign-in page to the provider and, signed in, back: the address that the provider sends to."""
    gone = browser.open(button(browser.open(at)))
    assert gone.status == 303, gone.problem
    return people.sign_in(gone.headers["location"])


def is_signed_in(browser: Browser) -> bool:
    return send(browser, "GET", "/console/me/session")[0] == 200


def refused(browser: Browser, there: str) -> str:
    """What is said to who comes back by that address, and is let in by nobody."""
    answered = browser.open(there)
    assert (answered.status, is_signed_in(browser)) == (403, False)
    assert f"account={ACCOUNT}" in answered.body  # a way out
    return answered.problem


def test_somebody_comes_in(server: Live, browser: Browser, declared: People) -> None:
    shown = browser.open(OURS + "&to=/console/users")
    assert "Sign in with Example &amp; Co" in shown.body
    back = browser.open(away(browser, declared, OURS + "&to=/console/users"))
    assert (back.status, back.headers["location"]) == (303, "/console/users")
    assert session(browser)["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/App/ann@example.com"
    assert call(browser, "ListUsers")[0] == 200
    [asked] = declared.asked
    assert (asked["response_type"], asked["scope"], asked["code_challenge_method"]) == ("code", "openid", "S256")
    [assumed] = trail(server, "AssumeRoleWithWebIdentity")
    assert assumed["requestParameters"]["durationSeconds"] == 7200
    logins = [each for each in trail(server, "ConsoleLogin") if each["userIdentity"]["type"] == "AssumedRole"]
    assert [each["additionalEventData"]["OpenIDConnectProviderArn"] for each in logins] == [
        provider_arn(declared.issuer)
    ]
    assert "Example" not in Browser(server.endpoint).open(SIGN_IN).body
    assert "Example" not in Browser(server.endpoint).open(OURS + "&as=root").body


def test_a_session_begins_in_the_place_of_the_one_before(server: Live, browser: Browser, declared: People) -> None:
    there = button(browser.open(OURS))
    browser.open(declared.sign_in(browser.open(there).headers["location"]))
    other = Browser(server.endpoint, dict(browser.cookies))
    browser.open(declared.sign_in(browser.open(there).headers["location"]))
    assert (is_signed_in(browser), is_signed_in(other)) == (True, False)


def test_a_confidential_client_shows_its_secret(server: Live, administrator: Browser, people: People) -> None:
    people.secret, idp = "s3cret+/", people.issuer
    role = role_arn("App")
    assert declare(administrator, idp, role, ClientType="confidential", ClientSecret="s3cret+/") == (200, {})
    assert declare(administrator, idp, role, ClientType="confidential", Scopes=["openid", "email", "email"])[0] == 200
    for methods in (["client_secret_basic"], ["client_secret_post"]):
        people.methods = methods
        people.publish()
        server.realm.issuers.clear()
        browser = Browser(server.endpoint)
        back = browser.open(away(browser, people))
        assert (back.status, is_signed_in(browser)) == (303, True), back.problem
    assert people.asked[-1]["scope"] == "openid email"
    assert ["client_secret" in each for each in people.exchanged] == [False, True]
    kept = server.run(server.realm.store.load(ACCOUNT)).console_sign_ins.get(idp.host)
    assert "s3cret" not in repr(kept) + (kept.sealed_secret or "")
    events = trail(server, "PutConsoleSignIn")
    assert "s3cret" not in json.dumps(events)
    assert [each["requestParameters"].get("clientSecret") for each in events] == [
        "HIDDEN_DUE_TO_SECURITY_REASONS",
        None,
    ]
    people.secret = "another"
    browser = Browser(server.endpoint)
    assert "invalid_client" in refused(browser, away(browser, people))


def test_a_role_is_chosen_among_those_that_take_the_token(
    server: Live, iam: Any, administrator: Browser, browser: Browser, people: People
) -> None:
    idp = people.issuer
    other, foreign = role_of(iam, "Other", idp), role_of(iam, "Foreign", idp, sub="bob-2")
    declare(administrator, idp, role_arn("App"), other, foreign, role_arn("Gone"), SessionNameClaim="name")
    people.who["name"] = "Ann, née Ü"
    shown = browser.open(away(browser, people))
    assert re.findall(r'name="role" value="([^"]*)"', shown.body) == [role_arn("App"), other]
    assert not is_signed_in(browser)
    choice = html.unescape(re.search(r'name="choice" value="([^"]*)"', shown.body)[1])  # type: ignore[index]
    assert choice not in json.dumps(people.exchanged)
    assert browser.submit(shown, role=foreign).problem == "Your token does not let you choose that role."
    assert browser.submit(shown, role=other, csrf="").status == 403
    stranger = Browser(server.endpoint)
    form = {"csrf": re.search(r'name="csrf" value="([^"]*)"', stranger.open(OURS).body)[1]}  # type: ignore[index]
    path = urlsplit(people.asked[0]["redirect_uri"]).path
    assert stranger.open(path, {**form, "choice": choice, "role": other}).status == 403  # of another browser
    assert browser.submit(shown, role=other).status == 303
    assert re.fullmatch(r"Other/Ann,-n-e---[0-9a-f]{8}", session(browser)["userName"])
    again = browser.submit(shown, role=other)
    assert again.problem.startswith("This sign-in is finished already")
    assert re.findall(r'<a href="([^"]*)">(?:Go on|Begin again)', again.body) == ["/console/", OURS]


def test_what_comes_back_is_good_once_and_in_one_browser(
    server: Live, browser: Browser, clock: Clock, declared: People
) -> None:
    stale = "This sign-in was not begun in this browser"
    there = away(browser, declared)
    victim = Browser(server.endpoint)
    victim.open(OURS)
    assert refused(victim, there).startswith(stale)  # the attacker's code and state: nobody signs in as somebody else
    assert browser.open(there).status == 303
    post = send(browser, "GET", "/console/me/session")[1]["csrf"]
    send(browser, "POST", "/console/me/sign-out", {}, **{"x-iamd-csrf": post})
    assert "invalid_grant" in refused(browser, there)
    asked = declared.asked[-1]
    declared.codes["again"] = asked  # a provider that takes a code twice
    assert "finished already" in refused(
        browser, there.replace(dict(parse_qsl(urlsplit(there).query))["code"], "again")
    )
    late = away(browser, declared)
    clock.ahead = timedelta(minutes=11)
    assert refused(browser, late).startswith(stale)
    state = dict(parse_qsl(urlsplit(late).query))["state"]
    for forged in ("", "x", state[:-2], state[::-1]):
        assert refused(browser, late.replace(state, forged)).startswith(stale)


def testcodes_and_answers_of_others(
    server: Live, iam: Any, administrator: Browser, browser: Browser, declared: People, tmp_path: Path, certificate: Any
) -> None:
    mine, stolen = away(browser, declared), away(Browser(server.endpoint), declared)
    code = [dict(parse_qsl(urlsplit(each).query))["code"] for each in (mine, stolen)]
    assert "invalid_grant" in refused(browser, mine.replace(*code))  # the verifier is another sign-in's
    (tmp_path / "evil").mkdir()
    with issuer(tmp_path / "evil", certificate) as evil:
        iam.create_open_id_connect_provider(
            Url=evil.url, ClientIDList=[CLIENT], ThumbprintList=[thumbprint(certificate)]
        )
        attacker = People(evil)
        declare(administrator, evil, role_of(iam, "Evil", evil), Label="Other")
        there = away(browser, declared)
        assert "not of the identity provider" in refused(
            browser, there.replace(urlencode({"iss": declared.issuer.url}), urlencode({"iss": evil.url}))
        )
        assert "not of the identity provider" in refused(browser, there.partition("&iss=")[0])
        # Mix-up: the answer of one provider at the address of the other.
        own, others = re.findall(r'<a class="button" href="([^"]*)"', browser.open(OURS).body)
        assert urlsplit(there).path == own
        assert refused(browser, there.replace(own, others)).startswith("This sign-in was not begun")
        assert attacker.exchanged == []


TOKENS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"nonce": "another"}, "is of another sign-in"),
    ({"nonce": None}, "is of another sign-in"),
    ({"aud": "another-client"}, "Incorrect token audience"),
    ({"aud": ["another-client"], "azp": CLIENT}, "is for another client"),
    ({"aud": [CLIENT, "another"]}, "Incorrect token audience"),
    ({"exp": 1_000}, "Token expired"),
    ({"iss": "https://evil.example"}, "names another issuer"),
    ({"sub": "bob-2"}, "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
    ({"email_verified": False}, "does not say that it has verified your e-mail address"),
    ({"email_verified": None}, "does not say that it has verified your e-mail address"),
    ({"email": None}, "has no email, by which sessions are named"),
)


def test_nobody_takes_the_name_that_stands_for_another() -> None:
    sign_in = ConsoleSignIn(ACCOUNT, "idp", CLIENT, None, "Idp", (), name_claim="preferred_username")
    names = [
        "corp\\jane",
        "corp/jane",
        "corp-jane",
        "jane",
        "j",
        "j" * 65,
        "j" * 64,
        "2d4f6a80-1c3e-4b5d-8f7a-9c0b1d2e3f40",
    ]
    told = [session_name(sign_in, {"preferred_username": name}) for name in names]
    assert told[2:4] == names[2:4]
    assert told[-1] == names[-1]
    claimed = [session_name(sign_in, {"preferred_username": name}) for name in told if name not in names]
    assert len({*told, *claimed}) == len(told) + len(claimed)


def test_tokens_that_let_nobody_in(server: Live, browser: Browser, declared: People) -> None:
    for who, said in TOKENS:
        declared.who = {**ANN, **who}
        assert said in refused(browser, away(browser, declared)), who
        server.realm.attempts.clear()


def test_a_token_that_somebody_else_signed(browser: Browser, declared: People) -> None:
    kid, key = declared.issuer.kid, declared.issuer.key
    there = away(browser, declared)
    declared.issuer.rotate(kid=f"{kid}-forged")
    declared.issuer.kid = kid
    assert declared.issuer.key != key
    assert "signature of the ID token could not be verified" in refused(browser, there)


def test_a_provider_that_does_not_do_its_part(server: Live, browser: Browser, declared: People) -> None:
    state = dict(parse_qsl(urlsplit(away(browser, declared)).query))["state"]
    path, iss = urlsplit(declared.asked[0]["redirect_uri"]).path, {"iss": declared.issuer.url}

    def answered(**answer: str) -> str:
        return refused(browser, f"{path}?{urlencode({'state': state, **iss, **answer})}")

    assert answered(error="access_denied").endswith("did not sign you in: access_denied.")
    assert answered(error="<b>Call 555", error_description="pay").endswith("did not sign you in: an error.")
    assert "no code" in answered()
    for page in (b"<html>", b"{}", (500, {}, b"{}"), b"[]", b'{"id_token": 1}', b'{"id_token": "a.b.c"}'):
        declared.issuer.pages["/token"] = page
        assert "dentity provider" in answered(code="x")
    server.realm.attempts.clear()
    declared.issuer.pages["/token"] = b'{"a":' + b"[" * 100_000
    assert "its answer is no answer of OpenID Connect" in answered(code="x")
    for control in ("\0", "\x1b", "é", "\u2603"):
        declared.publish(authorization_endpoint=f"https://localhost/{control}")
        server.realm.issuers.clear()
        gone = browser.open(path)
        assert (gone.status, "location" in gone.headers) == (403, False)
    declared.publish(token_endpoint="http://localhost/token", authorization_endpoint="javascript:alert(1)")
    server.realm.issuers.clear()
    assert "does not tell where codes are exchanged" in answered(code="x")
    gone = browser.open(path)
    assert (gone.status, "location" in gone.headers) == (403, False)
    assert "does not tell where people sign in" in gone.problem


def testcodes_are_not_guessed_for_long(browser: Browser, declared: People) -> None:
    there = away(browser, declared)
    code = dict(parse_qsl(urlsplit(there).query))["code"]
    said = [browser.open(there.replace(code, f"guess-{number}")).problem for number in range(12)]
    assert "invalid_grant" in said[0]
    assert said[-1].startswith("There were too many attempts")
    assert len(declared.exchanged) < 12


def test_nobody_is_led_elsewhere(browser: Browser, declared: People) -> None:
    path = button(browser.open(OURS))
    for to in ("//evil.example", "https://evil.example/console/", "/console//evil.example", "/console/" + "a" * 300):
        gone = browser.open(f"{path}?{urlencode({'to': to})}")
        assert browser.open(declared.sign_in(gone.headers["location"])).headers["location"] == "/console/"
    assert "evil.example" not in button(browser.open(f"{OURS}&to=//evil.example"))


@pytest.mark.parametrize(
    ("has_cookie", "told"),
    [(False, {}), (False, ELSEWHERE), (True, ELSEWHERE), (True, {"sec-fetch-site": "same-site"})],
)
def test_no_other_site_signs_somebody_in(
    server: Live, browser: Browser, declared: People, has_cookie: bool, told: dict[str, str]
) -> None:
    path = button(browser.open(OURS))
    victim = browser if has_cookie else Browser(server.endpoint)
    shown = replace(victim, headers=told).open(path)
    assert (shown.status, urlsplit(shown.headers["location"]).path) == (303, SIGN_IN)
    assert button(victim.open(shown.headers["location"])) == path  # whoever wants to may


def test_nobody_is_led_from_one_sign_in_to_another(browser: Browser, jane: dict[str, str], declared: People) -> None:
    path = button(browser.open(OURS))
    sign_in(browser, jane)
    below = path.removeprefix("/console/")
    for there in (
        below,
        f"./{below}",
        f"x/../{below}",
        f"%2e/{below}",
        f"x/.%2E/{below}",
        "sign-in",
        "sign-in?as=root",
    ):
        led = browser.open(f"{SIGN_IN}?{urlencode({'to': f'/console/{there}'})}")
        assert (led.status, led.headers["location"]) == (303, "/console/")


def test_a_browser_that_does_not_say_whence_it_comes_is_led_on(
    server: Live, browser: Browser, declared: People
) -> None:
    there = away(browser, declared)
    stranger = Browser(server.endpoint)  # what another site sends comes without our cookies
    shown: Page = stranger.open(there)
    assert "iamd-console" not in stranger.cookies
    on = html.unescape(re.search(r'content="0;url=([^"]*)"', shown.body)[1])  # type: ignore[index]
    assert refused(stranger, on).startswith("This sign-in was not begun in this browser")
    assert browser.open(on).status == 303


def test_what_is_declared_is_checked(server: Live, iam: Any, administrator: Browser, people: People) -> None:
    idp, app = people.issuer, role_arn("App")
    arn = {"OpenIDConnectProviderArn": provider_arn(idp)}
    elsewhere = "arn:aws:iam::210987654321:role/App"
    for roles, more, said in (
        ([app], {"ClientId": "another"}, "none of the provider's audiences"),
        ([elsewhere], {}, "of the provider's account"),
        ([], {}, "length"),
        (["not-an-arn"], {}, "regular expression"),
        ([app], {"ClientType": "secret"}, "enum value set"),
        ([app], {"ClientSecret": "x"}, "A public client has no secret"),
        ([app], {"ClientType": "confidential"}, "needs its secret"),
        ([app], {"Label": "a\nb"}, "regular expression"),
    ):
        status, told = declare(administrator, idp, *roles, **more)
        assert status == 400
        assert said in told["message"]
    nowhere = {"OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/nowhere.example"}
    assert call(administrator, "GetConsoleSignIn", nowhere, "iamd")[0] == 404
    told = call(administrator, "GetConsoleSignIn", arn, "iamd")[1]
    assert told["SignInUrl"] == f"{server.endpoint}{OURS}"
    assert set(told) == {"RedirectUri", "SignInUrl"}
    declare(administrator, idp, app, Scopes=["email"])
    assert call(administrator, "GetConsoleSignIn", arn, "iamd")[1]["ConsoleSignIn"] == {
        "ClientId": CLIENT,
        "ClientType": "public",
        "Label": "Example & Co",
        "RoleArns": [app],
        "Scopes": ["email"],
        "SessionNameClaim": "sub",
    }
    people.asked.clear()
    away(Browser(server.endpoint), people)
    assert people.asked[0]["redirect_uri"] == told["RedirectUri"]


def test_who_may_declare(server: Live, iam: Any, jane: dict[str, str], people: People) -> None:
    browser = Browser(server.endpoint)
    sign_in(browser, jane)
    arn = {"OpenIDConnectProviderArn": provider_arn(people.issuer)}
    for operation, params in (("GetConsoleSignIn", arn), ("DeleteConsoleSignIn", arn)):
        status, told = call(browser, operation, params, "iamd")
        assert (status, told["code"]) == (403, "AccessDenied")
        assert f"iamd:{operation} on resource: {arn['OpenIDConnectProviderArn']}" in told["message"]
    assert declare(browser, people.issuer, role_arn("App"))[0] == 403
    assert trail(server, "PutConsoleSignIn")[0]["eventSource"] == "console.iamd"


def test_it_ends_with_the_declaration_the_audience_and_the_provider(
    server: Live, iam: Any, administrator: Browser, browser: Browser, declared: People
) -> None:
    idp = declared.issuer
    arn = {"OpenIDConnectProviderArn": provider_arn(idp)}
    path = button(browser.open(OURS))
    there = away(browser, declared)
    iam.remove_client_id_from_open_id_connect_provider(ClientID=CLIENT, **arn)
    assert button(browser.open(OURS)) == ""
    assert refused(browser, there) == "Nobody signs in this way any more."
    iam.add_client_id_to_open_id_connect_provider(ClientID=CLIENT, **arn)
    assert button(browser.open(OURS)) == path
    assert call(administrator, "DeleteConsoleSignIn", arn, "iamd") == (200, {})
    assert button(browser.open(OURS)) == ""
    declare(administrator, idp, role_arn("App"))
    iam.delete_open_id_connect_provider(**arn)
    assert len(server.run(server.realm.store.load(ACCOUNT)).console_sign_ins) == 0


def test_the_server_must_know_its_own_address(
    browser: Browser, server: Live, declared: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.realm, "public_url", None)
    assert "takes the setting public_url" in refused(browser, button(browser.open(OURS)))


def test_a_real_browser_comes_in(
    server: Live, iam: Any, administrator: Browser, declared: People, chromium: Chromium
) -> None:
    role_of(iam, "Other", declared.issuer)
    declare(administrator, declared.issuer, role_arn("App"), role_arn("Other"), SessionNameClaim="email")
    context = chromium.new_context(ignore_https_errors=True, reduced_motion="reduce")
    person = Person(server, iam, context.new_page())
    page = person.page
    page.goto(f"{server.endpoint}{OURS}&to=/console/users")
    person.looks_right()
    page.get_by_role("link", name="Sign in with Example & Co").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Provider")
    page.get_by_role("link", name="I am Ann").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a role")
    assert all(each.startswith("a request left the origin: https://localhost") for each in person.problems)
    person.problems.clear()  # it was meant to
    person.looks_right()
    page.get_by_label("Other").check()
    page.get_by_role("button", name="Sign in").click()
    person.is_in_as("Other/ann@example.com")
    expect(page).to_have_url(re.compile("/console/users$"))
    page.get_by_role("button", name="Other/ann@example.com @").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_text("Or sign in with your identity provider below.")).to_be_visible()
    page.get_by_role("link", name="Sign in with Example & Co").click()
    page.get_by_role("link", name="I am Ann").click()
    page.get_by_label("App").check()
    page.get_by_role("button", name="Sign in").click()
    person.is_in_as("App/ann@example.com")
    context.close()

"""Signing in from elsewhere: links of brokers, made of temporary credentials, and responses of SAML providers."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from tests.caller.saml.idp import encoded, metadata, rsa_key, signed_response
from tests.console.people import Person
from tests.console.visits import SIGN_IN, Clock, call, post, send, session
from tests.live import ACCOUNT, Live
from tests.services.roles import make_role, permit, role_arn, trust, trusting, user_arn
from tests.services.signin.browser import Browser, Page, Program
from tests.services.signin.test_login import trail
from tests.services.sts.test_saml import NAME, PROVIDER, story, trusting_provider

BROKER = "https://broker.example.com/sign-in"
AWS = "https://console.aws.amazon.com/"


@pytest.fixture
def credentials(server: Live, iam: Any) -> dict[str, str]:
    """Of a role that lists users, for an hour of its two."""
    iam.create_user(UserName="broker")
    make_role(iam, "App", trusting(user_arn("broker")), MaxSessionDuration=7200)
    permit(iam, "App", "iam:ListUsers")
    broker = server.client("sts", iam.create_access_key(UserName="broker")["AccessKey"])
    given: dict[str, str] = broker.assume_role(RoleArn=role_arn("App"), RoleSessionName="jane")["Credentials"]
    return given


def asked(given: dict[str, str], **more: str) -> str:
    credentials = {
        "sessionId": given["AccessKeyId"],
        "sessionKey": given["SecretAccessKey"],
        "sessionToken": given["SessionToken"],
    }
    return urlencode({"Action": "getSigninToken", "Session": json.dumps(credentials), **more})


def token(browser: Browser, given: dict[str, str], **more: str) -> str:
    answered = browser.open(f"/federation?{asked(given, **more)}")
    assert answered.status == 200, answered.body
    found: str = json.loads(answered.body)["SigninToken"]
    return found


def link(token: str, destination: str = AWS, issuer: str = BROKER) -> str:
    query = {"Action": "login", "Issuer": issuer, "Destination": destination, "SigninToken": token}
    return f"/federation?{urlencode(query)}"


def follow(browser: Browser, there: str) -> Page:
    """Open a link and go on."""
    shown = browser.open(there)
    assert shown.status == 200, shown.problem
    return browser.submit(shown)


def test_a_broker_lets_somebody_in(server: Live, browser: Browser, credentials: dict[str, str]) -> None:
    there = link(token(browser, credentials))
    shown = browser.open(there)
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/App/jane" in shown.body
    assert BROKER in shown.body
    assert send(browser, "GET", "/console/me/session")[0] == 401  # a link that is looked at does nothing
    led_on = browser.submit(shown)
    assert (led_on.status, led_on.headers["location"]) == (303, "/console/")
    who = session(browser)
    assert (who["arn"], who["userName"], who["isRole"]) == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/App/jane",
        "App/jane",
        True,
    )
    assert call(browser, "ListUsers")[0] == 200
    assert call(browser, "ListRoles")[0] == 403
    [got] = trail(server, "GetSigninToken")
    assert got["responseElements"]["GetSigninToken"] == "Success"
    assert got["userIdentity"]["accessKeyId"] == credentials["AccessKeyId"]
    [login] = trail(server, "ConsoleLogin")
    assert (login["userIdentity"]["type"], login["responseElements"]) == ("AssumedRole", {"ConsoleLogin": "Success"})
    assert login["additionalEventData"] == {"LoginTo": "/console/", "MobileVersion": "No", "MFAUsed": "No"}
    [listed] = trail(server, "ListUsers")
    assert listed["sessionCredentialFromConsole"] == "true"
    assert listed["userIdentity"]["accessKeyId"] == got["responseElements"]["credentials"]["accessKeyId"]
    assert credentials["SecretAccessKey"] not in json.dumps([got, login, listed])


def test_credentials_may_be_sent_in_a_form(browser: Browser, credentials: dict[str, str]) -> None:
    form = dict(parse_qsl(asked(credentials)))
    given = json.loads(browser.open("/federation", form).body)["SigninToken"]
    assert browser.open(link(given)).status == 200


def test_a_link_works_once_also_after_the_sign_out(browser: Browser, credentials: dict[str, str]) -> None:
    there = link(token(browser, credentials))
    follow(browser, there)
    assert browser.open(there).status == 400
    assert post(browser, "sign-out-everywhere") == (200, {})
    other = Browser(browser.endpoint)
    assert other.open(there).problem.startswith("This sign-in link was used already, or has expired.")


def test_a_link_is_good_for_a_quarter_of_an_hour(browser: Browser, clock: Clock, credentials: dict[str, str]) -> None:
    there = link(token(browser, credentials))
    clock.ahead = timedelta(minutes=15)
    shown = browser.open(there)
    clock.ahead = timedelta(minutes=16)
    assert browser.submit(shown).status == 400


def test_the_session_lasts_as_long_as_was_asked(browser: Browser, clock: Clock, credentials: dict[str, str]) -> None:
    follow(browser, link(token(browser, credentials, SessionDuration="7200")))
    clock.ahead = timedelta(minutes=59)
    assert session(browser)["userName"] == "App/jane"
    clock.ahead = timedelta(minutes=118)  # the credentials themselves are over
    assert call(browser, "ListUsers")[0] == 200
    clock.ahead = timedelta(minutes=121)
    assert send(browser, "GET", "/console/me/session")[0] == 401


def test_the_form_of_others_signs_nobody_in(browser: Browser, credentials: dict[str, str]) -> None:
    given = {"Action": "login", "SigninToken": token(browser, credentials), "Destination": AWS}
    assert browser.open("/federation", given).status == 403
    assert "iamd-console" not in browser.cookies


@pytest.mark.parametrize(
    ("destination", "reached"),
    [
        ("https://console.aws.amazon.com/iam/home#/users", "/console/"),
        ("https://us-east-1.console.aws.amazon.com/iam/", "/console/"),
        ("/console/users?tab=tags", "/console/users?tab=tags"),
        ("http://{host}/console/roles", "/console/roles"),
        ("https://evil.example/console/", None),
        ("https://console.aws.amazon.com.evil.example/", None),
        ("https://console.aws.amazon.com@evil.example/", None),
        ("https://evil.example\\@console.aws.amazon.com/", None),
        ("//evil.example", None),
        ("/console//evil.example", None),
        ("javascript:alert(1)", None),
        ("http://{host}.evil.example/console/", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_nobody_is_led_elsewhere(
    browser: Browser, credentials: dict[str, str], destination: str, reached: str | None
) -> None:
    host = browser.endpoint.removeprefix("http://")
    there = link(token(browser, credentials), destination.format(host=host))
    if reached is None:
        refused = browser.open(there)
        assert (refused.status, "location" in refused.headers) == (400, False)
    else:
        assert follow(browser, there).headers["location"] == reached


@pytest.mark.parametrize("issuer", ["javascript:alert(1)", "//evil.example", "https://"])
def test_an_issuer_is_a_url(browser: Browser, credentials: dict[str, str], issuer: str) -> None:
    assert browser.open(link(token(browser, credentials), issuer=issuer)).problem == "Issuer must be a URL."


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"SessionDuration": "899"}, "SessionDuration must be a number of seconds from 900 to 7200."),
        ({"SessionDuration": "7201"}, "SessionDuration must be a number of seconds from 900 to 7200."),
        ({"SessionDuration": "00000090000"}, "SessionDuration must be a number of seconds from 900 to 7200."),
        ({"SessionDuration": "000000900" + "9" * 30}, "SessionDuration must be a number of seconds from 900 to 7200."),
        ({"SessionDuration": "an hour"}, "SessionDuration must be a number of seconds from 900 to 7200."),
        ({"Session": "{}"}, "Session must be a JSON object"),
        ({"Session": "[]"}, "Session must be a JSON object"),
        ({"Session": ""}, "Session must be a JSON object"),
        ({"Action": "logout"}, "Action must be getSigninToken or login."),
    ],
)
def test_tokens_that_are_not_given(
    browser: Browser, credentials: dict[str, str], more: dict[str, str], said: str
) -> None:
    refused = browser.open(f"/federation?{asked(credentials, **more)}")
    assert refused.status == 400
    assert refused.body.startswith(said)


def test_credentials_that_are_none(browser: Browser, clock: Clock, credentials: dict[str, str]) -> None:
    said = "The credentials in Session are not valid, or have expired.\n"
    for wrong in ({"SecretAccessKey": "x"}, {"AccessKeyId": "ASIAOTHER"}, {"SessionToken": "x"}):
        assert browser.open(f"/federation?{asked({**credentials, **wrong})}").body == said
    clock.ahead = timedelta(minutes=61)
    assert browser.open(f"/federation?{asked(credentials)}").body == said


def test_federated_users_may_call_iam_at_the_console_only(server: Live, iam: Any, browser: Browser) -> None:
    iam.create_user(UserName="broker")
    statement = {"Effect": "Allow", "Action": ["iam:ListUsers", "sts:GetFederationToken"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="broker", PolicyName="own", PolicyDocument=document)
    broker = server.client("sts", iam.create_access_key(UserName="broker")["AccessKey"])
    given = broker.get_federation_token(Name="jane", Policy=document)["Credentials"]
    refused = browser.open(f"/federation?{asked(given, SessionDuration='900')}")
    assert "SessionDuration is not for credentials of GetFederationToken" in refused.body
    follow(browser, link(token(browser, given)))
    assert session(browser)["arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/jane"
    assert call(browser, "ListUsers")[0] == 200
    with pytest.raises(Exception, match="InvalidClientTokenId"):
        server.client("iam", given).list_users()
    own = broker.get_session_token()["Credentials"]
    assert "must be of AssumeRole" in browser.open(f"/federation?{asked(own)}").body


def test_long_session_policies_fit(server: Live, iam: Any, browser: Browser) -> None:
    iam.create_user(UserName="broker")
    make_role(iam, "App", trusting(user_arn("broker")))
    broker = server.client("sts", iam.create_access_key(UserName="broker")["AccessKey"])
    actions = [f"iam:List{number:03}x{number * 7919}*" for number in range(70)]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    given = broker.assume_role(RoleArn=role_arn("App"), RoleSessionName="jane", Policy=policy)["Credentials"]
    follow(browser, link(token(browser, given)))
    assert session(browser)["userName"] == "App/jane"
    assert len(browser.cookies["iamd-console"]) < 1_000


def test_a_federated_session_is_listed_for_its_own_person_and_ends_with_its_role(
    server: Live, iam: Any, browser: Browser, credentials: dict[str, str]
) -> None:
    follow(browser, link(token(browser, credentials)))
    follow(other := Browser(browser.endpoint), link(token(browser, credentials)))
    broker = server.client("sts", iam.create_access_key(UserName="broker")["AccessKey"])
    john = broker.assume_role(RoleArn=role_arn("App"), RoleSessionName="john")["Credentials"]
    follow(third := Browser(browser.endpoint), link(token(browser, john)))
    listed = send(browser, "GET", "/console/me/sessions")[1]["sessions"]
    assert len(listed) == 2
    assert post(browser, "sign-out-everywhere") == (200, {})
    assert [send(each, "GET", "/console/me/session")[0] for each in (browser, other, third)] == [401, 401, 200]
    iam.delete_role_policy(RoleName="App", PolicyName=iam.list_role_policies(RoleName="App")["PolicyNames"][0])
    iam.delete_role(RoleName="App")
    assert send(third, "GET", "/console/me/session")[0] == 401


def test_programs_do_not_act_as_who_comes_from_elsewhere(browser: Browser, credentials: dict[str, str]) -> None:
    follow(browser, link(token(browser, credentials)))
    assert "Sign in as an IAM user" in browser.open(Program(browser.endpoint).link()).body


def test_a_role_of_ones_own_session_is_switched_to_for_an_hour(
    iam: Any, browser: Browser, credentials: dict[str, str]
) -> None:
    make_role(iam, "Next", trusting(role_arn("App")), MaxSessionDuration=7200)
    permit(iam, "App", "sts:AssumeRole")
    follow(browser, link(token(browser, credentials, SessionDuration="7200")))
    assert post(browser, "switch-role", {"account": ACCOUNT, "role": "Next"}) == (200, {})
    assert session(browser)["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Next/jane"


@pytest.fixture
def credentials_of_broker(server: Live, iam: Any) -> dict[str, str]:
    """Of another role than the provider's."""
    iam.create_user(UserName="broker")
    make_role(iam, "Broker", trusting(user_arn("broker")))
    broker = server.client("sts", iam.create_access_key(UserName="broker")["AccessKey"])
    given: dict[str, str] = broker.assume_role(RoleArn=role_arn("Broker"), RoleSessionName="jane")["Credentials"]
    return given


@pytest.fixture
def provider(iam: Any) -> str:
    iam.create_saml_provider(Name=NAME, SAMLMetadataDocument=metadata(rsa_key()))
    make_role(iam, "App", trusting_provider(), MaxSessionDuration=7200)
    permit(iam, "App", "iam:ListUsers")
    return PROVIDER


def send_response(browser: Browser, told: Any, **more: str) -> Page:
    """What the provider's page has the browser send, from another site: without the console's cookies."""
    stranger = Browser(browser.endpoint)
    answered = stranger.open("/saml", {"SAMLResponse": encoded(signed_response(told)), **more})
    browser.cookies.update(stranger.cookies)
    return answered


def test_a_response_with_one_role_signs_in(server: Live, browser: Browser, provider: str) -> None:
    answered = send_response(browser, story(SessionDuration=["7200"]), RelayState="/console/users")
    assert answered.status == 200
    assert '<meta http-equiv="refresh" content="0;url=/console/users">' in answered.body
    assert session(browser)["userName"] == "App/jane"
    assert call(browser, "ListUsers")[0] == 200
    [assumed] = trail(server, "AssumeRoleWithSAML")
    assert assumed["requestParameters"]["durationSeconds"] == 7200
    [login] = trail(server, "ConsoleLogin")
    assert login["additionalEventData"]["SamlProviderArn"] == provider


def test_a_role_is_chosen_among_several(iam: Any, browser: Browser, provider: str) -> None:
    make_role(iam, "Other", trusting_provider())
    pairs = [f"{role_arn('App')},{PROVIDER}", f"{PROVIDER},{role_arn('Other')}", "nonsense", "a,b"]
    shown = send_response(browser, story(Role=pairs), RelayState="//evil.example")
    assert re.findall(r'name="role" value="([^"]*)"', shown.body) == [role_arn("App"), role_arn("Other")]
    assert "iamd-console" not in browser.cookies
    response = html.unescape(re.search(r'name="SAMLResponse" value="([^"]*)"', shown.body)[1])  # type: ignore[index]
    for role, status in (("Third", 403), ("Other", 200)):
        chosen = Browser(browser.endpoint).open("/saml", {"SAMLResponse": response, "role": role_arn(role)})
        assert chosen.status == status
    led_on = browser.submit(shown, role=role_arn("Other"))
    assert "url=/console/" in led_on.body
    assert session(browser)["userName"] == "Other/jane"


def test_responses_that_sign_nobody_in(iam: Any, browser: Browser, provider: str) -> None:
    make_role(iam, "Closed", trust({"Service": "ec2.amazonaws.com"}))
    forged = Browser(browser.endpoint).open(
        "/saml", {"SAMLResponse": encoded(signed_response(story(), rsa_key("stranger")))}
    )
    for refused, said in (
        (forged, "Response signature invalid"),
        (send_response(browser, story("Closed")), "Not authorized to perform sts:AssumeRoleWithSAML"),
        (send_response(browser, story(SessionDuration=["7201"])), "exceeds the MaxSessionDuration"),
        (Browser(browser.endpoint).open("/saml", {"SAMLResponse": "bm90aGluZw=="}), "Invalid base64 SAMLResponse"),
        (send_response(browser, story(Role=[])), "names no role"),
        (Browser(browser.endpoint).open("/saml", {"SAMLResponse": "A" * 100_001}), "more than 100,000 characters"),
    ):
        assert said in html.unescape(refused.body)
        assert "set-cookie" not in refused.headers or "iamd-console" not in refused.headers["set-cookie"]
    assert browser.open(SIGN_IN).status == 200


def test_a_real_browser_comes_in_from_another_site(
    server: Live, iam: Any, chromium: Chromium, provider: str, credentials_of_broker: dict[str, str]
) -> None:
    make_role(iam, "Other", trusting_provider())
    person = Person(server, iam, chromium.new_page(reduced_motion="reduce"))
    page = person.page
    page.goto(server.endpoint + link(token(Browser(server.endpoint), credentials_of_broker)))
    person.looks_right()
    page.get_by_role("button", name="Sign in").click()
    person.is_in_as("Broker/jane")
    response = encoded(signed_response(story(Role=[f"{role_arn(name)},{PROVIDER}" for name in ("App", "Other")])))
    field = f'<input type="hidden" name="SAMLResponse" value="{response}">'
    page.goto("about:blank")
    page.set_content(f'<form method="post" action="{server.endpoint}/saml">{field}<button>Go</button></form>')
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a role")
    person.looks_right()
    page.get_by_label("Other").check()
    page.get_by_role("button", name="Sign in").click()
    person.is_in_as("Other/jane")
    page.get_by_role("button", name="Other/jane @").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_text("To begin another one, go where you came from")).to_be_visible()
    page.close()

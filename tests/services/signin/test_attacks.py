"""What strangers, other sites and thieves of tokens try on the sign-in pages and at the token endpoint."""

from __future__ import annotations

import json
import time
from time import monotonic
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from iamd.services.signin import passwords
from tests.live import ACCOUNT, Live, live
from tests.services.signin.browser import (
    CROSS,
    WRONG,
    Browser,
    Program,
    allowed,
    logged_in,
    refusal,
    subjects,
)

INVALID = ("ValidationException", "INVALID_REQUEST")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/oauth/callback"},
        {"redirect_uri": "http://evil.example:53037/oauth/callback"},
        {"redirect_uri": "http://127.0.0.1:53037@evil.example/"},
        {"redirect_uri": "http://user@127.0.0.1:53037/"},
        {"redirect_uri": "http://127.0.0.1.evil.example:1/"},
        {"redirect_uri": "http://127.0.0.1:1\\@evil.example/"},
        {"redirect_uri": "http://127.0.0.1:0/"},
        {"redirect_uri": "http://127.0.0.1:99999/"},
        {"redirect_uri": "http://127.0.0.1/oauth/callback"},
        {"redirect_uri": "http://127.0.0.1:1/#fragment"},
        {"redirect_uri": "http://127.0.0.1:1/\r\nset-cookie: a=b"},
        {"redirect_uri": "http://2130706433:1/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "//127.0.0.1:1/"},
        {"redirect_uri": None},
        {"client_id": "arn:aws:signin:::devtools/other"},
        {"client_id": CROSS},
        {"client_id": CROSS, "redirect_uri": "https://evil.example/v1/sessions/confirmation"},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": "short"},
        {"code_challenge": None},
        {"response_type": "token"},
        {"state": ""},
        {"state": "a b"},
    ],
)
def test_requests_that_lead_nowhere(browser: Browser, program: Program, changes: dict[str, str | None]) -> None:
    refused = browser.open(program.link(**changes))
    assert refused.status == 400
    assert refused.problem
    assert "location" not in refused.headers
    assert "evil.example" not in refused.headers["content-security-policy"]


def test_parameters_that_come_twice_are_refused(browser: Browser, program: Program) -> None:
    assert browser.open(f"{program.link()}&redirect_uri=https://evil.example/").status == 400


def test_pages_run_no_script_and_are_in_no_frame(browser: Browser, program: Program) -> None:
    page = browser.open(program.link(state='"><script>alert(1)</script>'))
    assert page.status == 200
    assert "<script" not in page.body
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert policy.endswith("form-action 'self' http://127.0.0.1:53037")
    assert page.headers["cache-control"] == "no-store"
    assert "HttpOnly; SameSite=Strict" in page.headers["set-cookie"]


def test_what_was_entered_is_escaped_and_the_password_not_repeated(
    browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    again = browser.sign_in(program, **{**jane, "name": '"><b>x', "password": "a-secret-9"})
    assert "&#34;&gt;&lt;b&gt;x" in again.body
    assert "a-secret-9" not in again.body


def test_over_tls_the_cookie_is_for_this_host_alone(program: Program) -> None:
    with live(trusted_proxies="127.0.0.1") as server:
        browser = Browser(server.endpoint, headers={"x-forwarded-proto": "https"})
        assert browser.open(program.link()).headers["set-cookie"].startswith("__Host-iamd-sign-in=")
        assert browser.open(program.link()).status == 200


def test_a_form_of_another_browser_is_refused(
    server: Live, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    other = Browser(server.endpoint)
    assert other.submit(browser.open(program.link()), **jane).status == 403  # has no cookie yet
    other.open(program.link())
    assert other.submit(browser.open(program.link()), **jane).status == 403
    consent = browser.sign_in(program, **jane)
    assert other.submit(consent, answer="allow").status == 403


def test_a_sign_in_is_good_for_its_request_alone(
    browser: Browser, program: Program, server: Live, jane: dict[str, str]
) -> None:
    consent = browser.sign_in(program, **jane)
    other = Program(server.endpoint)
    consent.body = consent.body.replace(program.state, other.state)
    assert browser.submit(consent, answer="allow").problem == "You have waited too long. Please sign in again."


@pytest.mark.parametrize(
    "wrong",
    [{"password": "wrong"}, {"name": "John"}, {"account": "999999999999"}, {"account": ""}, {"password": "p" * 9_000}],
)
def test_nobody_learns_what_was_wrong(
    browser: Browser, program: Program, jane: dict[str, str], wrong: dict[str, str]
) -> None:
    refused = browser.sign_in(program, **{**jane, **wrong})
    assert (refused.status, refused.problem) == (403, WRONG)


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"name": "John"}, {"account": "999999999999"}])
def test_nobody_learns_by_the_clock_what_was_wrong(
    browser: Browser, program: Program, jane: dict[str, str], wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what there is is loaded, changed and recorded, each of which takes a moment."""
    monkeypatch.setattr(passwords, "REFUSED_EVERY", 0.6)
    form = browser.open(program.link())
    began = monotonic()
    assert browser.submit(form, **{**jane, **wrong}).problem == WRONG
    assert monotonic() - began >= 0.6


def test_the_root_user_without_password_cannot_sign_in(browser: Browser, program: Program) -> None:
    form = browser.open(f"{program.link()}&as=root")
    assert browser.submit(form, name="", password="", code="").problem == WRONG


def test_guesses_are_counted_by_who_is_meant(
    server: Live,
    iam: Any,
    browser: Browser,
    program: Program,
    jane: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However the name is spelled, and the account named."""
    iam.create_account_alias(AccountAlias="acme")
    iam.create_user(UserName="sus")
    counted = subjects(server, monkeypatch)
    for account in (ACCOUNT, "acme"):
        for name in ("sus", "SUS", "\u017fus"):
            assert browser.sign_in(program, **{**jane, "account": account, "name": name}).problem == WRONG
    assert len({each for each in counted if each.startswith("sign-in as ")}) == 1


def test_guesses_are_slowed_down(browser: Browser, program: Program, jane: dict[str, str]) -> None:
    for _ in range(9):
        assert browser.sign_in(program, **{**jane, "password": "guess"}).problem == WRONG
    assert browser.sign_in(program, **jane).problem.startswith("There were too many attempts to sign in.")


def test_passwords_that_must_be_changed_are_changed_first(
    iam: Any, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    iam.update_login_profile(UserName="Jane", PasswordResetRequired=True)
    permitted = {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [permitted]})
    iam.put_user_policy(UserName="Jane", PolicyName="own", PolicyDocument=document)
    due = browser.sign_in(program, **jane)
    assert "must be changed before you go on" in due.body
    assert browser.sign_in(program, **{**jane, "password": "wrong"}).problem == WRONG
    new = {"new": "another horse battery 9!", "again": "another horse battery 9!"}
    consent = browser.submit(due, password=jane["password"], **new)
    assert "Give a program your access?" in consent.body


def test_proofs_of_possession_are_demanded_and_looked_at(
    server: Live, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    token = logged_in(browser, program, jane)["refreshToken"]
    url = f"{server.endpoint}/v1/token"
    another = ec.generate_private_key(ec.SECP256R1())
    for proof in (
        "",
        "garbage",
        "a.b.c",
        program.make_proof(url, key=another),
        program.make_proof(url, header={"alg": "none"}),
        program.make_proof(url, header={"alg": "HS256"}),
        program.make_proof(url, header={"typ": "JWT"}),
        program.make_proof(url, header={"jwk": {"kty": "oct", "k": "AA"}}),
        program.make_proof(url, header={"jwk": None}),
        program.make_proof(url, htm="GET"),
        program.make_proof(f"{server.endpoint}/v1/other"),
        program.make_proof("https://evil.example/v1/token"),
        program.make_proof("http://["),
        program.make_proof(url, iat=int(time.time()) - 400),
        program.make_proof(url, iat=int(time.time()) + 400),
        program.make_proof(url, iat="now"),
        program.make_proof(url, jti=""),
        program.make_proof(url, jti="j" * 5_000),
    ):
        program.proof = proof
        assert refusal(program.refresh, token) == INVALID, proof


def test_a_proof_works_once(server: Live, browser: Browser, program: Program, jane: dict[str, str]) -> None:
    token = logged_in(browser, program, jane)["refreshToken"]
    program.proof = program.make_proof(f"{server.endpoint}/v1/token")
    token = program.refresh(token)["refreshToken"]
    assert refusal(program.refresh, token) == INVALID


def test_the_proof_of_the_code_does_not_work_again(
    server: Live, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    program.proof = program.make_proof(f"{server.endpoint}/v1/token")
    token = logged_in(browser, program, jane)["refreshToken"]
    assert refusal(program.refresh, token) == INVALID
    program.proof = None
    program.refresh(token)
    program.proof = program.make_proof(f"{server.endpoint}/v1/token")
    assert program.refresh(token)  # the answer to the first may have been lost
    assert refusal(program.refresh, token) == INVALID


def test_a_program_that_asks_again_and_again_has_to_wait(
    browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    token = logged_in(browser, program, jane)["refreshToken"]
    for _ in range(31):
        token = program.refresh(token)["refreshToken"]
    assert refusal(program.refresh, token) == INVALID


def test_a_deleted_user_gets_nothing_more(iam: Any, browser: Browser, program: Program, jane: dict[str, str]) -> None:
    token = logged_in(browser, program, jane)["refreshToken"]
    code = allowed(browser, program, jane).location["code"]
    for policy in iam.list_attached_user_policies(UserName="Jane")["AttachedPolicies"]:
        iam.detach_user_policy(UserName="Jane", PolicyArn=policy["PolicyArn"])
    iam.delete_login_profile(UserName="Jane")
    iam.delete_user(UserName="Jane")
    for call, given in ((program.refresh, token), (program.exchange, code)):
        assert refusal(call, given) == ("AccessDeniedException", "USER_CREDENTIALS_CHANGED")


def test_the_token_endpoint_takes_nothing_else_unsigned(server: Live, browser: Browser) -> None:
    for target in ("/v1/token?x-amz-client-auth-method=iam", "/v1/token"):
        answered = browser.open(target, {"grant_type": "refresh_token"})
        assert 400 <= answered.status < 500, answered
    assert server.client("sts").get_caller_identity()["Account"] == ACCOUNT

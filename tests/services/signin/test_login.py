"""`aws login`, played through: a browser on the pages, a program at the token endpoint, then calls of IAM."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs

from iamd.caller.passwords import hashed
from iamd.store.change import Change
from tests.live import ACCOUNT, Live
from tests.services.phones import carried
from tests.services.signin.browser import (
    CALLBACK,
    CROSS,
    LOCAL_DEVELOPMENT,
    PASSWORD,
    WRONG,
    Browser,
    Program,
    allowed,
    claims,
    credentials,
    logged_in,
    refusal,
)


def set_root_password(server: Live, email: str, password: str) -> None:
    def change(change: Change) -> None:
        accounts = change.records(ACCOUNT).accounts
        accounts.replace(accounts.get(ACCOUNT), email=email, root_password=hashed(password))

    server.run(server.realm.store.write(change))


def trail(server: Live, name: str) -> list[dict[str, Any]]:
    """The events of that name, oldest first."""
    asked = [{"AttributeKey": "EventName", "AttributeValue": name}]
    found = server.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
    return [json.loads(event["CloudTrailEvent"]) for event in reversed(found)]


def test_a_program_gets_the_permissions_of_who_signs_in(
    server: Live, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    consent = browser.sign_in(program, **jane)
    assert consent.status == 200
    assert f"arn:aws:iam::{ACCOUNT}:user/Jane" in consent.body
    back = browser.submit(consent, answer="allow")
    assert back.status == 303
    assert back.headers["location"].startswith(f"{CALLBACK}?")
    assert back.location["state"] == program.state
    assert len(back.location["code"]) <= 512
    output = program.exchange(back.location["code"])
    assert (output["tokenType"], output["expiresIn"]) == ("aws_sigv4", 900)
    assert claims(output["idToken"])["sub"] == f"arn:aws:iam::{ACCOUNT}:user/Jane"
    key = credentials(output)
    assert server.client("sts", key).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/Jane"
    assert server.client("iam", key).list_users()["Users"]
    assert refusal(server.client("sts", key).get_session_token)[0] == "AccessDenied"
    later = program.refresh(output["refreshToken"])
    assert "idToken" not in later
    assert server.client("iam", credentials(later)).get_user()["User"]["UserName"] == "Jane"


def test_the_root_user_needs_no_policy(server: Live, browser: Browser, program: Program) -> None:
    set_root_password(server, "root@example.com", PASSWORD)
    form = browser.open(f"{program.link()}&as=root")
    entered = {"name": "Root@Example.com", "password": PASSWORD, "code": ""}
    code = browser.submit(browser.submit(form, **entered), answer="allow").location["code"]
    output = program.exchange(code)
    assert claims(output["idToken"])["sub"] == f"arn:aws:iam::{ACCOUNT}:root"
    identity = server.client("sts", credentials(output)).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_who_has_a_device_shows_its_code(
    server: Live, iam: Any, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    phone = carried(iam, "Jane")
    for code in ("", phone.wrong()):
        assert browser.sign_in(program, **{**jane, "code": code}).problem == WRONG
    output = logged_in(browser, program, {**jane, "code": phone.code(1)})
    condition = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "ArnLike": {"aws:SignInSessionArn": "arn:aws:signin:*:*:session/*"},
    }
    policy = {"Effect": "Allow", "Action": "iam:CreateGroup", "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    iam.put_user_policy(UserName="Jane", PolicyName="mfa", PolicyDocument=document)
    server.client("iam", credentials(output)).create_group(GroupName="made-with-mfa")
    assert browser.sign_in(program, **{**jane, "code": phone.code(1)}).problem == WRONG  # it was used


def test_another_device_is_given_the_code_by_hand(server: Live, browser: Browser, jane: dict[str, str]) -> None:
    confirmation = f"{server.endpoint}/v1/sessions/confirmation"
    program = Program(server.endpoint, CROSS, confirmation)
    shown = allowed(browser, program, jane)
    text = shown.body.partition("readonly>")[2].partition("<")[0]
    told = parse_qs(base64.b64decode(text).decode())
    assert told["state"] == [program.state]
    assert program.exchange(told["code"][0])["expiresIn"] == 900


def test_who_may_not_is_sent_back_without_a_code(
    iam: Any, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    iam.detach_user_policy(UserName="Jane", PolicyArn=LOCAL_DEVELOPMENT)
    back = allowed(browser, program, jane)
    assert back.location["error"] == "access_denied"
    resource = f"arn:aws:signin:us-east-1:{ACCOUNT}:oauth2/public-client/localhost"
    assert f"signin:AuthorizeOAuth2Access on resource: {resource}" in back.location["error_description"]
    assert "code" not in back.location


def test_who_says_no_is_sent_back_without_a_code(browser: Browser, program: Program, jane: dict[str, str]) -> None:
    back = browser.submit(browser.sign_in(program, **jane), answer="deny")
    assert (back.location["error"], back.location["state"]) == ("access_denied", program.state)


def test_permissions_count_at_the_token_endpoint_too(
    iam: Any, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    output = logged_in(browser, program, jane)
    iam.detach_user_policy(UserName="Jane", PolicyArn=LOCAL_DEVELOPMENT)
    assert refusal(program.refresh, output["refreshToken"]) == ("AccessDeniedException", "INSUFFICIENT_PERMISSIONS")


def test_another_password_ends_the_sessions_of_the_former(
    iam: Any, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    output = logged_in(browser, program, jane)
    iam.update_login_profile(UserName="Jane", Password=f"{PASSWORD} 2")
    changed = ("AccessDeniedException", "USER_CREDENTIALS_CHANGED")
    assert refusal(program.refresh, output["refreshToken"]) == changed


def test_codes_work_once_and_for_their_client_alone(
    server: Live, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    code = allowed(browser, program, jane).location["code"]
    invalid = ("ValidationException", "INVALID_REQUEST")
    assert refusal(program.exchange, code, codeVerifier="x" * 43) == invalid
    assert refusal(program.exchange, code, redirectUri="http://127.0.0.1:1/oauth/callback") == invalid
    assert refusal(program.exchange, code, clientId=CROSS) == ("AccessDeniedException", "AUTHCODE_EXPIRED")
    assert refusal(program.exchange, f"{code[:-2]}AA") == ("AccessDeniedException", "AUTHCODE_EXPIRED")
    program.exchange(code)
    assert refusal(program.exchange, code) == ("AccessDeniedException", "AUTHCODE_EXPIRED")


def test_refresh_tokens_rotate_and_are_bound_to_the_key(
    server: Live, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    tokens = [logged_in(browser, program, jane)["refreshToken"]]
    tokens.append(program.refresh(tokens[0])["refreshToken"])
    again = program.refresh(tokens[0])["refreshToken"]  # the answer was lost
    tokens.append(program.refresh(again)["refreshToken"])
    expired = ("AccessDeniedException", "TOKEN_EXPIRED")
    assert refusal(program.refresh, tokens[0]) == expired
    thief = Program(server.endpoint)
    assert refusal(thief.refresh, tokens[2]) == ("ValidationException", "INVALID_REQUEST")
    assert refusal(program.refresh, "garbage") == expired
    assert program.refresh(tokens[2])["expiresIn"] == 900


def test_all_of_it_is_in_the_trail(server: Live, browser: Browser, program: Program, jane: dict[str, str]) -> None:
    browser.sign_in(program, **{**jane, "password": "wrong"})
    browser.sign_in(program, **{**jane, "name": "PASSWORD-in-the-wrong-place"})
    logged_in(browser, program, jane)
    failed, unknown, succeeded = trail(server, "ConsoleLogin")
    assert failed["eventType"] == "AwsConsoleSignIn"
    assert (failed["errorMessage"], failed["responseElements"]) == (
        "Failed authentication",
        {"ConsoleLogin": "Failure"},
    )
    assert "errorCode" not in failed
    assert failed["userIdentity"]["userName"] == "Jane"
    assert unknown["userIdentity"]["userName"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert succeeded["responseElements"] == {"ConsoleLogin": "Success"}
    (authorized,) = trail(server, "AuthorizeOAuth2Access")
    assert authorized["requestParameters"]["redirect_uri"] == CALLBACK
    (issued,) = trail(server, "CreateOAuth2Token")
    assert issued["requestParameters"]["client_id"] == program.client_id
    assert program.verifier not in str(issued)
    assert "secret" not in str(issued["responseElements"]).lower()

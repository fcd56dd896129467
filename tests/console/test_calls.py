"""Calls of the console: the operations of the API, as the person who is signed in, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.visits import call, send, session, sign_in
from tests.live import ACCOUNT, Live
from tests.services.signin.browser import Browser
from tests.services.signin.test_login import trail


@pytest.fixture
def signed_in(browser: Browser, jane: dict[str, str]) -> Browser:
    sign_in(browser, jane)
    return browser


def test_a_call_is_the_operation(server: Live, signed_in: Browser) -> None:
    status, told = call(signed_in, "ListUsers", {"MaxItems": 1})
    assert status == 200
    assert [user["UserName"] for user in told["Users"]] == ["Jane"]
    assert isinstance(told["Users"][0]["CreateDate"], int)
    (event,) = trail(server, "ListUsers")
    assert event["userIdentity"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/Jane"
    assert event["sessionCredentialFromConsole"] == "true"
    assert event["requestParameters"] == {"maxItems": 1}


def test_a_call_of_another_protocol(signed_in: Browser, iam: Any) -> None:
    iam.attach_user_policy(UserName="Jane", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    document = '{"Version":"2012-10-17","Statement":[]}'
    params = {"policyDocument": document, "policyType": "IDENTITY_POLICY", "maxResults": 5}
    status, told = call(signed_in, "ValidatePolicy", params, "accessanalyzer")
    assert (status, "findings" in told) == (200, True)
    status, told = call(signed_in, "LookupEvents", {"MaxResults": 5}, "cloudtrail")
    assert (status, "Events" in told) == (200, True)


def test_who_may_not_is_told_which_permission_lacks(server: Live, signed_in: Browser) -> None:
    status, told = call(signed_in, "CreateUser", {"UserName": "Eve"})
    assert (status, told["code"]) == (403, "AccessDenied")
    assert told["message"].startswith(
        f"User: arn:aws:iam::{ACCOUNT}:user/Jane is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/Eve because no identity-based policy allows the iam:CreateUser action"
    )
    assert trail(server, "CreateUser")[-1]["errorCode"] == "AccessDenied"


@pytest.mark.parametrize(
    ("service", "operation", "body", "code"),
    [
        ("iam", "GetUser", {"UserName": "nobody"}, "NoSuchEntity"),
        ("iam", "GetUser", {"UserName": "a/b"}, "ValidationError"),
        ("iam", "GetUser", {"UserName": 5}, "SerializationException"),
        ("iam", "GetUser", b"[]", "SerializationException"),
        ("iam", "NoSuch", {}, "InvalidAction"),
        ("ec2", "RunInstances", {}, "InvalidAction"),
        ("sts", "AssumeRoleWithSAML", {}, "InvalidAction"),
        ("sts", "GetSessionToken", {}, "AccessDenied"),
    ],
)
def test_what_cannot_be_done_is_told(signed_in: Browser, service: str, operation: str, body: Any, code: str) -> None:
    status, told = call(signed_in, operation, body, service)
    assert (status >= 400, told["code"]) == (True, code)


def test_nobody_calls_who_is_not_signed_in(browser: Browser, jane: dict[str, str]) -> None:
    assert send(browser, "POST", "/console/api/iam/ListUsers", {})[0] == 401
    browser.cookies["iamd-console"] = "x" * 120
    assert send(browser, "POST", "/console/api/iam/ListUsers", {})[0] == 401


def test_calls_carry_the_token_of_the_page(signed_in: Browser) -> None:
    for token in ({}, {"x-iamd-csrf": ""}, {"x-iamd-csrf": "0" * 64}):
        status, told = send(signed_in, "POST", "/console/api/iam/ListUsers", {}, **token)
        assert (status, told["code"]) == (403, "AccessDenied")
        assert send(signed_in, "POST", "/console/me/sign-out", {}, **token)[0] == 403
    assert session(signed_in)


def test_questions_are_asked_as_who_is_signed_in(server: Live, signed_in: Browser, iam: Any) -> None:
    token = {"x-iamd-csrf": session(signed_in)["csrf"], "content-type": "application/json"}
    status, told = send(signed_in, "POST", "/console/access/gateway", {}, **token)
    assert (status, told["code"]) == (403, "AccessDenied")
    assert "user/Jane is not authorized to perform: iamd:GetGateway" in told["message"]
    iam.attach_user_policy(UserName="Jane", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    status, told = send(signed_in, "POST", "/console/access/gateway", {"days": 7}, **token)
    assert (status, told["mode"], told["days"]) == (200, None, 7)
    asked = [each for each in trail(server, "GetGateway") if each["eventSource"] == "authorization.iamd"]
    assert [each.get("errorCode") for each in asked] == ["AccessDenied", None]
    assert {each["sessionCredentialFromConsole"] for each in asked} == {"true"}
    for body, path, code in (({"days": 0}, "gateway", 400), (b"\xff", "gateway", 400), ({}, "nothing", 404)):
        assert send(signed_in, "POST", f"/console/access/{path}", body, **token)[0] == code
    assert send(signed_in, "GET", "/console/access/gateway")[0] == 404


def test_a_get_calls_nothing(signed_in: Browser) -> None:
    token = {"x-iamd-csrf": session(signed_in)["csrf"]}
    assert send(signed_in, "GET", "/console/api/iam/ListUsers", **token)[0] == 404


def test_the_cookie_is_of_no_use_to_another_browser(signed_in: Browser) -> None:
    thief = Browser(signed_in.endpoint, dict(signed_in.cookies), {"user-agent": "curl/8"})
    assert send(thief, "GET", "/console/me/session")[0] == 401


def test_which_permissions_lack_is_told_beforehand(signed_in: Browser, iam: Any) -> None:
    asked = "/console/me/may?action=iam:CreateUser&action=iam:ListUsers&action=nonsense:Nothing"
    told = {"iam:CreateUser": {"layer": "identity-based"}, "nonsense:Nothing": {"layer": "identity-based"}}
    assert send(signed_in, "GET", asked) == (200, {"lacking": told})
    iam.attach_user_policy(UserName="Jane", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_user_permissions_boundary(UserName="Jane", PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    assert send(signed_in, "GET", asked)[1]["lacking"]["iam:CreateUser"] == {"layer": "permissions boundary"}
    denial = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:Create*","Resource":"*"}}'
    iam.put_user_policy(UserName="Jane", PolicyName="no-creation", PolicyDocument=denial)
    denied = {"layer": "identity-based", "deniedBy": "no-creation"}
    assert send(signed_in, "GET", asked)[1]["lacking"]["iam:CreateUser"] == denied
    assert send(signed_in, "GET", "/console/me/may?action=CreateUser")[0] == 400
    assert send(signed_in, "GET", f"/console/me/may?{'action=a:b&' * 101}")[0] == 400

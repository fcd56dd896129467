"""MFA in AssumeRole and GetSessionToken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.iam.documents import document, statement
from tests.services.iam.support import let, refused
from tests.services.phones import Phone, carried
from tests.services.roles import make_role, permit, trusting, user_arn

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
WRONG = ("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
UNABLE = (
    "AccessDenied",
    (
        "MultiFactorAuthentication failed, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user."
    ),
)
BOTH = (
    "AccessDenied",
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
)


@pytest.fixture
def phone(iam: Any, bob: Any) -> Phone:
    return carried(iam, "bob")


def test_a_session_with_mfa_may_call_iam(iam: Any, bob: Any, phone: Phone, server: Live) -> None:
    let(iam, "bob", statement("iam:GetUser", Condition=MFA))
    session = server.client("iam", bob("sts").get_session_token(**phone.token(1))["Credentials"])
    assert session.get_user()["User"]["UserName"] == "bob"
    assert refused(bob("iam").get_user)[0] == "AccessDenied"


def test_the_age_of_mfa_is_seen(iam: Any, bob: Any, phone: Phone, server: Live) -> None:
    young = {"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}}
    let(iam, "bob", statement("iam:GetUser", **young))
    session = server.client("iam", bob("sts").get_session_token(**phone.token(1))["Credentials"])
    session.get_user()
    let(iam, "bob", statement("iam:GetUser", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "0"}}))
    assert refused(session.get_user)[0] == "AccessDenied"


def test_a_trust_policy_may_want_mfa(iam: Any, bob: Any, phone: Phone, assumed: Any) -> None:
    arn = make_role(iam, "Safe", trusting(user_arn("bob"), **MFA))
    sts = bob("sts")
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="here")[0] == "AccessDenied"
    permit(iam, "Safe", "iam:GetRole")
    let(iam, "bob", statement("sts:AssumeRole"))
    session = assumed(sts, arn, **phone.token(1))
    assert session("iam").get_role(RoleName="Safe")["Role"]["Arn"] == arn


def test_the_session_of_a_user_passes_its_mfa_on(iam: Any, bob: Any, phone: Phone, server: Live, assumed: Any) -> None:
    arn = make_role(iam, "Safe", trusting(user_arn("bob"), **MFA))
    wants_mfa = document(statement("iam:GetRole", Condition=MFA))
    iam.put_role_policy(RoleName="Safe", PolicyName="p", PolicyDocument=wants_mfa)
    own = server.client("sts", bob("sts").get_session_token(**phone.token(1))["Credentials"])
    assumed(own, arn)("iam").get_role(RoleName="Safe")


def test_roles_in_a_chain_do_not_pass_it_on(iam: Any, bob: Any, phone: Phone, assumed: Any) -> None:
    first = make_role(iam, "First", trusting(user_arn("bob")))
    permit(iam, "First", "sts:AssumeRole")
    make_role(iam, "Second", trusting(first))
    wants_mfa = document(statement("iam:GetRole", Condition=MFA))
    iam.put_role_policy(RoleName="Second", PolicyName="p", PolicyDocument=wants_mfa)
    session = assumed(bob("sts"), first, **phone.token(1))
    second = assumed(session("sts"), f"arn:aws:iam::{ACCOUNT}:role/Second")
    assert refused(second("iam").get_role, RoleName="Second")[0] == "AccessDenied"


def test_a_code_works_once(bob: Any, phone: Phone) -> None:
    sts = bob("sts")
    assert refused(sts.get_session_token, **phone.token()) == WRONG  # it enabled the device
    sts.get_session_token(**phone.token(1))
    assert refused(sts.get_session_token, **phone.token(1)) == WRONG
    sts.get_session_token(**phone.token(2))


def test_of_many_at_once_one_has_the_code(bob: Any, phone: Phone) -> None:
    sts = bob("sts")

    def attempt(_: int) -> str:
        try:
            sts.get_session_token(**phone.token(1))
        except sts.exceptions.ClientError as error:
            return str(error.response["Error"]["Message"])
        return "issued"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(attempt, range(6)))
    assert sorted(told) == sorted(["issued", *[WRONG[1]] * 5])


def test_a_code_is_used_up_by_a_request_that_is_denied(iam: Any, bob: Any, phone: Phone) -> None:
    arn = make_role(iam, "Other", trusting(f"arn:aws:iam::{ACCOUNT}:root", StringEquals={"sts:ExternalId": "x"}))
    sts = bob("sts")
    denied = refused(sts.assume_role, RoleArn=arn, RoleSessionName="here", **phone.token(1))
    assert denied[0] == "AccessDenied"
    assert "not authorized" in denied[1]
    assert refused(sts.get_session_token, **phone.token(1)) == WRONG


def test_wrong_codes_and_strange_devices_are_refused(iam: Any, user: Any, bob: Any, phone: Phone) -> None:
    sts, ann = bob("sts"), user("ann")("sts")
    assert refused(sts.get_session_token, SerialNumber=phone.serial, TokenCode=phone.wrong()) == WRONG
    assert refused(ann.get_session_token, **phone.token(1)) == UNABLE
    assert refused(sts.get_session_token, SerialNumber=f"{phone.serial}2", TokenCode="123456") == UNABLE
    assert refused(sts.get_session_token, SerialNumber="GAHT12345678", TokenCode="123456") == UNABLE
    assert refused(sts.get_session_token, SerialNumber=phone.serial) == BOTH
    assert refused(sts.get_session_token, TokenCode=phone.code(1)) == BOTH
    role = make_role(iam, "Any", trusting(user_arn("bob")))
    params = {"RoleArn": role, "RoleSessionName": "here", "SerialNumber": phone.serial}
    assert refused(sts.assume_role, **params, TokenCode=phone.wrong()) == WRONG
    assert refused(sts.assume_role, **params) == BOTH
    sts.get_session_token(**phone.token(1))


def test_a_device_that_was_taken_away_opens_nothing(iam: Any, bob: Any, phone: Phone) -> None:
    iam.deactivate_mfa_device(UserName="bob", SerialNumber=phone.serial)
    assert refused(bob("sts").get_session_token, **phone.token(1)) == UNABLE


def test_a_device_is_not_tried_for_long(bob: Any, phone: Phone) -> None:
    wrong = {"SerialNumber": phone.serial, "TokenCode": phone.wrong()}
    told = [refused(bob("sts").get_session_token, **wrong) for _ in range(20)]
    assert told[0] == WRONG
    assert UNABLE in told

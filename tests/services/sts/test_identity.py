"""GetCallerIdentity and GetAccessKeyInfo."""

from __future__ import annotations

import pytest

from iamd.caller.ids import access_key_id
from tests.live import ACCOUNT, ROOT_KEY
from tests.services.iam.documents import statement
from tests.services.iam.support import refused
from tests.services.roles import user_arn

DENY_ALL = statement("*", effect="Deny")


def identity(client):
    answer = client.get_caller_identity()
    del answer["ResponseMetadata"]
    return answer


def test_root_is_its_account(sts):
    assert identity(sts) == {"UserId": ACCOUNT, "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}


def test_a_user_learns_who_it_is_whatever_its_policies_say(iam, user):
    bob = user("bob", DENY_ALL)
    user_id = iam.get_user(UserName="bob")["User"]["UserId"]
    assert identity(bob("sts")) == {"UserId": user_id, "Account": ACCOUNT, "Arn": user_arn("bob")}


def test_a_role_session_is_known_by_role_and_session_name(iam, bob, app, assumed):
    iam.put_role_policy(
        RoleName="App",
        PolicyName="none",
        PolicyDocument='{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}',
    )
    role_id = iam.get_role(RoleName="App")["Role"]["RoleId"]
    assert identity(assumed(bob("sts"), app)("sts")) == {
        "UserId": f"{role_id}:here",
        "Account": ACCOUNT,
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/App/here",
    }


def test_the_account_of_a_key_is_read_from_the_store_or_the_id(iam, sts, user):
    user("bob")
    key = iam.list_access_keys(UserName="bob")["AccessKeyMetadata"][0]["AccessKeyId"]
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == ACCOUNT
    # An id that carries no account is known all the same when the store has it.
    assert sts.get_access_key_info(AccessKeyId=ROOT_KEY)["Account"] == ACCOUNT
    for prefix in ("AKIA", "ASIA"):
        foreign = access_key_id("999999999999", prefix)
        assert sts.get_access_key_info(AccessKeyId=foreign)["Account"] == "999999999999"


@pytest.mark.parametrize(
    "key", ["AKIAIOSFODNN7EXAMPL8", "AKIA0000000000000000", "x" * 20, "A" * 15, "AKIA!AAAAAAAAAAAAAAA"]
)
def test_ids_that_tell_no_account_are_refused(sts, key):
    assert refused(sts.get_access_key_info, AccessKeyId=key)[0] == "ValidationError"


def test_asking_for_a_key_takes_permission(user):
    bob, eve = user("bob", statement("sts:GetAccessKeyInfo")), user("eve")
    assert bob("sts").get_access_key_info(AccessKeyId=ROOT_KEY)["Account"] == ACCOUNT
    assert refused(eve("sts").get_access_key_info, AccessKeyId=ROOT_KEY) == (
        "AccessDenied",
        f"User: {user_arn('eve')} is not authorized to perform: sts:GetAccessKeyInfo on resource: *",
    )

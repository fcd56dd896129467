"""Login profiles and ChangePassword, through the public door."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from iamd.caller.passwords import matches
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.support import denied, let, refused
from tests.services.roles import make_role, permit, trusting, user_arn

FIRST, SECOND, THIRD = "Correct-Horse-1", "Battery-Staple-2", "Margin-Call-3"
NO_PROFILE = ("NoSuchEntity", "Login Profile for User bob cannot be found.")

Client = Callable[[str], Any]


@pytest.fixture
def bob(user: Callable[..., Client]) -> Any:
    """IAM as a user who may change its password."""
    return user("bob", statement("iam:ChangePassword", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))("iam")


def stored(server: Live) -> Any:
    """The only login profile there is."""
    [profile] = server.realm.store.records(ACCOUNT).login_profiles
    return profile


def test_a_profile_is_made_changed_and_deleted(iam: Any, bob: Any, server: Live) -> None:
    made = iam.create_login_profile(UserName="BOB", Password=FIRST)["LoginProfile"]
    assert set(made) == {"UserName", "CreateDate", "PasswordResetRequired"}
    assert (made["UserName"], made["PasswordResetRequired"]) == ("bob", False)
    assert iam.get_login_profile(UserName="bob")["LoginProfile"] == made
    assert matches(stored(server).password, FIRST)
    iam.update_login_profile(UserName="bob", Password=SECOND, PasswordResetRequired=True)
    changed = iam.get_login_profile(UserName="bob")["LoginProfile"]
    assert changed == {**made, "PasswordResetRequired": True}
    assert matches(stored(server).password, SECOND)
    iam.delete_login_profile(UserName="bob")
    assert refused(iam.get_login_profile, UserName="bob") == NO_PROFILE


def test_the_password_is_kept_as_a_hash_and_shown_nowhere(iam: Any, bob: Any, server: Live) -> None:
    iam.create_login_profile(UserName="bob", Password=FIRST)
    profile = stored(server)
    assert profile.password.startswith("$argon2id$")
    assert FIRST not in profile.password
    assert profile.password not in repr(profile)


def test_what_an_update_does_not_give_stays(iam: Any, bob: Any, server: Live) -> None:
    iam.create_login_profile(UserName="bob", Password=FIRST, PasswordResetRequired=True)
    iam.update_login_profile(UserName="bob", Password=SECOND)
    assert iam.get_login_profile(UserName="bob")["LoginProfile"]["PasswordResetRequired"] is True
    iam.update_login_profile(UserName="bob", PasswordResetRequired=False)
    assert iam.get_login_profile(UserName="bob")["LoginProfile"]["PasswordResetRequired"] is False
    iam.update_login_profile(UserName="bob")
    assert matches(stored(server).password, SECOND)


def test_a_user_has_one_profile(iam: Any, bob: Any) -> None:
    iam.create_login_profile(UserName="bob", Password=FIRST)
    told = ("EntityAlreadyExists", "Login Profile for user bob already exists.")
    assert refused(iam.create_login_profile, UserName="bob", Password=SECOND) == told
    assert refused(iam.create_login_profile, UserName="bob", Password="weak") == told


def test_of_two_first_passwords_one_is_set(iam: Any, bob: Any, server: Live) -> None:
    def create(password: str) -> str:
        try:
            iam.create_login_profile(UserName="bob", Password=password)
        except iam.exceptions.EntityAlreadyExistsException:
            return "refused"
        return password

    with ThreadPoolExecutor(2) as pool:
        told = set(pool.map(create, [FIRST, SECOND]))
    assert "refused" in told
    [password] = told - {"refused"}
    assert matches(stored(server).password, password)


def test_a_first_password_is_needed(iam: Any, bob: Any) -> None:
    code, message = refused(iam.create_login_profile, UserName="bob")
    assert code == "ValidationError"
    assert message.endswith("Value at 'password' failed to satisfy constraint: Member must not be null")


@pytest.mark.parametrize("password", ["", "x" * 129, "Snowman-1-☃"])
def test_impossible_passwords_are_refused_and_not_repeated(iam: Any, bob: Any, password: str) -> None:
    code, message = refused(iam.create_login_profile, UserName="bob", Password=password)
    assert code == "ValidationError"
    assert "'password'" in message
    assert not password or password not in message


def test_an_unknown_user_and_a_missing_profile_are_told(iam: Any, bob: Any) -> None:
    unknown = ("NoSuchEntity", "The user with name nobody cannot be found.")
    assert refused(iam.create_login_profile, UserName="nobody", Password=FIRST) == unknown
    assert refused(iam.get_login_profile, UserName="nobody") == unknown
    assert refused(iam.update_login_profile, UserName="nobody", Password=FIRST) == unknown
    assert refused(iam.delete_login_profile, UserName="nobody") == unknown
    assert refused(iam.update_login_profile, UserName="bob", Password=FIRST) == NO_PROFILE
    assert refused(iam.delete_login_profile, UserName="bob") == NO_PROFILE
    assert refused(bob.change_password, OldPassword=FIRST, NewPassword=SECOND) == NO_PROFILE


def test_a_user_with_a_password_is_not_deleted(iam: Any) -> None:
    iam.create_user(UserName="ann")
    iam.create_login_profile(UserName="ann", Password=FIRST)
    told = ("DeleteConflict", "Cannot delete entity, must delete login profile first.")
    assert refused(iam.delete_user, UserName="ann") == told
    iam.delete_login_profile(UserName="ann")
    iam.delete_user(UserName="ann")


def test_a_renamed_user_keeps_its_password(iam: Any, server: Live) -> None:
    iam.create_user(UserName="ann")
    iam.create_login_profile(UserName="ann", Password=FIRST)
    iam.update_user(UserName="ann", NewUserName="anna")
    assert iam.get_login_profile(UserName="anna")["LoginProfile"]["UserName"] == "anna"


def test_a_user_manages_its_own_profile_without_naming_itself(iam: Any, bob: Any) -> None:
    let(iam, "bob", statement("iam:*LoginProfile", user_arn("bob")))
    assert bob.create_login_profile(Password=FIRST)["LoginProfile"]["UserName"] == "bob"
    assert bob.get_login_profile()["LoginProfile"]["UserName"] == "bob"
    bob.delete_login_profile()


def test_others_must_be_allowed_before_anything_is_told(iam: Any, bob: Any) -> None:
    arn = user_arn("bob")
    assert refused(bob.create_login_profile, UserName="eve", Password="x") == denied(
        arn, "CreateLoginProfile", "user eve"
    )
    assert refused(bob.update_login_profile, UserName="bob", Password="x") == denied(
        arn, "UpdateLoginProfile", "user bob"
    )
    assert refused(bob.get_login_profile) == denied(arn, "GetLoginProfile", "user bob")
    assert refused(bob.delete_login_profile, UserName="eve") == denied(arn, "DeleteLoginProfile", "user eve")


def test_a_user_changes_its_password(iam: Any, bob: Any, server: Live) -> None:
    iam.create_login_profile(UserName="bob", Password=FIRST, PasswordResetRequired=True)
    bob.change_password(OldPassword=FIRST, NewPassword=SECOND)
    assert matches(stored(server).password, SECOND)
    assert iam.get_login_profile(UserName="bob")["LoginProfile"]["PasswordResetRequired"] is False


def test_the_old_password_must_be_right_and_another_one(iam: Any, bob: Any, server: Live) -> None:
    iam.create_login_profile(UserName="bob", Password=FIRST)
    assert refused(bob.change_password, OldPassword=SECOND, NewPassword=THIRD) == (
        "AccessDenied",
        "The old password was incorrect.",
    )
    assert refused(bob.change_password, OldPassword=FIRST, NewPassword=FIRST)[0] == "AccessDenied"
    assert matches(stored(server).password, FIRST)


def test_old_passwords_cannot_be_guessed_for_long(iam: Any, bob: Any) -> None:
    iam.create_login_profile(UserName="bob", Password=FIRST)
    # A new window of three minutes may begin meanwhile, once.
    told = [refused(bob.change_password, OldPassword=SECOND, NewPassword=THIRD) for _ in range(20)]
    assert {code for code, _ in told} == {"AccessDenied"}
    assert "The old password was incorrect too often; please try again in a few minutes." in {text for _, text in told}


def test_wrong_passwords_in_a_row_lock_a_user_out(iam: Any, bob: Any, server: Live) -> None:
    iam.create_login_profile(UserName="bob", Password=FIRST)
    most = server.realm.lockout.failures
    while not stored(server).locked_until:
        for _ in range(8):
            refused(bob.change_password, OldPassword=SECOND, NewPassword=THIRD)
        server.realm.attempts.clear()
        assert stored(server).failures <= most
    right = {"OldPassword": FIRST, "NewPassword": SECOND}
    assert refused(bob.change_password, **right)[0] == "AccessDenied"
    iam.update_login_profile(UserName="bob", Password=FIRST)  # an administrator sets a password: it may be tried
    bob.change_password(**right)


def test_a_right_password_forgives_the_wrong_ones(iam: Any, bob: Any, server: Live) -> None:
    iam.create_login_profile(UserName="bob", Password=FIRST)
    refused(bob.change_password, OldPassword=SECOND, NewPassword=THIRD)
    assert stored(server).failures == 1
    bob.change_password(OldPassword=FIRST, NewPassword=SECOND)
    assert stored(server).failures == 0


def test_a_weak_new_password_is_refused(iam: Any, bob: Any) -> None:
    iam.create_login_profile(UserName="bob", Password=FIRST)
    assert refused(bob.change_password, OldPassword=FIRST, NewPassword="weak")[0] == "PasswordPolicyViolation"


def test_only_users_change_their_password(iam: Any, user: Callable[..., Client], server: Live) -> None:
    told = ("InvalidUserType", "Only IAM Users can change their own password.")
    assert refused(iam.change_password, OldPassword=FIRST, NewPassword=SECOND) == told
    ann = user("ann")
    arn = make_role(iam, "App", trusting(user_arn("ann")))
    permit(iam, "App", "*")
    session = ann("sts").assume_role(RoleArn=arn, RoleSessionName="here")["Credentials"]
    assert refused(server.client("iam", session).change_password, OldPassword=FIRST, NewPassword=SECOND) == told


def test_changing_the_password_must_be_allowed(iam: Any, user: Callable[..., Client]) -> None:
    eve = user("eve")("iam")
    iam.create_login_profile(UserName="eve", Password=FIRST)
    assert refused(eve.change_password, OldPassword=FIRST, NewPassword=SECOND) == denied(
        user_arn("eve"), "ChangePassword", "user eve"
    )


def test_a_password_policy_lets_all_users_change_theirs(iam: Any, user: Callable[..., Client]) -> None:
    eve = user("eve")("iam")
    iam.create_login_profile(UserName="eve", Password=FIRST)
    iam.update_account_password_policy(AllowUsersToChangePassword=True)
    assert eve.get_account_password_policy()["PasswordPolicy"]["AllowUsersToChangePassword"] is True
    eve.change_password(OldPassword=FIRST, NewPassword=SECOND)
    assert refused(eve.get_login_profile)[0] == "AccessDenied"
    let(iam, "eve", statement("iam:ChangePassword", effect="Deny"))
    assert refused(eve.change_password, OldPassword=SECOND, NewPassword=THIRD)[0] == "AccessDenied"
    iam.delete_user_policy(UserName="eve", PolicyName="let")
    iam.update_account_password_policy()
    assert refused(eve.change_password, OldPassword=SECOND, NewPassword=THIRD)[0] == "AccessDenied"

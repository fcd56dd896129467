"""The account's password policy, through the public door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from iamd.store.change import Change
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.support import denied, refused
from tests.services.roles import user_arn

NO_POLICY = ("NoSuchEntity", f"The Password Policy with domain name {ACCOUNT} cannot be found.")
REUSED = ("PasswordPolicyViolation", "Password does not conform to the account password policy.")


@pytest.fixture
def ann(iam: Any) -> Callable[[str], None]:
    """Sets a user's password, as an administrator."""
    iam.create_user(UserName="ann")
    iam.create_login_profile(UserName="ann", Password="Correct-Horse-1")
    return lambda password: iam.update_login_profile(UserName="ann", Password=password)


def violation(set_password: Callable[[str], None], password: str) -> str:
    code, message = refused(set_password, password=password)
    assert code == "PasswordPolicyViolation"
    return message


def test_an_account_begins_without_a_policy_of_its_own(iam: Any) -> None:
    assert refused(iam.get_account_password_policy) == NO_POLICY
    assert refused(iam.delete_account_password_policy) == NO_POLICY


def test_what_is_not_given_returns_to_its_default(iam: Any) -> None:
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=24,
        HardExpiry=True,
    )
    flags = ["RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters", "RequireLowercaseCharacters"]
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        **dict.fromkeys([*flags, "AllowUsersToChangePassword", "ExpirePasswords", "HardExpiry"], True),
        "MinimumPasswordLength": 14,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 24,
    }
    iam.update_account_password_policy()
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        **dict.fromkeys([*flags, "AllowUsersToChangePassword", "ExpirePasswords", "HardExpiry"], False),
        "MinimumPasswordLength": 6,
    }
    iam.delete_account_password_policy()
    assert refused(iam.get_account_password_policy) == NO_POLICY


@pytest.mark.parametrize(
    "params",
    [
        {"MinimumPasswordLength": 5},
        {"MinimumPasswordLength": 129},
        {"MaxPasswordAge": 1096},
        {"PasswordReusePrevention": 25},
    ],
)
def test_impossible_settings_are_refused(iam: Any, params: dict[str, int]) -> None:
    assert refused(iam.update_account_password_policy, **params)[0] == "ValidationError"
    assert refused(iam.get_account_password_policy) == NO_POLICY


def test_by_default_three_kinds_of_characters_are_needed(ann: Callable[[str], None]) -> None:
    assert violation(ann, "Short-1") == "Password should have a minimum length of 8"
    assert violation(ann, "lower123") == (
        "Password should meet 1 more of the following requirements: "
        "Password should have at least one uppercase letter, Password should have at least one symbol"
    )
    assert violation(ann, "lowercase").startswith("Password should meet 2 more of the following requirements: ")
    for password in ("Lower123", "lower-123", "LOWER-123", "Lower-case"):
        ann(password)


@pytest.mark.parametrize(
    ("setting", "lacking", "enough", "words"),
    [
        ("RequireSymbols", "Abcdef1", "Abcdef1|", "at least one symbol"),
        ("RequireSymbols", "Abcdef1 ~?", "Abcdef1'", "at least one symbol"),
        ("RequireNumbers", "Abcdef-", "Abcdef-1", "at least one number"),
        ("RequireUppercaseCharacters", "abcdef-1ß", "aBcdef-1", "at least one uppercase letter"),
        ("RequireLowercaseCharacters", "ABCDEF-1", "ABcDEF-1", "at least one lowercase letter"),
        ("MinimumPasswordLength", "abcdef", "abcdefg", "a minimum length of 7"),
    ],
)
def test_every_rule_is_enforced(
    iam: Any, ann: Callable[[str], None], setting: str, lacking: str, enough: str, words: str
) -> None:
    iam.update_account_password_policy(**{setting: 7 if setting == "MinimumPasswordLength" else True})
    assert violation(ann, lacking) == f"Password should have {words}"
    ann(enough)


def test_a_policy_of_ones_own_may_ask_for_less_than_the_default(iam: Any, ann: Callable[[str], None]) -> None:
    iam.update_account_password_policy()
    ann("simple")
    assert violation(ann, "short") == "Password should have a minimum length of 6"


def test_the_last_passwords_may_not_be_used_again(iam: Any, ann: Callable[[str], None]) -> None:
    iam.update_account_password_policy(PasswordReusePrevention=3)
    passwords = [f"Correct-Horse-{number}" for number in range(1, 5)]
    for password in passwords[1:]:
        ann(password)
    for password in passwords[1:]:
        assert refused(ann, password=password) == REUSED
    ann(passwords[0])


def test_twenty_four_passwords_are_remembered_whenever_they_were_set(iam: Any, ann: Callable[[str], None]) -> None:
    for number in range(2, 25):
        ann(f"Correct-Horse-{number}")
    iam.update_account_password_policy(PasswordReusePrevention=24)
    assert refused(ann, password="Correct-Horse-1") == REUSED
    ann("Correct-Horse-25")
    ann("Correct-Horse-1")


def test_a_password_that_expired_hard_is_not_the_users_to_change(iam: Any, user: Any, server: Live) -> None:
    eve = user("eve", statement("iam:ChangePassword"))("iam")
    iam.create_login_profile(UserName="eve", Password="Correct-Horse-1")
    iam.update_account_password_policy(MaxPasswordAge=1, HardExpiry=True)
    age(server, timedelta(days=1))
    old_and_new = {"OldPassword": "Correct-Horse-1", "NewPassword": "Correct-Horse-2"}
    assert refused(eve.change_password, **old_and_new)[0] == "AccessDenied"
    iam.update_account_password_policy(MaxPasswordAge=1)
    eve.change_password(**old_and_new)
    age(server, timedelta(days=1))
    iam.update_account_password_policy(MaxPasswordAge=1, HardExpiry=True)
    iam.update_login_profile(UserName="eve", Password="Correct-Horse-3")
    eve.change_password(OldPassword="Correct-Horse-3", NewPassword="Correct-Horse-4")


def age(server: Live, by: timedelta) -> None:
    """Let every password have been set so much earlier."""

    def work(change: Change) -> None:
        profiles = change.records(ACCOUNT).login_profiles
        for profile in list(profiles):
            profiles.replace(profile, changed=profile.changed - by)

    server.run(server.realm.store.write(work))


def test_the_policy_must_be_allowed(user: Any) -> None:
    bob = user("bob")("iam")
    for operation, action in (
        (bob.get_account_password_policy, "GetAccountPasswordPolicy"),
        (bob.update_account_password_policy, "UpdateAccountPasswordPolicy"),
        (bob.delete_account_password_policy, "DeleteAccountPasswordPolicy"),
    ):
        assert refused(operation) == denied(user_arn("bob"), action, "*")

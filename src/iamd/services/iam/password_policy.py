"""The account's password policy, and whether a password conforms to it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from iamd.services.call import Call, Reply
from iamd.services.iam.account import the_account
from iamd.services.iam.api import iam
from iamd.store.image import Records
from iamd.store.kinds.sign_in import PasswordPolicy
from iamd.wire.errors import NoSuchEntity, PasswordPolicyViolation

DEFAULT_LENGTH = 8
DEFAULT_KINDS = 3  # of the four kinds of characters

# Field of the policy, which characters are meant, and AWS's words for a password without.
_KINDS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("uppercase", re.compile("[A-Z]"), "Password should have at least one uppercase letter"),
    ("lowercase", re.compile("[a-z]"), "Password should have at least one lowercase letter"),
    ("numbers", re.compile("[0-9]"), "Password should have at least one number"),
    ("symbols", re.compile(r"[!@#$%^&*()_+\-=\[\]{}|']"), "Password should have at least one symbol"),
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a password needs, as words; and as regular expressions, JavaScript's too, of which `least` are to be found
    in it. There are none where only the server can tell."""

    words: str
    patterns: tuple[str, ...] = ()
    least: int = 1


def policy_of(records: Records) -> PasswordPolicy | None:
    """The account's own policy; None: AWS's default one applies."""
    policy: PasswordPolicy | None = records.password_policies.get(records.account_id)
    return policy


def conform(records: Records, password: str) -> None:
    """Raise PasswordPolicyViolation, in AWS's words, unless the password conforms to the policy; reuse apart."""
    policy = policy_of(records)
    least = DEFAULT_LENGTH if policy is None else policy.minimum_length
    wrong = [] if len(password) >= least else [f"Password should have a minimum length of {least}"]
    if policy is None:
        wrong += _by_default(records, password)
    else:
        wrong += [words for name, kind, words in _KINDS if getattr(policy, name) and not kind.search(password)]
    if wrong:
        raise PasswordPolicyViolation(", ".join(wrong))


def _by_default(records: Records, password: str) -> list[str]:
    lacking = [words for _, kind, words in _KINDS if not kind.search(password)]
    missing = DEFAULT_KINDS - (len(_KINDS) - len(lacking))
    account = records.account
    if missing > 0:
        return [f"Password should meet {missing} more of the following requirements: {', '.join(lacking)}"]
    if password.casefold() in {known.casefold() for known in (account.name, account.email) if known}:
        return ["Password should not be identical to the account name or email address"]
    return []


def requirements(records: Records) -> list[Requirement]:
    """What passwords of the account must have, for whoever sets one."""
    policy = policy_of(records)
    if policy is None:
        kinds = tuple(kind.pattern for _, kind, _ in _KINDS)
        return [
            _long(DEFAULT_LENGTH),
            Requirement(
                f"{DEFAULT_KINDS} of these: an uppercase letter, a lowercase letter, a number, a symbol",
                kinds,
                DEFAULT_KINDS,
            ),
            Requirement("not the account's name or e-mail address"),
        ]
    told = [_long(policy.minimum_length)]
    told += [
        Requirement(words.removeprefix("Password should have "), (kind.pattern,))
        for name, kind, words in _KINDS
        if getattr(policy, name)
    ]
    if policy.reuse_prevention:
        told.append(Requirement(f"none of your last {policy.reuse_prevention} passwords"))
    return told


def _long(least: int) -> Requirement:
    return Requirement(f"at least {least} characters", (f"^.{{{least},}}$",))


def no_such_policy(call: Call) -> NoSuchEntity:
    return NoSuchEntity(f"The Password Policy with domain name {call.account_id} cannot be found.")


@iam.operation(on=the_account)
def get_account_password_policy(call: Call, _: None) -> Reply:
    """Tell the account's own password policy; what it leaves open is absent."""
    policy = policy_of(call.records)
    if policy is None:
        raise no_such_policy(call)
    return {
        "PasswordPolicy": {
            "MinimumPasswordLength": policy.minimum_length,
            "RequireSymbols": policy.symbols,
            "RequireNumbers": policy.numbers,
            "RequireUppercaseCharacters": policy.uppercase,
            "RequireLowercaseCharacters": policy.lowercase,
            "AllowUsersToChangePassword": policy.users_may_change,
            "ExpirePasswords": policy.max_age > 0,
            "MaxPasswordAge": policy.max_age or None,
            "PasswordReusePrevention": policy.reuse_prevention or None,
            "HardExpiry": policy.hard_expiry,
        }
    }


@iam.operation(on=the_account)
def update_account_password_policy(
    call: Call,
    _: None,
    *,
    minimum_password_length: int = 6,
    require_symbols: bool = False,
    require_numbers: bool = False,
    require_uppercase_characters: bool = False,
    require_lowercase_characters: bool = False,
    allow_users_to_change_password: bool = False,
    max_password_age: int = 0,
    password_reuse_prevention: int = 0,
    hard_expiry: bool = False,
) -> None:
    """Set the account's password policy as a whole: what is not given returns to its default."""
    settings: dict[str, Any] = {
        "minimum_length": minimum_password_length,
        "symbols": require_symbols,
        "numbers": require_numbers,
        "uppercase": require_uppercase_characters,
        "lowercase": require_lowercase_characters,
        "users_may_change": allow_users_to_change_password,
        "max_age": max_password_age,
        "reuse_prevention": password_reuse_prevention,
        "hard_expiry": hard_expiry,
    }
    policies, present = call.records.password_policies, policy_of(call.records)
    if present is None:
        policies.add(PasswordPolicy(call.account_id, **settings))
    else:
        policies.replace(present, **settings)


@iam.operation(on=the_account)
def delete_account_password_policy(call: Call, _: None) -> None:
    """Return to AWS's default password policy."""
    policy = policy_of(call.records)
    if policy is None:
        raise no_such_policy(call)
    call.records.password_policies.remove(policy)

"""The rules: each is the one of AWS Config of its name, with Config's defaults.

https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from iamd.policy import Attached, Kind, Layers, Principal, Request, decide, load
from iamd.store.image import Records
from iamd.store.interface import Usage
from iamd.store.kinds.sign_in import LoginProfile, PasswordPolicy
from iamd.store.records import AccessKey, User

MAX_KEY_AGE = 90
MAX_UNUSED = 90


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a moment, and after how many days keys are old and credentials unused."""

    records: Records
    last_used: Callable[[str], Usage | None]
    now: datetime
    max_key_age: int = MAX_KEY_AGE
    max_unused: int = MAX_UNUSED

    def days(self, since: datetime) -> int:
        return (self.now - since).days

    @property
    def arn(self) -> str:
        arn: str = self.records.account.arn
        return arn


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a rule says of one resource; `problem` is empty when it keeps the rule."""

    resource_type: str
    arn: str
    problem: str = ""

    @property
    def compliant(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True)
class Rule:
    """`about` says what is asked for."""

    name: str
    about: str
    evaluate: Callable[[Account], Iterator[Evaluation]]


def _keys_rotated(account: Account) -> Iterator[Evaluation]:
    for owner, key in _active_keys(account):
        age = account.days(key.created)
        old = f"access key {key.id} is {age} days old" if age > account.max_key_age else ""
        yield Evaluation("AWS::IAM::User", owner, old)


def _active_keys(account: Account) -> Iterator[tuple[str, AccessKey]]:
    """With the ARNs of their owners."""
    for key in account.records.access_keys:
        user: User | None = account.records.users.get(key.owner_id)
        if key.active:
            yield account.arn if user is None else user.arn, key


def _root_has_mfa(account: Account) -> Iterator[Evaluation]:
    has = _has_mfa(account.records, account.records.account_id)
    yield Evaluation("AWS::::Account", account.arn, "" if has else "the root user has no MFA device")


def _console_users_have_mfa(account: Account) -> Iterator[Evaluation]:
    for user in account.records.users.sorted():
        if account.records.login_profiles.get(user.id) is not None:
            has = _has_mfa(account.records, user.id)
            yield Evaluation("AWS::IAM::User", user.arn, "" if has else "it has a password and no MFA device")


def _has_mfa(records: Records, owner_id: str) -> bool:
    return records.mfa_devices.count("owner", owner_id) > 0 or records.passkeys.count("owner", owner_id) > 0


def _password_policy(account: Account) -> Iterator[Evaluation]:
    policy: PasswordPolicy | None = account.records.password_policies.get(account.records.account_id)
    if policy is None:
        yield Evaluation("AWS::::Account", account.arn, "there is no password policy")
        return
    wanted = {
        "capital letters are not asked for": not policy.uppercase,
        "small letters are not asked for": not policy.lowercase,
        "symbols are not asked for": not policy.symbols,
        "digits are not asked for": not policy.numbers,
        f"{policy.minimum_length} characters are enough, 14 should not be less": policy.minimum_length < 14,
        f"{policy.reuse_prevention} passwords are remembered, not 24": policy.reuse_prevention < 24,
        "passwords do not expire within 90 days": not 0 < policy.max_age <= 90,
    }
    yield Evaluation("AWS::::Account", account.arn, "; ".join(what for what, wrong in wanted.items() if wrong))


def _no_root_keys(account: Account) -> Iterator[Evaluation]:
    keys = account.records.access_keys.where("owner", account.records.account_id)
    problem = f"the root user has {'an access key' if len(keys) == 1 else 'access keys'}" if keys else ""
    yield Evaluation("AWS::::Account", account.arn, problem)


def _credentials_used(account: Account) -> Iterator[Evaluation]:
    for user in account.records.users.sorted():
        unused = []
        profile: LoginProfile | None = account.records.login_profiles.get(user.id)
        if profile is not None and _is_unused(account, user.password_last_used, profile.created):
            unused.append("its password")
        for key in account.records.access_keys.where("owner", user.id):
            usage = account.last_used(key.id)
            if key.active and _is_unused(account, usage.time if usage else None, key.created):
                unused.append(f"access key {key.id}")
        problem = f"not used for {account.max_unused} days: {', '.join(unused)}" if unused else ""
        yield Evaluation("AWS::IAM::User", user.arn, problem)


def _is_unused(account: Account, used: datetime | None, made: datetime) -> bool:
    return account.days(used or made) > account.max_unused


def _no_inline_policies(account: Account) -> Iterator[Evaluation]:
    records = account.records
    for kind, holders in (("User", records.users), ("Group", records.groups), ("Role", records.roles)):
        for holder in holders.sorted():
            names = [inline.name for inline in records.inline.where("owner", holder.id)]
            problem = f"it has inline policies: {', '.join(sorted(names))}" if names else ""
            yield Evaluation(f"AWS::IAM::{kind}", holder.arn, problem)


def _no_administrator_statements(account: Account) -> Iterator[Evaluation]:
    records = account.records
    for policy in records.policies.sorted():
        version = records.versions.get(f"{policy.id}/{policy.default_version}")
        allows = version is not None and allows_everything(version.document, records.account_id)
        yield Evaluation("AWS::IAM::Policy", policy.arn, "it allows everything on everything" if allows else "")


def allows_everything(document: str, account_id: str) -> bool:
    """Whether a policy by itself allows an action and a resource that no policy names, as the engine decides."""
    principal = Principal.from_text(f"arn:aws:iam::{account_id}:user/iamd-nobody")
    request = Request(principal, "iamd-any:Thing", "arn:aws:iamd-any:us-east-1:*:thing/at-all", account_id, {})
    return decide(request, Layers(identity=(Attached("policy", load(document, Kind.IDENTITY)),))).allowed


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("access-keys-rotated", "Active access keys are young enough.", _keys_rotated),
        Rule("root-account-mfa-enabled", "The root user has an MFA device.", _root_has_mfa),
        Rule(
            "mfa-enabled-for-iam-console-access",
            "Users with a password have an MFA device.",
            _console_users_have_mfa,
        ),
        Rule("iam-password-policy", "The password policy asks for strong passwords.", _password_policy),
        Rule("iam-root-access-key-check", "The root user has no access key.", _no_root_keys),
        Rule("iam-user-unused-credentials-check", "Passwords and active keys are used.", _credentials_used),
        Rule("iam-no-inline-policy-check", "Users, groups and roles have no inline policies.", _no_inline_policies),
        Rule(
            "iam-policy-no-statements-with-admin-access",
            "Customer managed policies do not allow everything.",
            _no_administrator_statements,
        ),
    )
}

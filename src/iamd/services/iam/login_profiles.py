"""Login profiles: the passwords with which users sign in to the console.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from iamd.caller.caller import CallerKind
from iamd.caller.passwords import FORGIVEN, Standing, among, apart, hashed, locked, matches, standing
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.iam.password_policy import conform, policy_of
from iamd.services.iam.users import existing_user, named_user_or_caller
from iamd.services.invocation import permitted
from iamd.store.image import Records
from iamd.store.kinds.sign_in import LoginProfile
from iamd.store.records import User
from iamd.wire.errors import (
    AccessDenied,
    EntityAlreadyExists,
    EntityTemporarilyUnmodifiable,
    InvalidUserType,
    NoSuchEntity,
    PasswordPolicyViolation,
    ValidationError,
)

REMEMBERED = 24  # passwords of a user; as many as a policy can forbid to use again


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password that is ready to be set: its hash, and that of the one in whose place it was found good."""

    hash: str = field(repr=False)
    instead_of: str | None = field(default=None, repr=False)


def profile_of(call: Call, user: User) -> LoginProfile:
    """The user's login profile; raises NoSuchEntity."""
    profile: LoginProfile | None = call.records.login_profiles.get(user.id)
    if profile is None:
        raise NoSuchEntity(f"Login Profile for User {user.name} cannot be found.")
    return profile


def view(user: User, profile: LoginProfile) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "CreateDate": profile.created,
        "PasswordResetRequired": profile.reset_required,
    }


def changed(call: Call, user: User, profile: LoginProfile, new: NewPassword, *, reset_required: bool) -> None:
    """Set the password, unless another was set since it was found good."""
    if profile.password != new.instead_of:
        raise EntityTemporarilyUnmodifiable(f"Login Profile for User {user.name} is being modified; please try again.")
    call.records.login_profiles.replace(
        profile,
        password=new.hash,
        changed=call.now,
        reset_required=reset_required,
        history=(profile.password, *profile.history)[: REMEMBERED - 1],
        **FORGIVEN,
    )


async def first_password(call: Call, *, password: str | None = None) -> NewPassword:
    """Check and hash a user's first password."""
    user: User = permitted(call).value
    if call.records.login_profiles.get(user.id) is not None:
        raise already_exists(user)
    if password is None:
        raise ValidationError(
            "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null"
        )
    conform(call.records, password)
    return NewPassword(await apart(hashed, password))


async def next_password(call: Call, *, password: str | None = None) -> NewPassword | None:
    """Check and hash the password that an administrator sets; None when there is none to set."""
    profile = profile_of(call, permitted(call).value)
    return None if password is None else await _good(call, profile, password)


async def own_password(call: Call, *, old_password: str, new_password: str) -> NewPassword:
    """Check and hash the password that a user sets in place of the old one, which it must know."""
    user: User = permitted(call).value
    profile, attempts = profile_of(call, user), call.realm.attempts
    if standing(profile, policy_of(call.records), call.now) is Standing.EXPIRED:
        raise AccessDenied("The password has expired and must be reset by an administrator.")
    if locked(profile, call.now) or not attempts.count(user.id, call.request_id, call.now):
        raise AccessDenied("The old password was incorrect too often; please try again in a few minutes.")
    if not await apart(matches, profile.password, old_password):
        await call.realm.store.write(lambda change: _failed(call, change.records(call.account_id), user))
        raise AccessDenied("The old password was incorrect.")
    attempts.forgive(user.id, call.request_id)
    if new_password == old_password:
        raise AccessDenied("The new password must differ from the old one.")
    return await _good(call, profile, new_password)


def _failed(call: Call, records: Records, user: User) -> None:
    """Count a wrong password, which the refusal of the call does not undo."""
    profile: LoginProfile | None = records.login_profiles.get(user.id)
    if profile is not None and not locked(profile, call.now):
        records.login_profiles.replace(profile, **call.realm.lockout.after_failure(profile, call.now))


async def _good(call: Call, profile: LoginProfile, password: str) -> NewPassword:
    """The password for a profile; raises PasswordPolicyViolation, also for one that may not be used again."""
    conform(call.records, password)
    policy = policy_of(call.records)
    last = (profile.password, *profile.history)[: policy.reuse_prevention if policy else 0]
    if await apart(among, last, password):
        raise PasswordPolicyViolation("Password does not conform to the account password policy.")
    return NewPassword(await apart(hashed, password), profile.password)


def already_exists(user: User) -> EntityAlreadyExists:
    return EntityAlreadyExists(f"Login Profile for user {user.name} already exists.")


def calling_user(call: Call) -> Target[User]:
    """The user who calls; only users have a password that is theirs to change."""
    if call.caller.kind is not CallerKind.USER:
        raise InvalidUserType("Only IAM Users can change their own password.")
    return named_user_or_caller(call)


@iam.operation(on=named_user_or_caller, prepare=first_password)
def create_login_profile(call: Call, user: User, *, password_reset_required: bool = False) -> Reply:
    """Give a user, or the user who calls, a password."""
    if call.records.login_profiles.get(user.id) is not None:
        raise already_exists(user)
    new: NewPassword = call.prepared
    profile = LoginProfile(call.account_id, user.id, call.now, new.hash, call.now, password_reset_required)
    return {"LoginProfile": view(user, call.records.login_profiles.add(profile))}


@iam.operation(on=named_user_or_caller)
def get_login_profile(call: Call, user: User) -> Reply:
    """Tell whether and since when a user, or the user who calls, has a password."""
    return {"LoginProfile": view(user, profile_of(call, user))}


@iam.operation(on=existing_user, prepare=next_password)
def update_login_profile(call: Call, user: User, *, password_reset_required: bool | None = None) -> None:
    """Set a user's password, or whether it must be changed at the next sign-in; what is not given stays."""
    profile, new = profile_of(call, user), call.prepared
    required = profile.reset_required if password_reset_required is None else password_reset_required
    if new is not None:
        changed(call, user, profile, new, reset_required=required)
    elif required != profile.reset_required:
        call.records.login_profiles.replace(profile, reset_required=required)


@iam.operation(on=named_user_or_caller)
def delete_login_profile(call: Call, user: User) -> None:
    """Take the password of a user, or of the user who calls, away."""
    call.records.login_profiles.remove(profile_of(call, user))


@iam.operation(on=calling_user, prepare=own_password)
def change_password(call: Call, user: User) -> None:
    """Set the password of the user who calls."""
    changed(call, user, profile_of(call, user), call.prepared, reset_required=False)

"""Passwords: kept as Argon2id hashes, compared in threads of their own, and how long they may be used.

The cost of a hash is what OWASP's "Password Storage Cheat Sheet" asks for at least: a user may have 24 passwords that
a new one is compared with, each of which takes that long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from iamd.store.kinds.sign_in import LoginProfile, PasswordPolicy

if TYPE_CHECKING:
    from argon2 import PasswordHasher

P = ParamSpec("P")
T = TypeVar("T")

_MEMORY = 19 * 1024  # KiB
_PASSES = 2
# Hashing releases the interpreter; two at a time leave the machine to other requests and bound the memory.
_threads = ThreadPoolExecutor(2, thread_name_prefix="iamd-password")


def hashed(password: str) -> str:
    """The Argon2id hash of a password, in PHC format; takes some 40 ms."""
    return _hasher().hash(password)


def matches(stored: str, password: str) -> bool:
    """Whether it is the password of that hash; takes some 40 ms."""
    from argon2.exceptions import VerifyMismatchError

    try:
        return _hasher().verify(stored, password)
    except VerifyMismatchError:
        return False


def among(stored: Sequence[str], password: str) -> bool:
    """Whether it is the password of one of those hashes."""
    return any(matches(each, password) for each in stored)


@cache
def nobodys() -> str:
    """A hash to compare with where there is none, so that who is not there takes as long as who is."""
    return hashed("no password is this")


async def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do one of these in a thread, off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_threads, lambda: function(*args, **kwargs))


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # slow to import, and seldom needed

    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY, parallelism=1)


class Tried(Protocol):
    """What is kept of wrong passwords, with whose they were."""

    @property
    def failures(self) -> int: ...

    @property
    def locked_until(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Lockout:
    """After so many wrong passwords in a row (0: never), none is looked at for a time. AWS has no such rule."""

    failures: int = 0
    duration: timedelta = timedelta(minutes=15)

    def after_failure(self, profile: Tried, now: datetime) -> dict[str, Any]:
        """What changes in the profile when one more was wrong."""
        failures = profile.failures + 1
        if self.failures and failures >= self.failures:
            return {"failures": 0, "locked_until": now + self.duration}
        return {"failures": failures}


# What changes in a profile when the password was right, or an administrator unlocks it.
FORGIVEN: Mapping[str, Any] = {"failures": 0, "locked_until": None}


def locked(profile: Tried, now: datetime) -> bool:
    """Whether wrong passwords have locked the user out."""
    return profile.locked_until is not None and now < profile.locked_until


class Standing(Enum):
    """What a user with the right password may do."""

    GOOD = auto()
    MUST_CHANGE = auto()  # nothing but set a new one
    EXPIRED = auto()  # nothing, until an administrator sets a new one


def expiry(profile: LoginProfile, policy: PasswordPolicy | None) -> datetime | None:
    """When the password expires under the policy of now, whenever it was set; None: never."""
    if policy is None or not policy.max_age:
        return None
    return profile.changed + timedelta(days=policy.max_age)


def standing(profile: LoginProfile, policy: PasswordPolicy | None, now: datetime) -> Standing:
    """Where the user stands.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    """
    expires = expiry(profile, policy)
    if expires is not None and expires <= now:
        return Standing.EXPIRED if policy is not None and policy.hard_expiry else Standing.MUST_CHANGE
    return Standing.MUST_CHANGE if profile.reset_required else Standing.GOOD

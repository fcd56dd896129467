"""Signing in with a password and, where there is a device, its code: in one step, and refused in one way, so that
nobody learns which of account, name, password and code was wrong. A passkey is asked for in a second step, as AWS does:
see `passkeys` and, for a code in its place, `codes`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/console_sign-in-page.html
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, ClassVar

from msgspec import structs

from iamd.audit import ApiEvent, Identity
from iamd.audit.elements import HIDDEN
from iamd.caller.caller import Caller
from iamd.caller.mfa import after_code
from iamd.caller.passwords import FORGIVEN, Standing, apart, locked, matches, nobodys, standing
from iamd.caller.strangers import place_of
from iamd.services.call import Realm
from iamd.services.iam.password_policy import policy_of
from iamd.services.mfa import TooManyAttempts, moved
from iamd.services.passkeys import devices_of, has_device
from iamd.services.signin.api import REGION
from iamd.services.signin.people import Person, credential, password_of
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.sign_in import LoginProfile, MfaDevice, Passkey
from iamd.store.records import User, fold

WRONG = "Your authentication information is incorrect. Please try again."
TOO_OFTEN = "There were too many attempts to sign in. Please try again in a few minutes."
EXPIRED = "Your password has expired. Ask an administrator to set a new one."
MUST_CHANGE = (
    "Your password must be changed before you can sign in. Change it with `aws iam change-password`, or ask an "
    "administrator to set a new one."
)
NEEDS_PASSKEY = "Please confirm that it is you with your passkey or security key."
_LONGEST_NAME, _LONGEST_PASSWORD = 320, 128
REFUSED_EVERY = 0.25  # seconds: longer than a refusal takes, unless the server is busy


class Refused(Exception):
    """Nobody has signed in; the message is for the person."""


class Unfinished(Refused):
    """What the person has shown was right, and something else is to be done now, of which the message tells."""

    told: ClassVar[str]

    def __init__(self, person: Person) -> None:
        super().__init__(self.told)
        self.person = person


class MustChange(Unfinished):
    """The person has given the right password, and must set another one before anything else."""

    told = MUST_CHANGE


class NeedsPasskey(Unfinished):
    """The person has given the right password and no code, and has passkeys: one of them is to be shown now."""

    told = NEEDS_PASSKEY


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person has entered. Of the root user, `name` is the e-mail address and `account` empty."""

    account: str  # id or alias
    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    is_root: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a browser."""

    realm: Realm
    now: datetime
    request_id: str
    client_ip: str
    agent: str
    secure_host: str | None  # where it came over TLS

    @property
    def place(self) -> str:
        """What attempts are counted by: an address of IPv6 costs nobody anything."""
        return place_of(self.client_ip) or self.client_ip

    def event(self, account_id: str, name: str, who: Caller | Identity, **told: Any) -> ApiEvent:
        """What the trail of that account records of it; `told` are further parts of an ApiEvent."""
        return ApiEvent(
            account_id=account_id,
            time=self.now,
            source="signin.amazonaws.com",
            name=name,
            region=REGION,
            request_id=self.request_id,
            read_only=told.pop("read_only", False),
            who=who,
            client_ip=self.client_ip,
            agent=self.agent,
            secure_host=self.secure_host,
            **told,
        )


def who_is_meant(account: str, name: str) -> str:
    """A name to count attempts by: short, whatever is sent, and the same however a name is spelled."""
    return hashlib.sha256(f"{account} {fold(name)}".encode(errors="replace")).hexdigest()


def limit(visit: Visit, *subjects: str) -> None:
    """Count an attempt by each of these subjects. Raises Refused when there were too many lately."""
    if not all(visit.realm.attempts.count(subject, visit.request_id, visit.now) for subject in subjects):
        raise Refused(TOO_OFTEN)


async def let_in(visit: Visit, work: Callable[[Change], Person | Refused], *subjects: str) -> Person:
    """Whom that work lets in; what was right does not count as an attempt by the subjects. Raises Refused."""
    outcome = await visit.realm.store.write(work)
    if isinstance(outcome, Person | Unfinished):
        for subject in subjects:
            visit.realm.attempts.forgive(subject, visit.request_id)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


@asynccontextmanager
async def refused_evenly() -> AsyncIterator[None]:
    """Let a refusal out at one of the moments that come every REFUSED_EVERY seconds: how long it took to load the account,
    to compare and to record would tell whether there is such an account or name."""
    began = monotonic()
    try:
        yield
    except Unfinished:
        raise
    except Refused:
        await asyncio.sleep(REFUSED_EVERY - (monotonic() - began) % REFUSED_EVERY)
        raise


async def sign_in(visit: Visit, entered: Entered) -> Person:
    """Who that is. Recorded as ConsoleLogin in the account's trail, if there is the account. Raises Refused,
    MustChange of someone who has to change the password first, and NeedsPasskey."""
    realm = visit.realm
    account_id = _account(realm, entered)
    named = who_is_meant(f"{entered.is_root} {account_id or entered.account}", entered.name)
    subjects = (f"sign-in from {visit.place}", f"sign-in as {named}")
    limit(visit, *subjects)
    async with refused_evenly():
        records = None if account_id is None else await realm.store.load(account_id)
        owner_id = None if records is None else _owner(records, entered)
        stored = None if records is None or owner_id is None else password_of(records, owner_id)
        fits = len(entered.name) <= _LONGEST_NAME and len(entered.password) <= _LONGEST_PASSWORD
        right = await apart(matches, stored or nobodys(), entered.password if fits else "")
        if account_id is None:
            raise Refused(WRONG)
        verified = stored if right and fits else None
        return await let_in(visit, lambda change: _decided(visit, entered, change, account_id, verified), *subjects)


def _account(realm: Realm, entered: Entered) -> str | None:
    store = realm.store
    if entered.is_root:
        return store.email_owner(entered.name) if entered.name else None
    return entered.account if store.has_account(entered.account) else store.alias_owner(entered.account)


def _owner(records: Records, entered: Entered) -> str | None:
    if entered.is_root:
        return records.account_id
    user = records.users.named(entered.name)
    return None if user is None else user.id


def _decided(visit: Visit, entered: Entered, change: Change, account_id: str, verified: str | None) -> Person | Refused:
    """The person, or why it is nobody: with what becomes of profile and device, in the transaction of the event.

    `verified` is the hash that the password was found to be of."""
    records = change.records(account_id)
    owner_id = _owner(records, entered)
    profile: LoginProfile | None = None if owner_id is None else records.login_profiles.get(owner_id)
    stored = None if owner_id is None else password_of(records, owner_id)
    right = verified is not None and stored == verified and records.account.closed is None
    is_locked = profile is not None and locked(profile, visit.now)
    devices = [] if owner_id is None else devices_of(records, owner_id)
    if owner_id is None or stored is None or not right or is_locked:
        return failed(visit, change, records, owner_id)
    present = int(visit.now.timestamp())
    person = Person(account_id, owner_id, credential(stored), present, present if devices else None)
    if not entered.code and any(isinstance(device, Passkey) for device in devices):
        return NeedsPasskey(structs.replace(person, mfa_time=None))
    if not shows_code(visit, records, devices, entered.code):
        return failed(visit, change, records, owner_id)
    return concluded(visit, change, records, person)


def shows_code(visit: Visit, records: Records, devices: list[MfaDevice | Passkey], code: str) -> bool:
    """Whether one of the person's devices shows that code, which is used up; also when there is no device."""
    showing = [device for device in devices if isinstance(device, MfaDevice)]
    try:
        return not devices or any(moved(visit, records, device, after_code, code) for device in showing)
    except TooManyAttempts:
        return False


def is_unchanged(visit: Visit, records: Records, person: Person) -> bool:
    """Whether the password that someone has given a moment ago is still that person's, and lets sign in."""
    stored, profile = password_of(records, person.owner_id), records.login_profiles.get(person.owner_id)
    is_locked = profile is not None and locked(profile, visit.now)
    is_same = stored is not None and credential(stored) == person.credential
    return is_same and not is_locked and records.account.closed is None


def failed(visit: Visit, change: Change, records: Records, owner_id: str | None) -> Refused:
    """Count and record an attempt that has failed; None stands for someone who is not there."""
    profile: LoginProfile | None = None if owner_id is None else records.login_profiles.get(owner_id)
    if profile is not None and not locked(profile, visit.now):
        records.login_profiles.replace(profile, **visit.realm.lockout.after_failure(profile, visit.now))
    with_mfa = owner_id is not None and has_device(records, owner_id)
    change.event(_event(visit, records, owner_id, with_mfa, "Failure"))
    return Refused(WRONG)


def concluded(visit: Visit, change: Change, records: Records, person: Person) -> Person | Refused:
    """Admit and record someone who has shown everything, unless the password has expired or must be changed."""
    profile: LoginProfile | None = records.login_profiles.get(person.owner_id)
    refusal = _standing(visit, records, profile, person)
    if refusal is None:
        _admitted(visit, records, person.owner_id, profile)
    outcome = "Failure" if refusal else "Success"
    change.event(_event(visit, records, person.owner_id, person.mfa_time is not None, outcome))
    return refusal or person


def _standing(visit: Visit, records: Records, profile: LoginProfile | None, person: Person) -> Refused | None:
    stands = Standing.GOOD if profile is None else standing(profile, policy_of(records), visit.now)
    if stands is Standing.EXPIRED:
        return Refused(EXPIRED)
    return MustChange(person) if stands is Standing.MUST_CHANGE else None


async def sign_in_again(visit: Visit, person: Person) -> Person:
    """Someone who had to change the password, and has. Recorded as the sign-in that it completes."""

    def work(change: Change) -> Person:
        records = change.records(person.account_id)
        stored, profile = password_of(records, person.owner_id), records.login_profiles.get(person.owner_id)
        if stored is None:
            raise Refused(WRONG)
        _admitted(visit, records, person.owner_id, profile)
        change.event(_event(visit, records, person.owner_id, person.mfa_time is not None, "Success"))
        return structs.replace(person, credential=credential(stored))

    return await visit.realm.store.write(work)


def _admitted(visit: Visit, records: Records, owner_id: str, profile: LoginProfile | None) -> None:
    if profile is not None and (profile.failures or profile.locked_until):
        records.login_profiles.replace(profile, **FORGIVEN)
    user: User | None = records.users.get(owner_id)
    if user is not None:
        records.users.replace(user, password_last_used=visit.now)


def _event(visit: Visit, records: Records, owner_id: str | None, with_mfa: bool, outcome: str) -> ApiEvent:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html"""
    additional: dict[str, Any] = {"MobileVersion": "No", "MFAUsed": "Yes" if with_mfa else "No"}
    return visit.event(
        records.account_id,
        "ConsoleLogin",
        _identity(records, owner_id),
        error=None if outcome == "Success" else ("", "Failed authentication"),
        additional=additional,
        type="AwsConsoleSignIn",
        response={"ConsoleLogin": outcome},
    )


def _identity(records: Records, owner_id: str | None) -> Identity:
    """A name that is no user's is not recorded: it may be a password in the wrong place."""
    account = records.account
    if owner_id == account.account_id:
        return Identity("Root", principal_id=owner_id, arn=account.arn, account_id=account.account_id)
    user = None if owner_id is None else records.users.get(owner_id)
    if user is None:
        return Identity("IAMUser", account_id=account.account_id, user_name=HIDDEN)
    return Identity("IAMUser", principal_id=user.id, arn=user.arn, account_id=user.account_id, user_name=user.name)

"""Signing in at the access portal: the user name and password, then a code where the person has an authenticator app.

https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html tells what is recorded of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from iamd.audit import ApiEvent, Identity
from iamd.audit.elements import HIDDEN
from iamd.caller.mfa import after_code
from iamd.caller.passwords import FORGIVEN, apart, locked, matches, nobodys
from iamd.services.access_portal.people import identity, present
from iamd.services.signin.passwords import (
    WRONG,
    MustChange,
    Refused,
    Unfinished,
    Visit,
    let_in,
    limit,
    refused_evenly,
    who_is_meant,
)
from iamd.services.signin.people import Person, credential
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.access_portal import PortalDevice, PortalPassword
from iamd.store.kinds.identity_store import StoreUser

LONGEST_NAME, LONGEST_PASSWORD = 128, 128
_WRONG_CODE = "That code is not right, or was used before. Enter the next one."


class NeedsCode(Unfinished):
    """The person has given the right password, and has an authenticator app, whose code is to be shown now."""

    told = "Enter the code that your authenticator app shows."


async def sign_in(visit: Visit, account_id: str, name: str, password: str) -> Person:
    """Who that is, of the people of the instance that the account owns. Raises Refused, NeedsCode, and MustChange of
    someone who has a one-time password."""
    realm = visit.realm
    subjects = (f"portal from {visit.place}", f"portal as {who_is_meant(account_id, name)}")
    limit(visit, *subjects)
    if (await realm.store.load(account_id)).identity_sources.get(account_id) is not None:
        raise Refused("Sign in at your identity provider.")
    async with refused_evenly():
        fits = len(name) <= LONGEST_NAME and len(password) <= LONGEST_PASSWORD
        records = await realm.store.load(account_id)
        user = records.store_users.named(name) if fits else None
        kept = None if user is None else records.portal_passwords.get(user.id)
        right = await apart(matches, nobodys() if kept is None else kept.password, password if fits else "")
        verified = kept.password if right and kept is not None else None
        return await let_in(visit, lambda change: _decided(visit, change, account_id, name, verified), *subjects)


def _decided(visit: Visit, change: Change, account_id: str, name: str, verified: str | None) -> Person | Refused:
    """The person, or why it is nobody; `verified` is the hash that the password was found to be of."""
    records = change.records(account_id)
    user = records.store_users.named(name)
    kept: PortalPassword | None = None if user is None else records.portal_passwords.get(user.id)
    if user is None or kept is None:
        change.event(_event(visit, records, None, "CredentialVerification", "Failure", "PASSWORD"))
        return Refused(WRONG)
    person = Person(account_id, user.id, credential(kept.password), int(visit.now.timestamp()))
    is_right = verified is not None and kept.password == verified and present(records, person) is not None
    if not is_right or locked(kept, visit.now):
        _fail(visit, change, kept, person, "PASSWORD")
        return Refused(WRONG)
    change.event(_event(visit, records, person, "CredentialVerification", "Success", "PASSWORD"))
    if devices_of(records, user):
        change.event(_event(visit, records, person, "CredentialChallenge", "Success", "TOTP"))
        return NeedsCode(person)
    return concluded(visit, change, records, person)


def _fail(visit: Visit, change: Change, kept: PortalPassword, person: Person, shown: str) -> None:
    """Count and record something wrong that was shown for a person, unless nothing is looked at for a time."""
    records = change.records(person.account_id)
    if not locked(kept, visit.now):
        records.portal_passwords.replace(kept, **visit.realm.lockout.after_failure(kept, visit.now))
    change.event(_event(visit, records, person, "CredentialVerification", "Failure", shown))


async def show_code(visit: Visit, person: Person, code: str) -> Person:
    """Someone who has given the password, by a code. Raises Refused, and MustChange as `sign_in` does."""
    subject = f"portal code of {person.owner_id}"
    limit(visit, subject)

    def work(change: Change) -> Person | Refused:
        records = change.records(person.account_id)
        user, kept = present(records, person), records.portal_passwords.get(person.owner_id)
        if user is None or kept is None:
            return Refused(WRONG)
        devices = devices_of(records, user)
        if locked(kept, visit.now) or not any(_moved(visit, records, device, code) for device in devices):
            _fail(visit, change, kept, person, "TOTP")
            return Refused(_WRONG_CODE)
        change.event(_event(visit, records, person, "CredentialVerification", "Success", "TOTP"))
        with_mfa = Person(
            *(person.account_id, person.owner_id, person.credential, person.signed_in), _seconds(visit.now)
        )
        return concluded(visit, change, records, with_mfa)

    return await let_in(visit, work, subject)


def concluded(visit: Visit, change: Change, records: Records, person: Person) -> Person | Refused:
    """Admit and record someone who has shown everything, unless the password was for one time."""
    kept: PortalPassword | None = records.portal_passwords.get(person.owner_id)
    if kept is not None and kept.is_one_time:
        return MustChange(person)
    if kept is not None and (kept.failures or kept.locked_until):
        records.portal_passwords.replace(kept, **FORGIVEN)
    shown = "PASSWORD" if person.mfa_time is None else "PASSWORD,TOTP"
    change.event(_event(visit, records, person, "UserAuthentication", "Success", shown))
    return person


def admitted(visit: Visit, person: Person) -> Callable[[Records], ApiEvent]:
    """What is recorded of someone for whom an identity provider vouches."""
    return lambda records: _event(visit, records, person, "UserAuthentication", "Success", "EXTERNAL_IDP")


def devices_of(records: Records, user: StoreUser) -> list[PortalDevice]:
    """A user's authenticator apps, oldest first."""
    return list(records.portal_devices.where("user", user.id))


def _moved(visit: Visit, records: Records, device: PortalDevice, code: str) -> bool:
    position = after_code(device, visit.realm.sealer.open(device.sealed_seed, device.id.encode()), code, visit.now)
    if position is None:
        return False
    records.portal_devices.replace(device, **position)
    return True


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _event(
    visit: Visit, records: Records, person: Person | None, name: str, outcome: str, credential_type: str
) -> ApiEvent:
    """A name that is nobody's is not recorded: it may be a password in the wrong place."""
    center = records.identity_centers.get(records.account_id)
    known = None if person is None else records.store_users.get(person.owner_id)
    who = Identity("Unknown", account_id=records.account_id, user_name=HIDDEN)
    if center is not None and known is not None:
        who = identity(center, known.id)
    subject = "nobody" if person is None else f"{person.owner_id} {person.signed_in}"
    additional = {"AuthWorkflowID": str(uuid5(NAMESPACE_URL, subject)), "CredentialType": credential_type}
    if known is not None and name != "CredentialVerification":
        additional["UserName"] = known.name
    return visit.event(
        records.account_id,
        name,
        who,
        additional=additional,
        type="AwsServiceEvent",
        service_details={name: outcome},
    )

"""People of an identity store who have signed in, and whether that still holds.

`signin.people.Person` stands for them, too; `owner_id` is the id of a StoreUser, `credential` tells which password it was,
and is empty where another identity provider vouched.
"""

from __future__ import annotations

from datetime import UTC, datetime

from iamd.audit import Identity, OnBehalfOf
from iamd.services.signin.people import Person, credential
from iamd.store.image import Records
from iamd.store.kinds.access_portal import IdentitySource, PortalPassword, PortalSession
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.kinds.identity_store import StoreUser

BY_APPLICATION = "application"
"""The credential of someone whom an issuer has named that an application trusts: it is the application's to know."""


def present(records: Records, person: Person) -> StoreUser | None:
    """The user that a person is, as long as it is there and enabled, and what the person has shown still counts."""
    user = enabled_user(records, person.owner_id)
    if user is None or person.credential == BY_APPLICATION:
        return user
    # Who came from an identity provider stays for as long as the instance has that one, and who gave a password while
    # it has none.
    source: IdentitySource | None = records.identity_sources.get(records.account_id)
    if source is not None:
        return user if not person.credential and person.signed_in >= source.created.timestamp() else None
    return user if person.credential and person.credential == password_name(records, user.id) else None


def enabled_user(records: Records, user_id: str) -> StoreUser | None:
    """The user of that id, as long as it is there and enabled, and its instance and the account are there, too."""
    center: IdentityCenter | None = records.identity_centers.get(records.account_id)
    user: StoreUser | None = records.store_users.get(user_id)
    if center is None or user is None or not user.enabled or records.account.closed is not None:
        return None
    return user


def password_name(records: Records, user_id: str) -> str:
    """A name for a user's present password: another one has another name; empty where there is none."""
    stored: PortalPassword | None = records.portal_passwords.get(user_id)
    return "" if stored is None else credential(stored.password)


def person_of(session: PortalSession) -> Person:
    """Who has signed in."""
    mfa_time = None if session.mfa_time is None else int(session.mfa_time.timestamp())
    started = int(session.started.timestamp())
    return Person(session.account_id, session.user_id, session.credential, started, mfa_time)


def moment(seconds: int | None) -> datetime | None:
    """Seconds of the epoch as a time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def identity(center: IdentityCenter, user_id: str, credential_id: str | None = None) -> Identity:
    """Who that is in the trail.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/sso-cloudtrail-use-cases.html
    """
    return Identity(
        "IdentityCenterUser",
        account_id=center.account_id,
        on_behalf_of=OnBehalfOf(user_id, center.store_arn),
        credential_id=credential_id,
    )

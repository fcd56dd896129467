"""Setting passwords of people: one's own, in place of a one-time password, or by a link that an administrator made.

AWS has no operation for either; its rules are
https://docs.aws.amazon.com/singlesignon/latest/userguide/password-requirements.html.
"""

from __future__ import annotations

import re
import secrets
import string
from datetime import datetime, timedelta

import msgspec

from iamd.caller.passwords import FORGIVEN, among, apart, hashed
from iamd.services.access_portal.people import identity, password_name, present
from iamd.services.access_portal.sign_in import LONGEST_PASSWORD, concluded
from iamd.services.carried import Carried
from iamd.services.signin.passwords import Refused, Visit, limit
from iamd.services.signin.people import Person, credential
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.access_portal import PortalPassword
from iamd.store.kinds.identity_store import StoreUser
from iamd.store.sealing import Sealer

LINK_LIFE = timedelta(days=7)
_SHORTEST, _LONGEST = 8, 64
_REMEMBERED = 3  # passwords that may not be set again, the present one included
_STALE = "This link was used already, or has expired. Ask an administrator for another one."
RULES = (
    f"{_SHORTEST} to {_LONGEST} characters",
    "a lowercase and an uppercase letter, a number, and another character",
    f"none of your last {_REMEMBERED} passwords",
)
_KINDS = tuple(re.compile(kind).search for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))


class _Link(Carried, frozen=True, array_like=True):
    """`credential` is that of the password which the link is to replace, so that it works once."""

    context = b"portal password link"

    account_id: str
    user_id: str
    credential: str
    expires: int  # seconds of the epoch


def link_for(sealer: Sealer, records: Records, user: StoreUser, now: datetime) -> str:
    """What a link holds by which a user sets a password, once, within a week."""
    expires = int((now + LINK_LIFE).timestamp())
    return _Link(user.account_id, user.id, password_name(records, user.id), expires).sealed(sealer)


async def invited(visit: Visit, text: str) -> Person:
    """Whom a link lets set a password. Raises Refused."""
    link = _Link.opened(visit.realm.sealer, text)
    if link is None or link.expires < visit.now.timestamp() or not visit.realm.store.has_account(link.account_id):
        raise Refused(_STALE)
    records = await visit.realm.store.load(link.account_id)
    person = Person(link.account_id, link.user_id, link.credential, int(visit.now.timestamp()))
    user: StoreUser | None = records.store_users.get(link.user_id)
    if user is None or not user.enabled or password_name(records, user.id) != link.credential:
        raise Refused(_STALE)
    return person


def one_time_password() -> str:
    """A password to be told to a person, that keeps the rules."""
    drawn = [secrets.choice(kind) for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-+=%")]
    drawn += [secrets.choice(string.ascii_letters + string.digits) for _ in range(16)]
    return "".join(drawn)


def put(records: Records, user: StoreUser, password: str, now: datetime, *, is_one_time: bool) -> None:
    """Make that the user's password, by its hash."""
    kept: PortalPassword | None = records.portal_passwords.get(user.id)
    if kept is None:
        records.portal_passwords.add(PortalPassword(user.account_id, user.id, password, now, is_one_time))
        return
    history = (kept.password, *kept.history)[: _REMEMBERED - 1]
    renewed = {"password": password, "changed": now, "is_one_time": is_one_time, "history": history}
    records.portal_passwords.replace(kept, **renewed, **FORGIVEN)


async def set_own(visit: Visit, person: Person, new: str, *, signs_in: bool) -> Person:
    """Set the password of a person who may, by a link or a one-time password: the same person under the new one. Whoever
    has given everything else signs in with it. Raises Refused."""
    limit(visit, f"portal password of {person.owner_id}")  # each is compared with all of before
    if not _SHORTEST <= len(new) <= min(_LONGEST, LONGEST_PASSWORD) or not all(kind(new) for kind in _KINDS):
        raise Refused(f"The password must have {RULES[0]}: {RULES[1]}.")
    records = await visit.realm.store.load(person.account_id)
    kept: PortalPassword | None = records.portal_passwords.get(person.owner_id)
    before = () if kept is None else (kept.password, *kept.history)
    if await apart(among, before[:_REMEMBERED], new):
        raise Refused(f"The password must be {RULES[2]}.")
    stored = await apart(hashed, new)

    def work(change: Change) -> Person | Refused:
        records = change.records(person.account_id)
        user: StoreUser | None = records.store_users.get(person.owner_id)
        center = records.identity_centers.get(person.account_id)
        if user is None or center is None or not user.enabled or password_name(records, user.id) != person.credential:
            return Refused(_STALE)
        put(records, user, stored, visit.now, is_one_time=False)
        told = {"UserName": user.name}
        change.event(visit.event(user.account_id, "UpdatePassword", identity(center, user.id), additional=told))
        renewed = msgspec.structs.replace(person, credential=credential(stored))
        if not signs_in or present(records, renewed) is None:
            return renewed
        return concluded(visit, change, records, renewed)

    outcome = await visit.realm.store.write(work)
    if isinstance(outcome, Refused):
        raise outcome
    visit.realm.attempts.forgive(f"portal password of {person.owner_id}", visit.request_id)
    return outcome

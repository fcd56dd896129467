"""Authenticator apps of people: offered a secret, enrolled by a code that the app shows, and taken away again.

https://docs.aws.amazon.com/singlesignon/latest/userguide/mfa-types-apps.html
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote, urlencode

from iamd.caller.mfa import after_code, new_seed
from iamd.caller.passwords import apart
from iamd.services.access_portal.people import identity, present
from iamd.services.access_portal.sign_in import devices_of
from iamd.services.carried import Carried
from iamd.services.signin.passwords import Refused, Visit, limit
from iamd.services.signin.people import Person
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.access_portal import PortalDevice
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.kinds.identity_store import StoreUser

MOST = 8  # of one person
LIFE = timedelta(minutes=15)
_WITHOUT = "Sign out, and sign in with a code of an app that you have: only then may you add or remove one."


class _Offer(Carried, frozen=True, array_like=True):
    context = b"portal authenticator app"

    user_id: str
    seed: bytes
    expires: int  # seconds of the epoch


@dataclass(frozen=True, slots=True)
class Offered:
    """What is shown once, for an app to take in: the secret as text, as the URI that apps know and as a QR code of that
    (SVG); `ticket` is the offer, sealed."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    picture: str = field(repr=False)
    ticket: str


async def offer(visit: Visit, user: StoreUser, center: IdentityCenter) -> Offered:
    """A secret for an authenticator app of the user, which counts once it has shown a code."""
    seed = new_seed()
    secret = base64.b32encode(seed).decode().rstrip("=")
    label = quote(f"{center.name or center.store_id}:{user.name}", safe="")
    uri = f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': center.name or center.store_id})}"
    expires = int((visit.now + LIFE).timestamp())
    return Offered(secret, uri, await apart(_drawn, uri), _Offer(user.id, seed, expires).sealed(visit.realm.sealer))


def _drawn(text: str) -> str:
    import segno  # slow to import, and seldom needed

    return str(segno.make_qr(text, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff"))


async def enrol(visit: Visit, person: Person, ticket: str, name: str, code: str) -> None:
    """Make the app that an offer was for one of the person's, by the code that it shows. Raises Refused."""
    offered = _Offer.opened(visit.realm.sealer, ticket)
    if offered is None or offered.user_id != person.owner_id or offered.expires < visit.now.timestamp():
        raise Refused("You have waited too long. Begin again.")
    limit(visit, f"portal app of {person.owner_id}")
    id = secrets.token_hex(16)
    kept = visit.realm.sealer.seal(offered.seed, id.encode())
    name = "".join(each for each in name.strip() if each.isprintable())[:64] or "Authenticator app"
    device = PortalDevice(person.account_id, id, person.owner_id, name, kept, visit.now)
    position = after_code(device, offered.seed, code, visit.now)
    if position is None:
        raise Refused("That is not the code that the app shows now. Enter the next one.")
    made = PortalDevice(person.account_id, id, person.owner_id, name, kept, visit.now, **position)

    def work(change: Change) -> None:
        records = change.records(person.account_id)
        _require_mfa(records, person)
        if records.portal_devices.count("user", person.owner_id) >= MOST:
            raise Refused(f"You have {MOST} authenticator apps already.")
        records.portal_devices.add(made)
        _record(visit, change, person, "CreateMFADevice", name)

    await visit.realm.store.write(work)


async def forget(visit: Visit, person: Person, id: str) -> None:
    """Take one of the person's apps away. Raises Refused."""

    def work(change: Change) -> None:
        records = change.records(person.account_id)
        _require_mfa(records, person)
        device: PortalDevice | None = records.portal_devices.get(id)
        if device is not None and device.user_id == person.owner_id:
            records.portal_devices.remove(device)
            _record(visit, change, person, "DeleteMFADevice", device.name)

    await visit.realm.store.write(work)


def _require_mfa(records: Records, person: Person) -> None:
    """Whoever has an app may add or remove one only in a session that was opened with one, as IAM has it, so that a
    password alone takes none away. Raises Refused."""
    user = present(records, person)
    if user is None or (person.mfa_time is None and devices_of(records, user)):
        raise Refused(_WITHOUT)


def _record(visit: Visit, change: Change, person: Person, name: str, device: str) -> None:
    center: IdentityCenter | None = change.records(person.account_id).identity_centers.get(person.account_id)
    if center is not None:
        who = identity(center, person.owner_id)
        change.event(visit.event(person.account_id, name, who, additional={"DeviceName": device}))

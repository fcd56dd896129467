"""Challenges to passkeys: kept nowhere, but sealed and given to the browser, which brings them back with its answer."""

from __future__ import annotations

import secrets
import time
from datetime import datetime, timedelta

import msgspec

from iamd.caller.passkeys import Site, Unproven
from iamd.services import carried
from iamd.store.image import Records
from iamd.store.kinds.sign_in import MfaDevice, Passkey
from iamd.store.sealing import Sealer

LIFE = timedelta(minutes=5)
_BYTES = 32


class Challenge(msgspec.Struct, frozen=True, array_like=True):
    """What a browser is to have signed: by whom, where, and what for, a new key's serial number or nothing. `made` is
    in nanoseconds of the epoch, `expires` in seconds."""

    account_id: str
    owner_id: str
    host: str
    subject: str
    random: bytes
    made: int
    expires: int


def new_challenge(account_id: str, owner_id: str, site: Site, now: datetime, subject: str = "") -> Challenge:
    """A challenge that nobody has had."""
    expires = int((now + LIFE).timestamp())
    return Challenge(account_id, owner_id, site.host, subject, secrets.token_bytes(_BYTES), time.time_ns(), expires)


def sealed(sealer: Sealer, challenge: Challenge) -> str:
    """The challenge as text that only this installation can read."""
    return carried.sealed(sealer, challenge, _context(challenge.subject))


def opened(
    sealer: Sealer, text: str, site: Site, owner: tuple[str, str], now: datetime, subject: str = ""
) -> Challenge:
    """The challenge that was made for that owner (account and id), site and subject. Raises Unproven for any other, and
    when it has expired."""
    challenge = carried.opened(sealer, text, _context(subject), Challenge)
    if challenge is None:
        raise Unproven
    meant = (challenge.account_id, challenge.owner_id, challenge.host, challenge.subject) == (
        *owner,
        site.host,
        subject,
    )
    if not meant or now.timestamp() > challenge.expires:
        raise Unproven
    return challenge


def _context(subject: str) -> bytes:
    return b"passkey enrolment" if subject else b"passkey sign-in"


def devices_of(records: Records, owner_id: str) -> list[MfaDevice | Passkey]:
    """All that a user or the root user has for MFA: devices that show codes, and passkeys."""
    return [*records.mfa_devices.where("owner", owner_id), *records.passkeys.where("owner", owner_id)]


def has_device(records: Records, owner_id: str) -> bool:
    """Whether a user or the root user has MFA at all."""
    return bool(records.mfa_devices.count("owner", owner_id) or records.passkeys.count("owner", owner_id))

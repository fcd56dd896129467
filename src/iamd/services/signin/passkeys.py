"""The second step of signing in: the person's passkey, after the password.

The page asks for an offer, `navigator.credentials.get` answers it, and the answer signs the person in. A challenge is
good once: its key notes when it was made, and answers none that is older.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs

from iamd.caller import passkeys
from iamd.caller.passkeys import Site, Unproven
from iamd.services.passkeys import Challenge, new_challenge, opened, sealed
from iamd.services.signin.passwords import Refused, Visit, concluded, failed, is_unchanged, let_in, limit
from iamd.services.signin.people import Person
from iamd.store.change import Change
from iamd.store.image import Records

ELSEWHERE = "Your passkey was registered at another address of this console. Open it there, or enter a code."


class Offer(msgspec.Struct, frozen=True):
    """What a page needs: `options` for `navigator.credentials.get`, and the `challenge` to bring with its answer."""

    options: dict[str, Any]
    challenge: str


async def offer(visit: Visit, person: Person, site: Site) -> Offer:
    """Ask someone who has given the right password for a passkey. Raises Refused where none was enrolled at the site."""
    records = await visit.realm.store.load(person.account_id)
    known = [each for each in records.passkeys.where("owner", person.owner_id) if each.host == site.host]
    if not known:
        raise Refused(ELSEWHERE)
    challenge = new_challenge(person.account_id, person.owner_id, site, visit.now)
    return Offer(passkeys.request_options(site, challenge.random, known), sealed(visit.realm.sealer, challenge))


async def sign_in_with(visit: Visit, person: Person, site: Site, challenge: str, answer: str) -> Person:
    """The person, who has now MFA, by a browser's answer as JSON. Recorded as ConsoleLogin. Raises Refused, and
    MustChange of someone who has to change the password first."""
    subject = f"passkey of {person.owner_id}"
    limit(visit, subject)

    def work(change: Change) -> Person | Refused:
        records = change.records(person.account_id)
        try:
            if not is_unchanged(visit, records, person):
                raise Unproven
            owner = (person.account_id, person.owner_id)
            asked = opened(visit.realm.sealer, challenge, site, owner, visit.now)
            _use(records, person, site, asked, answer)
        except Unproven:
            return failed(visit, change, records, person.owner_id)
        return concluded(visit, change, records, structs.replace(person, mfa_time=int(visit.now.timestamp())))

    return await let_in(visit, work, subject)


def _use(records: Records, person: Person, site: Site, asked: Challenge, answer: str) -> None:
    known = [each for each in records.passkeys.where("owner", person.owner_id) if each.challenged < asked.made]
    passkey, signed = passkeys.shown(site, asked.random, known, answer)
    records.passkeys.replace(passkey, sign_count=signed, challenged=asked.made)

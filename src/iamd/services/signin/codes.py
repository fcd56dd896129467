"""The second step of signing in by a code, for who has given the password, has passkeys, and shows a code instead."""

from __future__ import annotations

from msgspec import structs

from iamd.services.passkeys import devices_of
from iamd.services.signin.passwords import (
    Refused,
    Visit,
    concluded,
    failed,
    is_unchanged,
    let_in,
    limit,
    shows_code,
)
from iamd.services.signin.people import Person
from iamd.store.change import Change


async def sign_in_with(visit: Visit, person: Person, code: str) -> Person:
    """The person, who has now MFA, by a code of one of the person's devices. Recorded as ConsoleLogin. Raises Refused,
    and MustChange of someone who has to change the password first."""
    subject = f"code of {person.owner_id}"
    limit(visit, subject)

    def work(change: Change) -> Person | Refused:
        records = change.records(person.account_id)
        devices = devices_of(records, person.owner_id)
        # Who has no device any more has none to show: signing in begins anew then.
        if not devices or not is_unchanged(visit, records, person) or not shows_code(visit, records, devices, code):
            return failed(visit, change, records, person.owner_id)
        return concluded(visit, change, records, structs.replace(person, mfa_time=int(visit.now.timestamp())))

    return await let_in(visit, work, subject)

"""A new address for a member account's root user: asked for, then confirmed by the code that the address was sent.

Nothing is mailed: `iamd passcode` prints the code for whoever has the data directory.
https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-root-user-email.html
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from iamd.services.account.api import account
from iamd.services.account.subject import member, subject
from iamd.services.call import Call, Reply
from iamd.store.image import Records
from iamd.store.kinds.account_details import EmailUpdate
from iamd.wire.errors import ConflictException, InternalFailure, ResourceNotFoundException, ValidationException

LASTS = timedelta(days=1)
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_LENGTH = 6


def _check_free(call: Call, email: str) -> None:
    if call.realm.store.email_owner(email) is not None:
        raise ConflictException("The email address is already in use.")


@account.operation(on=member)
def start_primary_email_update(call: Call, records: Records, *, primary_email: str) -> Reply:
    """Ask for a new address; an earlier wish is forgotten."""
    if "@" not in primary_email.strip("@"):
        raise ValidationException("The primary email address is not valid.")
    _check_free(call, primary_email)
    present = records.email_updates.get(records.account_id)
    if present is not None:
        records.email_updates.remove(present)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    sealed = call.realm.sealer.seal(code.encode(), records.account_id.encode())
    records.email_updates.add(EmailUpdate(records.account_id, primary_email, call.now, sealed))
    return {"Status": "PENDING"}


@account.operation(on=member)
def accept_primary_email_update(call: Call, records: Records, *, primary_email: str, otp: str) -> Reply:
    """Confirm it with the code, within a day; the address is the root user's from then on."""
    update = records.email_updates.get(records.account_id)
    pending = update is not None and update.accepted is None and call.now < update.requested + LASTS
    if update is None or not pending or update.email != primary_email:
        raise ResourceNotFoundException("No update of the primary email address to that one is pending.")
    code = call.realm.sealer.open(update.sealed_code, records.account_id.encode())
    if not hmac.compare_digest(code, otp.lower().encode()):
        raise ValidationException("The one-time password is not valid.")
    _check_free(call, primary_email)
    described = records.account
    if described.organization is None:
        raise InternalFailure()
    records.email_updates.replace(update, accepted=call.now)
    records.accounts.replace(described, email=primary_email)
    members = call.others(described.organization).members
    members.replace(members.get(described.account_id), email=primary_email)
    return {"Status": "ACCEPTED"}


@account.operation(on=subject)
def get_primary_email_update_status(call: Call, records: Records) -> Reply:
    """What became of the last wish."""
    update = records.email_updates.get(records.account_id)
    if update is None:
        raise ResourceNotFoundException("No update of the primary email address was asked for.")
    if update.accepted is not None:
        return {"Status": "COMPLETED", "UpdatedAt": update.accepted}
    status = "PENDING" if call.now < update.requested + LASTS else "FAILED"
    return {"Status": status, "UpdatedAt": update.requested}

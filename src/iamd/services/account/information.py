"""The account itself: its name, its state, the address of its root user."""

from __future__ import annotations

from typing import Any

from iamd.guard.target import Target
from iamd.services.account.api import account
from iamd.services.account.subject import member, subject
from iamd.services.call import Call, Reply
from iamd.store.image import Records
from iamd.wire.errors import ResourceNotFoundException


@account.operation(on=subject)
def get_account_information(call: Call, records: Records) -> Reply:
    """The account's name, since when it is there, and whether it is closed."""
    described = records.account
    return {
        "AccountId": described.account_id,
        "AccountName": described.name or None,
        "AccountCreatedDate": described.created,
        "AccountState": "ACTIVE" if described.closed is None else "CLOSED",
    }


@account.operation(on=subject)
def put_account_name(call: Call, records: Records, *, account_name: str) -> None:
    """Rename the account, in its organization, too."""
    described = records.account
    records.accounts.replace(described, name=account_name)
    if described.organization is not None:
        members = call.others(described.organization).members
        members.replace(members.get(described.account_id), name=account_name)


@account.operation(on=member)
def get_primary_email(call: Call, records: Records) -> Reply:
    """The address of a member account's root user."""
    if not records.account.email:
        raise ResourceNotFoundException("The account has no primary email address.")
    return {"PrimaryEmail": records.account.email}


def standard_account(call: Call, *, standard_account_id: str | None = None) -> Target[Any]:
    return subject(call) if standard_account_id is None else subject(call, account_id=standard_account_id)


@account.operation(on=standard_account)
def get_gov_cloud_account_information(call: Call, records: Records) -> Reply:
    """Tell, as AWS does of most accounts, that there is no counterpart in AWS GovCloud (US)."""
    raise ResourceNotFoundException("The account has no GovCloud account.")

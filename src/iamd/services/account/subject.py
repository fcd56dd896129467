"""Which account a call is about: the caller's own, or a member of the organization that its account manages.

https://docs.aws.amazon.com/accounts/latest/reference/using-orgs-trusted-access.html
"""

from __future__ import annotations

from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call
from iamd.services.organizations.estate import Estate, find_estate
from iamd.store.image import Records
from iamd.store.records import PARTITION
from iamd.wire.errors import AccessDenied, InternalFailure

SERVICE = "account.amazonaws.com"
_DENIED = "User is not authorized to access this resource"


def _arn(owner: str, resource: str) -> str:
    return f"arn:{PARTITION}:account::{owner}:{resource}"


def _administers(call: Call, estate: Estate) -> bool:
    """Whether the caller's account manages the organization, or administers this service for it."""
    if estate.records.service_access.get(SERVICE) is None:
        return False
    delegation = estate.records.delegated_administrators.get(f"{call.account_id}/{SERVICE}")
    return call.account_id == estate.organization.account_id or delegation is not None


def _member(call: Call, account_id: str) -> Target[Any]:
    """A member account, named by one that administers it. The management account can be named by nobody."""
    estate = find_estate(call)
    known = estate is not None and estate.records.members.get(account_id) is not None
    if estate is None or not known or account_id == estate.organization.account_id or not _administers(call, estate):
        return missing(_arn(call.account_id, f"account/o-*/{account_id}"), AccessDenied(_DENIED))
    organization = estate.organization
    records = call.realm.records(account_id) if call.change is None else call.others(account_id)
    if records is None:
        raise InternalFailure()
    return Target(_arn(organization.account_id, f"account/{organization.id}/{account_id}"), records)


def subject(call: Call, *, account_id: str | None = None) -> Target[Records]:
    """The records of the account in question: without an id, or for an account that names itself, the caller's own."""
    if account_id is None or (account_id == call.account_id and call.records.account.organization is None):
        return Target(_arn(call.account_id, "account"), call.records)
    return _member(call, account_id)


def member(call: Call, *, account_id: str) -> Target[Records]:
    """The records of a member account: these operations are about no other."""
    return _member(call, account_id)

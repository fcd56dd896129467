"""Identity stores: which one a call is about, and what is told of it.

https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/welcome.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from iamd.audit.ids import new_uuid
from iamd.guard.target import Target, missing, nothing
from iamd.services.call import Call, Reply
from iamd.services.identitystore.api import identitystore
from iamd.services.sso_admin.center import Center, administered, visible
from iamd.services.sso_admin.paging import page
from iamd.store.records import PARTITION
from iamd.wire.errors import AwsError
from iamd.wire.identity_errors import ConflictException, ResourceNotFoundException


def told(error: AwsError, call: Call, **members: str) -> AwsError:
    """The error with the members that this service adds to all of its own."""
    error.details = {**members, "RequestId": call.request_id}
    return error


def not_found(call: Call, type_: str, id: str) -> AwsError:
    """What is not in the store: a USER, GROUP or GROUP_MEMBERSHIP, or the IDENTITY_STORE itself."""
    error = ResourceNotFoundException(f"{type_} not found.")
    return told(error, call, ResourceType=type_, ResourceId=id)


def taken(call: Call, message: str) -> AwsError:
    """A value that must be unique is another's."""
    return told(ConflictException(message), call, Reason="UNIQUENESS_CONSTRAINT_VIOLATION")


def require_revision(call: Call, present: int, expected: str | None) -> None:
    """Raise ConflictException when a thing is not any more what the caller thinks that it is."""
    if expected is not None and expected != str(present):
        error = ConflictException("The revision does not match the current one.")
        raise told(error, call, Reason="CONCURRENT_MODIFICATION")


def find_store(call: Call, identifier: str) -> Center | None:
    """The store of that id or ARN: one that the caller administers or, for what only reads, sees.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-identity-source-idp.html: member accounts may
    read their organization's store.
    """
    known = visible(call) if call.operation.reads else administered(call)
    return next((each for each in known if identifier in (each.instance.store_id, each.instance.store_arn)), None)


def new_id(center: Center) -> str:
    """An id for a new user, group or membership of a store."""
    return f"{center.instance.store_id.removeprefix('d-')}-{new_uuid()}"


def new_fields(center: Center, by: str, now: datetime) -> dict[str, Any]:
    """What is noted with a new user or group, by whomever."""
    account_id = center.instance.account_id
    return {
        **changed_fields(0, by, now),
        "account_id": account_id,
        "id": new_id(center),
        "created": now,
        "created_by": by,
    }


def changed_fields(revision: int, by: str, now: datetime) -> dict[str, Any]:
    """What is noted with a change of one of that revision."""
    return {"updated": now, "updated_by": by, "revision": revision + 1}


def context_of(center: Center) -> Mapping[str, str]:
    """The condition keys that every resource of a store has."""
    return {
        "aws:resourceaccount": center.instance.account_id,
        "identitystore:primaryregion": center.instance.region,
    }


def existing_store(call: Call, *, identity_store_id: str) -> Target[Center]:
    """The store of that id or ARN."""
    center = find_store(call, identity_store_id)
    if center is not None:
        return Target(center.instance.store_arn, center, context=context_of(center))
    arn = identity_store_id
    if not arn.startswith("arn:"):
        arn = f"arn:{PARTITION}:identitystore::{call.account_id}:identitystore/{identity_store_id}"
    return missing(arn, not_found(call, "IDENTITY_STORE", identity_store_id))


def any_store(call: Call) -> Target[None]:
    return nothing()


def view(center: Center) -> dict[str, str]:
    """A store: nothing restricts from where it is reached, so that there is no `NetworkConfiguration`."""
    return {"IdentityStoreId": center.instance.store_id, "IdentityStoreArn": center.instance.store_arn}


@identitystore.operation(on=existing_store)
def describe_identity_store(call: Call, center: Center) -> Reply:
    """Describe a store."""
    return view(center)


@identitystore.operation(on=any_store)
def list_identity_stores(
    call: Call, _: None, *, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List the stores of the instances that the account sees."""
    return page("IdentityStores", visible(call), lambda each: each.instance.id, view, next_token, max_results)

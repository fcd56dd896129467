"""Users, roles and the root user as the callers that they would be."""

from __future__ import annotations

from iamd.caller.caller import Caller, CallerKind
from iamd.store.image import Records
from iamd.store.records import Role, User


def root_of(records: Records) -> Caller:
    """An account's root user."""
    account_id, arn = records.account_id, records.account.arn
    return Caller(CallerKind.ROOT, account_id, account_id, "root", arn, arn, account_id, "")


def caller_of(entity: User | Role) -> Caller:
    """A user, or a role without a session."""
    kind = CallerKind.USER if isinstance(entity, User) else CallerKind.ROLE
    return Caller(kind, entity.account_id, entity.id, entity.name, entity.arn, entity.arn, entity.id, "")

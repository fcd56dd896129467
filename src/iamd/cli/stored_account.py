"""Commands that work in one account of a data directory, also while a server runs on it."""

import argparse
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from iamd.audit import ApiEvent, Identity
from iamd.audit.ids import new_uuid
from iamd.cli import Failure
from iamd.cli.place import add_place, in_store, place
from iamd.store import Store
from iamd.store.kind import Kind

T = TypeVar("T")
Work = Callable[[Store, str], Awaitable[T]]


def add_account(parser: argparse.ArgumentParser) -> None:
    """Add which account is meant, and where the data are."""
    parser.add_argument("--account", metavar="ID", help="the account, where there are several")
    add_place(parser)


def in_account(args: argparse.Namespace, work: Work[T], holds: Kind[Any] | None = None) -> T:
    """Return what the work does with the open store and the account's id; raises Failure when there is neither. Of several
    accounts the only one that `holds` records of that kind is meant."""
    return in_store(place(args), lambda store: _in_account(store, args.account, work, holds))


async def _in_account(store: Store, account_id: str | None, work: Work[T], holds: Kind[Any] | None) -> T:
    there = store.account_ids()
    meant = there if holds is None else await store.holders(holds.name)
    if account_id is None and len(meant) != 1:
        raise Failure(f"name the account: --account, one of {', '.join(meant or there)}")
    chosen = account_id or meant[0]
    if chosen not in there:
        raise Failure(f"there is no account {chosen}")
    return await work(store, chosen)


def event(account_id: str, name: str, command: str, now: datetime, details: dict[str, Any]) -> ApiEvent:
    """The audit event of a change that a command made."""
    return ApiEvent(
        account_id=account_id,
        time=now,
        source="iam.amazonaws.com",
        name=name,
        region="us-east-1",
        request_id=new_uuid(),
        read_only=False,
        who=Identity(type="Unknown", invoked_by=command),
        additional=details,
    )

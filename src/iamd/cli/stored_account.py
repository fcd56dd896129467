"""Commands that work in one account of a data directory, also while a server runs on it."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from iamd.audit import ApiEvent, Identity
from iamd.audit.ids import new_uuid
from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.store import Store, StoreError
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
    database, master_key = place(args)
    if not database.exists():
        raise Failure(f"there is no database {database}")
    try:
        return asyncio.run(_in_account(database.parent, master_key, args.account, work, holds))
    except StoreError as error:
        raise Failure(str(error)) from error


async def _in_account(
    data_dir: Path, master_key_file: Path, account_id: str | None, work: Work[T], holds: Kind[Any] | None
) -> T:
    store = Store.open_sqlite(data_dir, master_key_file)
    try:
        await store.start()
        there = store.account_ids()
        meant = there if holds is None else await store.holders(holds.name)
        if account_id is None and len(meant) != 1:
            raise Failure(f"name the account: --account, one of {', '.join(meant or there)}")
        chosen = account_id or meant[0]
        if chosen not in there:
            raise Failure(f"there is no account {chosen}")
        return await work(store, chosen)
    finally:
        await store.close()


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

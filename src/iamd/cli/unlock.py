"""`iamd unlock`."""

import argparse
import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from iamd.audit import ApiEvent, Identity
from iamd.audit.event import new_uuid
from iamd.caller.passwords import FORGIVEN, locked
from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.store import Change, Store, StoreError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who is locked out, and where the data are."""
    parser.add_argument("user", metavar="USER", help="the user's name")
    parser.add_argument("--account", metavar="ID", help="the user's account, where there are several")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Forgive a user's wrong passwords, also while the server runs."""
    database, master_key = place(args)
    if not database.exists():
        raise Failure(f"there is no database {database}")
    try:
        was_locked = asyncio.run(_unlock(database.parent, master_key, args.account, args.user))
    except StoreError as error:
        raise Failure(str(error)) from error
    if args.json:
        print(json.dumps({"user": args.user, "wasLocked": was_locked}))
    else:
        print(f"{args.user} was {'' if was_locked else 'not '}locked out, and may try its password.")
    return 0


async def _unlock(data_dir: Path, master_key_file: Path, account_id: str | None, name: str) -> bool:
    store = Store.open_sqlite(data_dir, master_key_file)
    try:
        await store.start()
        there = store.account_ids()
        if account_id is None and len(there) != 1:
            raise Failure(f"name the account: --account, one of {', '.join(there)}")
        account_id = account_id or there[0]
        if account_id not in there:
            raise Failure(f"there is no account {account_id}")
        chosen = account_id
        return await store.write(lambda change: _forgive(change, chosen, name))
    finally:
        await store.close()


def _forgive(change: Change, account_id: str, name: str) -> bool:
    records, now = change.records(account_id), datetime.now(UTC)
    user = records.users.named(name)
    profile = None if user is None else records.login_profiles.get(user.id)
    if profile is None:
        raise Failure(f"account {account_id} has no user {name} with a password")
    was_locked = locked(profile, now)
    records.login_profiles.replace(profile, **FORGIVEN)
    change.event(
        ApiEvent(
            account_id=account_id,
            time=now,
            source="iam.amazonaws.com",
            name="UnlockUser",
            region="us-east-1",
            request_id=new_uuid(),
            read_only=False,
            who=Identity(type="Unknown", invoked_by="iamd unlock"),
            additional={"userName": name},
        )
    )
    return was_locked

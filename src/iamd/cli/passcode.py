"""`iamd passcode`."""

import argparse
import asyncio
import json
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.store import Store, StoreError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The account, and where the data are."""
    parser.add_argument("account", metavar="ID", help="the member account whose address is to change")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Print the code that AWS would mail to the new address: a secret, for AcceptPrimaryEmailUpdate."""
    database, master_key = place(args)
    if not database.exists():
        raise Failure(f"there is no database {database}")
    try:
        code = asyncio.run(_code(database.parent, master_key, args.account))
    except StoreError as error:
        raise Failure(str(error)) from error
    print(json.dumps({"otp": code}) if args.json else code)
    return 0


async def _code(data_dir: Path, master_key: Path, account_id: str) -> str:
    store = Store.open_sqlite(data_dir, master_key)
    try:
        await store.start()
        records = await store.load(account_id) if store.has_account(account_id) else None
        update = None if records is None else records.email_updates.get(account_id)
        if update is None or update.accepted is not None:
            raise Failure(f"no update of the primary email address of {account_id} is pending")
        return store.sealer.open(update.sealed_code, account_id.encode()).decode()
    finally:
        await store.close()

"""`iamd passcode`."""

import argparse
import json

from iamd.cli import Failure
from iamd.cli.place import add_place, in_store, place
from iamd.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The account, and where the data are."""
    parser.add_argument("account", metavar="ID", help="the member account whose address is to change")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Print the code that AWS would mail to the new address: a secret, for AcceptPrimaryEmailUpdate."""
    code = in_store(place(args), lambda store: _code(store, args.account))
    print(json.dumps({"otp": code}) if args.json else code)
    return 0


async def _code(store: Store, account_id: str) -> str:
    records = await store.load(account_id) if store.has_account(account_id) else None
    update = None if records is None else records.email_updates.get(account_id)
    if update is None or update.accepted is not None:
        raise Failure(f"no update of the primary email address of {account_id} is pending")
    return store.sealer.open(update.sealed_code, account_id.encode()).decode()

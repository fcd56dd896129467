"""`iamd delegation-token`."""

import argparse
import asyncio
import json
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.store import Store, StoreError

_ACCOUNT_DIGITS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The request, and where the data are."""
    parser.add_argument("request", metavar="ID", help="the delegation request, after SendDelegationToken")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Print the token that the requestor exchanges with STS GetDelegatedAccessToken: a secret."""
    database, master_key = place(args)
    if not database.exists():
        raise Failure(f"there is no database {database}")
    try:
        token = asyncio.run(_token(database.parent, master_key, args.request))
    except StoreError as error:
        raise Failure(str(error)) from error
    print(json.dumps({"tradeInToken": token}) if args.json else token)
    return 0


async def _token(data_dir: Path, master_key: Path, id: str) -> str:
    store = Store.open_sqlite(data_dir, master_key)
    try:
        await store.start()
        account_id = id[:_ACCOUNT_DIGITS]
        records = await store.load(account_id) if store.has_account(account_id) else None
        request = None if records is None else records.delegation_requests.get(id)
        if request is None:
            raise Failure(f"there is no delegation request {id}")
        if request.state != "FINALIZED":
            raise Failure(f"delegation request {id} is {request.state}: its token has not been sent")
        return store.sealer.open(request.sealed_token, request.id.encode()).decode()
    finally:
        await store.close()

"""`iamd rotate-keys`."""

import argparse
import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.store import Store, StoreError

# GetSessionToken and GetFederationToken issue for as long as 36 hours; an hour more for clocks that differ.
LONGEST_SESSION = timedelta(hours=37)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are."""
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Add the key to the database, which may be in use: servers take it up with their next request."""
    database, master_key = place(args)
    if not database.exists():
        raise Failure(f"there is no database {database}")
    try:
        opening = asyncio.run(_rotate(database.parent, master_key))
    except StoreError as error:
        raise Failure(str(error)) from error
    if args.json:
        print(json.dumps({"tokenKeys": opening}))
    else:
        print(f"New session tokens are sealed under a new key; {opening - 1} older ones still open living sessions.")
    return 0


async def _rotate(data_dir: Path, master_key: Path) -> int:
    store = Store.open_sqlite(data_dir, master_key)
    try:
        await store.start()
        await store.rotate_token_key(datetime.now(UTC) - LONGEST_SESSION)
        return len(store.keyring.token_keys)
    finally:
        await store.close()

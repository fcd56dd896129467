"""`iamd migrate`."""

import argparse
import asyncio
import json
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.store import Store, StoreError
from iamd.store.migrations import LATEST


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are."""
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Apply the migrations that the database lacks. `iamd serve` does it too; here it can be done beforehand."""
    database, master_key = place(args)
    if not database.exists():
        raise Failure(f"there is no database {database}: `iamd serve` makes one")
    try:
        asyncio.run(_open_and_close(database.parent, master_key))
    except StoreError as error:
        raise Failure(str(error)) from error
    if args.json:
        print(json.dumps({"database": str(database), "schema": LATEST}))
    else:
        print(f"{database} has schema version {LATEST}")
    return 0


async def _open_and_close(data_dir: Path, master_key_file: Path) -> None:
    await Store.open_sqlite(data_dir, master_key_file).close()

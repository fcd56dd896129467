"""`iamd restore`."""

import argparse
import json
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.store import StoreError
from iamd.store.backup import restore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which copy, and whether it may replace a database."""
    parser.add_argument("copy", type=Path, metavar="COPY", help="a file that `iamd backup` wrote")
    parser.add_argument("--replace", action="store_true", help="replace the database that is there")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Verify the copy, then put it in the database's place."""
    where = place(args)
    database, master_key = where.file, where.master_key
    if database.exists() and not args.replace:
        raise Failure(f"there is a database already, {database}: give --replace to lose it")
    try:
        restore(args.copy, database, master_key)
    except StoreError as error:
        raise Failure(str(error)) from error
    print(json.dumps({"database": str(database)}) if args.json else f"restored {database}")
    return 0

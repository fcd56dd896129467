"""`iamd backup`."""

import argparse
import json
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.store import StoreError
from iamd.store.backup import backup, checksum_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the copy goes."""
    parser.add_argument("copy", type=Path, metavar="COPY", help="the file to write; its checksum goes beside it")
    parser.add_argument("--plain", action="store_true", help="do not encrypt it: a database file that SQLite can open")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Copy the database; it may be in use."""
    where = place(args)
    database, master_key = where.file, where.master_key
    try:
        digest = backup(database, args.copy, None if args.plain else master_key)
    except StoreError as error:
        raise Failure(str(error)) from error
    if args.json:
        told = {"copy": str(args.copy), "checksum": str(checksum_file(args.copy)), "sha256": digest}
        print(json.dumps({**told, "encrypted": not args.plain}))
    else:
        print(f"{args.copy}  sha256 {digest}")
        print(f"The master key is not in it, and it cannot be used without: keep {master_key} safe elsewhere.")
    return 0

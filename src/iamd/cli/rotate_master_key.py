"""`iamd rotate-master-key`."""

import argparse
import json
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.place import Place, add_place, in_store, place
from iamd.store import Store, StoreError
from iamd.store.master_key import add_master_key, exchanging, read_master_key, retire_master_keys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether other machines get the new key first, and where the data are."""
    parser.add_argument(
        "--prepare", action="store_true", help="only put a new key into the file, beside the old one, to be handed out"
    )
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Exchange the master key of a database, which may be in use: servers read the file again by themselves.

    Whenever this ends, the file opens the database; called again, it goes on where it was.
    """
    where = place(args)
    try:
        with exchanging(where.master_key) as file:
            if args.prepare:
                return _prepared(args, where, file)
            kept = _exchanged(where, file)
    except StoreError as error:
        raise Failure(str(error)) from error
    mark = read_master_key(file).mark
    if args.json:
        print(json.dumps({"masterKey": mark, "file": str(file), "kept": [str(each) for each in kept]}))
    else:
        print(f"The master key in {file} is {mark} now; running servers take it up by themselves.")
        print(
            f"Backups made until now need the one in {', '.join(map(str, kept))}: keep it with them, and apart from here."
        )
    return 0


def _prepared(args: argparse.Namespace, where: Place, file: Path) -> int:
    in_store(where, _nothing)  # the key that is there must be the one
    if len(read_master_key(file).keys) == 1:
        add_master_key(file)
    if args.json:
        print(json.dumps({"masterKey": read_master_key(file).mark, "file": str(file), "kept": []}))
    else:
        print(
            f"{file} holds a new master key and the old one. Put it on every machine, then call this without --prepare."
        )
    return 0


def _exchanged(where: Place, file: Path) -> list[Path]:
    """Take every step that is still to be taken; returns the files of the old keys. Raises Failure, StoreError."""
    in_store(where, _nothing)
    if len(read_master_key(file).keys) == 1:
        if where.server is not None:
            raise Failure(
                f"servers of this database may have a master key file each: `iamd rotate-master-key --prepare` puts a "
                f"new key into {file} first, to be put on every machine"
            )
        add_master_key(file)
    in_store(where, Store.rotate_master_key)
    try:
        return retire_master_keys(file)
    except StoreError as error:
        raise Failure(
            f"the new master key counts now, but {error}: take the old one, in the second line, out of it"
        ) from error


async def _nothing(store: Store) -> None:
    """Opening the store was all."""

"""`iamd migrate`."""

import argparse
import json

from iamd.cli import Failure
from iamd.cli.place import Place, add_place, in_store, place
from iamd.store import Store, StoreError, opening
from iamd.store.migrations import LATEST
from iamd.store.postgresql.url import DatabaseUrl, parse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, and whether they are to go elsewhere."""
    parser.add_argument(
        "--to", metavar="URL", help="move everything to this empty PostgreSQL database; servers may run meanwhile"
    )
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Apply the migrations that the database lacks. `iamd serve` does it too; here it can be done beforehand."""
    where = place(args)
    if args.to is not None:
        return _move(args, where, _url(args.to))
    schema = in_store(where, _schema)
    database = str(where.server or where.file)
    if args.json:
        print(json.dumps({"database": database, "schema": schema}))
    else:
        print(f"{database} has schema version {schema}")
    return 0


async def _schema(store: Store) -> int:
    """It was migrated when it was opened."""
    return store.schema


def _url(text: str) -> DatabaseUrl:
    try:
        url = parse(text)
    except ValueError as error:
        raise Failure(f"--to {error}") from error
    if url.has_password:
        raise Failure(
            "--to has a password, which everybody sees who lists the processes: leave it to PGPASSWORD or a file that "
            "PGPASSFILE names"
        )
    return url


def _move(args: argparse.Namespace, where: Place, url: DatabaseUrl) -> int:
    database, master_key = where.file, where.master_key
    try:
        if not opening.is_moved(database, url):
            in_store(where, _schema)  # brings the schema up to date
        rows, seconds = opening.to_postgresql(database, url, master_key)
    except StoreError as error:
        raise Failure(str(error)) from error
    if args.json:
        print(json.dumps({"database": str(url), "schema": LATEST, "rows": rows, "stoppedSeconds": round(seconds, 3)}))
        return 0
    print(f"{url} has everything: {sum(rows.values())} rows in {len(rows)} tables, read back and compared.")
    print(f"Nothing could be written for {seconds:.1f} s. {database} is used no more: servers that have it open refuse")
    print(f"every request. Start them with IAMD_DATABASE and the master key {master_key}.")
    return 0

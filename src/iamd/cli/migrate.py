"""`iamd migrate`."""

import argparse
import asyncio
import json
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.store import Store, StoreError, opening
from iamd.store.migrations import LATEST
from iamd.store.postgresql.url import DatabaseUrl, parse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, and whether they are to go elsewhere."""
    parser.add_argument(
        "--to", metavar="URL", help="copy everything to this empty PostgreSQL database, while no server runs"
    )
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Apply the migrations that the database lacks. `iamd serve` does it too; here it can be done beforehand."""
    database, master_key = place(args)
    if not database.exists():
        raise Failure(f"there is no database {database}: `iamd serve` makes one")
    url = None if args.to is None else _url(args.to)
    try:
        asyncio.run(_open_and_close(database.parent, master_key))
        moved = None if url is None else opening.to_postgresql(database, url, master_key)
    except StoreError as error:
        raise Failure(str(error)) from error
    if moved is not None:
        _tell_moved(args, database, str(url), moved, master_key)
    elif args.json:
        print(json.dumps({"database": str(database), "schema": LATEST}))
    else:
        print(f"{database} has schema version {LATEST}")
    return 0


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


def _tell_moved(args: argparse.Namespace, database: Path, url: str, rows: dict[str, int], master_key: Path) -> None:
    if args.json:
        print(json.dumps({"database": url, "schema": LATEST, "rows": rows}))
        return
    print(f"{url} has everything: {sum(rows.values())} rows in {len(rows)} tables, read back and compared.")
    print(f"{database} is as it was; start servers with IAMD_DATABASE and the master key {master_key}.")


async def _open_and_close(data_dir: Path, master_key_file: Path) -> None:
    await Store.open_sqlite(data_dir, master_key_file).close()

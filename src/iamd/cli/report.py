"""`iamd report`."""

import argparse
from datetime import UTC, datetime

from iamd.cli import Failure
from iamd.cli.stored_account import add_account, in_account
from iamd.server.report_places import NotPut, Report, place_of
from iamd.server.report_schedule import report_file
from iamd.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which report, where it goes, and where the data are."""
    parser.add_argument("kind", choices=["credentials"], help="which report")
    parser.add_argument("--csv", action="store_true", help="print CSV, as AWS has it: so without --json")
    parser.add_argument("--to", metavar="DEST", help="a folder, s3://BUCKET/PREFIX or maildir:FOLDER; not: print it")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """Make a credential report of the present state, also while the server runs."""
    if args.csv and args.json:
        raise Failure("a report is CSV or JSON: leave one of --csv and --json out")
    form = "json" if args.json else "csv"

    async def make(store: Store, account_id: str) -> Report:
        return await report_file(store, account_id, datetime.now(UTC).date(), form)

    made = in_account(args, make)
    if args.to is None:
        print(made.content.decode().removesuffix("\n"))
        return 0
    try:
        print(place_of(args.to).put(made))
    except NotPut as error:
        raise Failure(str(error)) from error
    return 0

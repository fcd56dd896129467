"""`iamd rewind`."""

import argparse
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from iamd.cli import Failure
from iamd.cli.access.moments import Moment, images, moment
from iamd.cli.place import add_place, in_store, place
from iamd.cli.stored_account import event
from iamd.store import Change, Records, Store
from iamd.store.rewinding import put_back

Changes = Mapping[str, Mapping[str, int]]
"""How many records were changed, by account and kind."""


class _Planned(Exception):
    """Ends the transaction of a plan, so that nothing of it stays."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """When, and whether it is only to be told what it would change."""
    parser.add_argument(
        "when",
        type=moment,
        metavar="WHEN",
        help="a revision (42, or ACCOUNT@42 where there are several accounts) or a time (ISO 8601 in UTC, or so long ago: "
        "30m, 2h, 7d)",
    )
    parser.add_argument("--plan", action="store_true", help="tell what would change, and change nothing")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Put all accounts back as they stood, also while servers run: in one change, which is recorded and can be taken back
    in the same way. Sessions end; audit events stay."""
    changes = in_store(place(args), lambda store: _rewind(store, args.when, plan=args.plan))
    if args.json:
        print(json.dumps({"accounts": changes, "planned": args.plan}))
    else:
        for account_id, kinds in changes.items():
            told = ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in kinds.items()) or "nothing"
            print(f"{account_id}  {'would change' if args.plan else 'changed'}: {told}")
    return 0


async def _rewind(store: Store, at: Moment, *, plan: bool) -> Changes:
    if isinstance(at.when, datetime) and at.when > datetime.now(UTC):
        raise Failure("that time is still to come")
    past = await images(store, at)
    if not past:
        raise Failure("there was no account then")
    found: dict[str, Mapping[str, int]] = {}

    def work(change: Change) -> None:
        now = datetime.now(UTC)
        every = {account_id: change.records(account_id) for account_id in store.account_ids()}  # or begin anew for each
        for account_id, records in every.items():
            found[account_id] = put_back(records, past.get(account_id) or Records(account_id), now)
            told = {"asOf": _told(at), "changed": dict(found[account_id])}
            change.event(event(account_id, "RewindAccount", "iamd rewind", now, told))
        if plan:
            raise _Planned

    with suppress(_Planned):
        await store.write(work)
    return found


def _told(at: Moment) -> str:
    if isinstance(at.when, datetime):
        return at.when.isoformat()
    return str(at.when) if at.account_id is None else f"{at.account_id}@{at.when}"

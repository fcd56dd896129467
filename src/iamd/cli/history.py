"""`iamd history`."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from iamd.cli.stored_account import add_account, in_account
from iamd.store import Records, Store
from iamd.store.history import rewind
from iamd.store.interface import Replaced
from iamd.store.kind import Kind
from iamd.store.kinds import event_data_stores, reports, trails

_ADDED, _CHANGED, _REMOVED = "added", "changed", "removed"
# What the server notes of its own work: deliveries of trails, queries, reports.
_OWN_WORK: tuple[Kind[Any], ...] = (
    *(trails.TRAIL_DELIVERIES, trails.DIGEST_CHAINS, trails.DIGEST_KEYS),
    event_data_stores.EVENT_QUERIES,
    *reports.KINDS,
)
_NOTES = frozenset(kind.name for kind in _OWN_WORK)
# What a record belongs to, by the field that has its id.
_OWNERS = ("owner_id", "user_id", "group_id", "policy_id", "role_id")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many revisions, and of which account."""
    parser.add_argument("-n", dest="limit", type=int, default=20, metavar="N", help="the last so many (default: 20)")
    parser.add_argument("--all", action="store_true", help="what the server notes of its own work, too")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """List the last revisions of an account, oldest first: when each was made, and what it changed."""
    found = in_account(args, lambda store, account_id: _revisions(store, account_id, args.limit, args.all))
    for revision in reversed(found):
        if args.json:
            sys.stdout.write(json.dumps(revision) + "\n")
        else:
            sys.stdout.write(f"{revision['revision']}  {revision['time']}  {'; '.join(revision['changes'])}\n")
    return 0 if found else 1


async def _revisions(store: Store, account_id: str, limit: int, with_notes: bool) -> list[dict[str, Any]]:
    """The last revisions, newest first."""
    looked_at = limit
    while True:
        image = await store.past(account_id, datetime.now(UTC))
        behind = max(0, image.revision - looked_at)
        told = []
        for number, group in groupby(await store.history(account_id, behind), key=lambda each: each.revision):
            steps = list(group)
            changes = list(_changes(image, steps))
            if with_notes or any(step.kind not in _NOTES for step in steps):
                told.append({"revision": number, "time": _when(steps[0].time), "changes": changes})
        if len(told) >= limit or not behind:
            return told[:limit]
        looked_at *= 4


def _changes(image: Records, steps: list[Replaced]) -> Iterator[str]:
    """What a revision changed, told on the image as it stood then, which is taken back to the one before."""
    for step in steps:
        after = image.collection(step.kind).get(step.key)
        name = _name(image, step, after)
        rewind(image, [step])
        before = image.collection(step.kind).get(step.key)
        verb = _ADDED if before is None else _REMOVED if after is None else _CHANGED
        yield f"{step.kind.replace('_', ' ')} {name or _name(image, step, before)} {verb}"


def _name(image: Records, step: Replaced, record: Any) -> str:
    """What people call a record; empty for none."""
    if record is None:
        return ""
    own = str(getattr(record, "name", "") or getattr(record, "policy_arn", "") or step.key)
    for field in _OWNERS:
        owner_id = getattr(record, field, None)
        for kind in (image.users, image.roles, image.groups, image.policies):
            owner = kind.get(owner_id) if owner_id else None
            if owner is not None:
                return f"{own} of {owner.name}" if own != step.key else owner.name
    return own


def _when(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")

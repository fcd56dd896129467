"""Points in the past of a data directory: a revision, or a time."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from iamd.cli import Failure
from iamd.cli.times import point_in_time
from iamd.store import Records, Store
from iamd.store.interface import When

_REVISION = re.compile(r"(?:(\d{12})@)?(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """When; where that is a revision, of which account (None: of the only one)."""

    when: When
    account_id: str | None = None


def moment(text: str) -> Moment:
    """A revision (42, or 111122223333@42), or a time. Raises ArgumentTypeError."""
    revision = _REVISION.fullmatch(text)
    if revision:
        return Moment(int(revision[2]), revision[1])
    return Moment(datetime.now(UTC) if text == "now" else point_in_time(text))


def add_as_of(parser: argparse.ArgumentParser) -> None:
    """Add when it is asked about."""
    parser.add_argument(
        "--as-of",
        type=moment,
        metavar="WHEN",
        help="as things stood at a revision (42, or ACCOUNT@42 where there are several accounts) or a time (ISO 8601 in "
        "UTC, or so long ago: 30m, 2h, 7d)",
    )


async def images(store: Store, at: Moment | None = None) -> dict[str, Records]:
    """The records of every account that there was then (None: that there is), by account. Raises Failure, StoreError.

    Revisions are an account's own: the others are as they stood when that account reached it.
    """
    ids = store.account_ids()
    if at is None:
        return {account_id: await store.load(account_id) for account_id in ids}
    if isinstance(at.when, datetime):
        found = {account_id: await store.past(account_id, at.when) for account_id in ids}
    else:
        found = await _at_revision(store, ids, at.account_id, at.when)
    return {account_id: records for account_id, records in found.items() if records.accounts}


async def _at_revision(store: Store, ids: list[str], account_id: str | None, revision: int) -> dict[str, Records]:
    if account_id is None and len(ids) > 1:
        raise Failure(f"whose revision? Write ACCOUNT@{revision}, one of {', '.join(ids)}")
    chosen = account_id or ids[0]
    if chosen not in ids:
        raise Failure(f"there is no account {chosen}")
    own = {chosen: await store.past(chosen, revision)}
    others = [each for each in ids if each != chosen]
    if not others:
        return own
    reached = [each.time for each in await store.history(chosen, revision - 1) if each.revision == revision]
    if not reached:
        raise Failure(f"when account {chosen} reached revision {revision} is no longer known: name a time")
    return own | {each: await store.past(each, reached[0]) for each in others}

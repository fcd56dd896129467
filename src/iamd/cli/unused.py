"""`iamd unused`."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from iamd.audit.identity import iso
from iamd.cli import Failure
from iamd.cli.access import usage
from iamd.cli.access.usage import Deeds, Excess, Unused
from iamd.cli.place import add_place, in_store, place
from iamd.cli.progress import progress
from iamd.cli.replaying.calls import Gathering
from iamd.cli.replaying.record import recorded, uncollected
from iamd.cli.tree import ASIDE, Node, Paper
from iamd.store import Records, Store
from iamd.store.rows import moment

_NAMED = 12  # services or actions that are told by name; of more, how many


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Since when, in which account, and where the data are."""
    parser.add_argument("--days", type=int, default=90, metavar="N", help="unused for so many days (default: 90)")
    parser.add_argument("--account", metavar="ID", help="only in this account")
    add_place(parser)


@dataclass(frozen=True, slots=True)
class Report:
    """What an account has that was not used; the record tells of what happened from `known` on."""

    account_id: str
    since: datetime
    known: datetime | None
    unused: tuple[Unused, ...]
    excess: tuple[Excess, ...]


def command(args: argparse.Namespace) -> int:
    """List what nobody used, and the policies that would be enough; 1 when there is anything."""
    if args.days < 1:
        raise Failure("--days: at least 1")
    since = datetime.now(UTC) - timedelta(days=args.days)
    with uncollected():
        reports = in_store(place(args), lambda store: _reports(args, store, since))
    if args.json:
        print(json.dumps({"since": iso(since), "accounts": [_told(report) for report in reports]}))
    else:
        for report in reports:
            _write(Paper(sys.stdout), report)
    return 1 if any(report.unused or report.excess for report in reports) else 0


async def _reports(args: argparse.Namespace, store: Store, since: datetime) -> list[Report]:
    there = store.account_ids()
    if args.account is not None and args.account not in there:
        raise Failure(f"there is no account {args.account}")
    return [await _report(store, account_id, since) for account_id in ([args.account] if args.account else there)]


async def _report(store: Store, account_id: str, since: datetime) -> Report:
    records = await store.load(account_id)
    first = await store.runs_behind(0, 1)
    done: dict[str, Deeds] = {}
    async for calls in recorded(Gathering(), store, [account_id], since, None):
        usage.add_deeds(done, calls)

    def last_used(subject: str) -> datetime | None:
        found = store.last_used(account_id, subject)
        return None if found is None else found.time

    unused = (
        *usage.principals(records, last_used, done, since),
        *usage.credentials(records, last_used, since),
        *usage.policies(records, done, since),
    )
    return Report(account_id, since, moment(first[0].start) if first else None, unused, tuple(_excesses(records, done)))


def _excesses(records: Records, done: dict[str, Deeds]) -> Iterator[Excess]:
    entities = [*records.users.sorted(), *records.roles.sorted()]
    for entity in progress(entities, len(entities), "principals looked at"):
        found = usage.excess(records, entity, done)
        if found is not None:
            yield found


def _told(report: Report) -> dict[str, object]:
    return {
        "account": report.account_id,
        "recordSince": None if report.known is None else iso(report.known),
        "unused": [
            {
                "kind": each.kind,
                "name": each.name,
                "created": iso(each.created),
                "lastUsed": None if each.last_used is None else iso(each.last_used),
                **({"why": each.why} if each.why else {}),
            }
            for each in report.unused
        ],
        "permissions": [
            {
                "principal": each.principal,
                "services": list(each.services),
                "actions": list(each.actions),
                "policy": each.policy,
            }
            for each in report.excess
        ],
    }


def _write(paper: Paper, report: Report) -> None:
    paper.title(f"Account {report.account_id}, since {iso(report.since)}")
    if report.known is None or report.known > report.since:
        begins = "is empty" if report.known is None else f"begins at {iso(report.known)}"
        paper.line(f"The record {begins}: what was used before that is not known.", ASIDE)
    for kind in dict.fromkeys(each.kind for each in report.unused):
        own = [each for each in report.unused if each.kind == kind]
        paper.line()
        paper.title(f"{_plural(kind).capitalize()} that nobody used: {len(own)}")
        paper.tree([Node(f"{each.name}, {_when(each)}") for each in own])
    for each in report.excess:
        paper.line()
        paper.title(f"{each.principal} may do more than it did")
        paper.tree([*_named("services", each.services), *_named("actions", each.actions)])
        policy = "nothing it did needs a policy" if each.policy is None else json.dumps(each.policy)
        paper.line(f"What it did takes: {policy}")
    if not report.unused and not report.excess:
        paper.line("Everything was used.")


def _plural(kind: str) -> str:
    return "policies" if kind == "policy" else f"{kind}s"


def _when(unused: Unused) -> str:
    if unused.why:
        return unused.why
    return "never used" if unused.last_used is None else f"last used {iso(unused.last_used)}"


def _named(what: str, names: tuple[str, ...]) -> list[Node]:
    if not names:
        return []
    shown = ", ".join(names) if len(names) <= _NAMED else f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return [Node(f"{len(names)} {what} not used: {shown}")]

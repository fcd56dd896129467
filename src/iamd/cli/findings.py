"""`iamd findings`."""

import argparse
import json
import re

import msgspec

from iamd.audit.detections.finding import LEVELS, Finding
from iamd.audit.identity import iso
from iamd.cli import Failure
from iamd.cli.stored_account import add_account, in_account
from iamd.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which findings, what to do with them, and where the data are."""
    parser.add_argument(
        "action", nargs="?", choices=["list", "archive", "unarchive"], default="list", help="what to do"
    )
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help="archive, unarchive: the findings' ids, or their beginnings"
    )
    parser.add_argument("--severity", choices=list(LEVELS), default="low", help="list: those at least as severe")
    parser.add_argument("--type", metavar="TYPE", help="list: those of that type, or whose type has that in it")
    parser.add_argument("--archived", action="store_true", help="list: those that were archived, too")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """List findings, last seen first, as text or in GuardDuty's format, or archive some; 1 when any is listed."""
    if (args.action == "list") == bool(args.ids):
        raise Failure("name the findings to archive or unarchive by their ids, and nothing to list them")
    return in_account(args, lambda store, account_id: _done(args, store, account_id))


async def _done(args: argparse.Namespace, store: Store, account_id: str) -> int:
    kept = [
        msgspec.structs.replace(msgspec.msgpack.decode(each.content, type=Finding), archived=each.archived)
        for each in await store.findings(account_id)
    ]
    if args.action == "list":
        return _list(args, kept)
    for given in args.ids:
        named = [finding for finding in kept if finding.id.startswith(given)]
        if len(named) != 1:
            raise Failure(f"there is no finding {given}" if not named else f"{given} begins several findings' ids")
        await store.archive_finding(account_id, named[0].id, args.action == "archive")
    return 0


def _list(args: argparse.Namespace, kept: list[Finding]) -> int:
    shown = [
        finding
        for finding in kept
        if (args.archived or not finding.archived)
        and finding.severity >= LEVELS[args.severity]
        and (args.type or "").lower() in finding.type.lower()
    ]
    if args.json:
        print(json.dumps([finding.document() for finding in shown], ensure_ascii=False))
    else:
        for finding in shown:
            _print(finding)
        if not shown:
            print("no findings")
    return 1 if shown else 0


def _print(finding: Finding) -> None:
    times = "once" if finding.count == 1 else f"{finding.count} times"
    lines = (
        f"{finding.level:<7} {finding.type}{' (archived)' if finding.archived else ''}",
        f"        {finding.description}",
        f"        {times}, last {iso(finding.last_seen)}; event {finding.event_id}; id {finding.id[:12]}",
    )
    for line in lines:  # what callers choose must not steer the terminal
        print(re.sub(r"[^ -~\u00a1-\U0010ffff]", "?", line))

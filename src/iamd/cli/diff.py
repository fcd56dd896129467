"""`iamd diff`."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.access.accounts import Accounts, assembled
from iamd.cli.access.differences import Difference, Differences
from iamd.cli.access.moments import Moment, images, moment
from iamd.cli.access.texts import texts, unified
from iamd.cli.place import add_place, in_store, place
from iamd.cli.progress import progress
from iamd.cli.tree import NO, YES, Node, Paper
from iamd.reference.pack import MissingData
from iamd.store import Store

_NAMED = 8  # actions that are told by name; of more, how many


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Between what, how much is told, and where the data are."""
    when = "a revision (42, or ACCOUNT@42 where there are several accounts) or a time (ISO 8601 in UTC, or so long ago: 2h)"
    parser.add_argument("before", type=moment, metavar="BEFORE", help=when)
    parser.add_argument("after", type=moment, nargs="?", metavar="AFTER", help="the same; default: now")
    parser.add_argument("--account", metavar="ID", help="principals and policies of that account alone")
    parser.add_argument("--text", action="store_true", help="tell the texts of policies that differ, too")
    parser.add_argument("--verbose", action="store_true", help="name every action")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Tell which principals gained or lost access to what; 1 when policies differ."""
    where = place(args)
    until = args.after or Moment(datetime.now(UTC))
    before, after = in_store(where, lambda store: _states(store, where.data_dir, args.before, until, args.account))
    try:
        compared = Differences(before, after, args.account)
    except MissingData as error:
        raise Failure(str(error)) from error
    found = [each for each in progress(compared, len(compared), "principals compared") if each is not None]
    changed = dict(unified(texts(before, args.account), texts(after, args.account)))
    if args.json:
        print(json.dumps({"principals": [_shown(each) for each in found], "texts": changed}))
    else:
        _write(Paper(sys.stdout), args, found, changed)
    return 1 if found or changed else 0


async def _states(
    store: Store, data_dir: Path, before: Moment, after: Moment, account_id: str | None
) -> tuple[Accounts, Accounts]:
    if account_id is not None and not store.has_account(account_id):
        raise Failure(f"there is no account {account_id}")
    old, new = await images(store, before), await images(store, after)
    return assembled(old, data_dir), assembled(new, data_dir)


def _shown(difference: Difference) -> dict[str, object]:
    def told(gained: bool) -> list[dict[str, object]]:
        return [
            {"action": each.action, "resources": list(each.resources), "before": each.before, "after": each.after}
            for each in difference.shifts
            if each.gained is gained
        ]

    return {"principal": difference.principal, "gained": told(True), "lost": told(False)}


def _write(paper: Paper, args: argparse.Namespace, found: list[Difference], changed: dict[str, list[str]]) -> None:
    if found:
        paper.tree([Node(each.principal, children=_lines(each, args.verbose)) for each in found])
    for name, lines in changed.items() if args.text else ():
        paper.line()
        paper.title(name)
        for line in lines[2:]:
            paper.line(line)
    if found and args.text:
        paper.line()
    paper.line(f"{len(found)} principals have other access, {len(changed)} texts differ")


def _lines(difference: Difference, verbose: bool) -> list[Node]:
    """What was gained, then what was lost; actions of a service together where all else is the same."""
    groups: dict[tuple[bool, str, tuple[str, ...], str | None, str | None], list[str]] = {}
    for each in sorted(difference.shifts, key=lambda shift: (not shift.gained, shift.action)):
        service, _, name = each.action.partition(":")
        groups.setdefault((each.gained, service, each.resources, each.before, each.after), []).append(name)
    nodes = []
    for (gained, service, resources, before, after), names in groups.items():
        many = len(names) > _NAMED and not verbose
        told = f"{len(names)} actions" if many else ", ".join(names)
        where = f"{service}: {told} on {', '.join(resources)}{_conditions(before, after)}"
        nodes.append(Node(where, YES if gained else NO))
    return nodes


def _conditions(before: str | None, after: str | None) -> str:
    if after:
        return f", {after}" + (f" (before {before or 'in any case'})" if before is not None else "")
    return f", where it was allowed {before}" if before else ""

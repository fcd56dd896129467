"""`iamd learn`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from iamd.analysis.learning import FEW
from iamd.audit.doings import Doings, doings
from iamd.cli import Failure
from iamd.cli.cloudtrail_doings import seen
from iamd.cli.stored_account import add_account, in_account
from iamd.cli.times import point_in_time


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose doings, of which time, and where the data are."""
    parser.add_argument("action", choices=["report"], help="the least policy of each principal")
    parser.add_argument("--principal", metavar="ARN", help="only this user or role: an ARN, or the name at its end")
    parser.add_argument(
        "--cloudtrail", type=Path, metavar="FOLDER", help="what CloudTrail's log files tell, in place of the record"
    )
    parser.add_argument(
        "--since", type=point_in_time, metavar="TIME", help="ISO 8601 in UTC, or so long ago: 30m, 2h, 7d"
    )
    parser.add_argument("--until", type=point_in_time, metavar="TIME", help="the same; default: now")
    parser.add_argument("--with-denied", action="store_true", help="allow what was refused, too")
    parser.add_argument(
        "--few", type=int, default=FEW, metavar="N", help=f"name so many resources one by one. Default: {FEW}."
    )
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="write a file for each principal there")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """Print or write the policies, also while the server runs; 1 when there is none."""

    def wanted(principal: str) -> bool:
        return args.principal in (None, principal, principal.rpartition("/")[2])

    found = _recorded(args, wanted) if args.cloudtrail is None else _delivered(args, wanted)
    policies = [(who, policy) for who in found if (policy := who.policy(args.few)) is not None]
    if args.to is not None:
        _write(args.to, policies)
    elif args.json:
        print(json.dumps([{"principal": who.principal, "calls": who.calls, "policy": it} for who, it in policies]))
    else:
        for who, policy in policies:
            print(f"{who.principal}, {who.calls} calls:\n{json.dumps(policy, indent=2)}\n")
    return 0 if policies else 1


def _recorded(args: argparse.Namespace, wanted: Callable[[str], bool]) -> list[Doings]:
    return in_account(
        args,
        lambda store, account_id: doings(
            store, account_id, since=args.since, until=args.until, with_denied=args.with_denied, wanted=wanted
        ),
    )


def _delivered(args: argparse.Namespace, wanted: Callable[[str], bool]) -> list[Doings]:
    """What the log files tell; calls that cannot be understood are named on standard error."""
    found = asyncio.run(seen(args.cloudtrail, args.since, args.until, args.with_denied, wanted))
    for name, calls in sorted(found.unknown.items()):
        print(f"iamd learn: {calls} calls of {name} are left out: what they needed is not known", file=sys.stderr)
    return [who for _, who in sorted(found.doings.items())]


def _write(folder: Path, policies: list[tuple[Doings, dict[str, object]]]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for who, policy in policies:
            kind, _, name = who.principal.rpartition(":")[2].partition("/")
            file = folder / f"{kind}-{name.replace('/', '-')}.json"
            file.write_text(json.dumps(policy, indent=2) + "\n", encoding="utf-8")
            print(f"{file}: {who.principal}, {who.calls} calls")
    except OSError as error:
        raise Failure(f"{folder}: {error.strerror}") from error

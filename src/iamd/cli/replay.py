"""`iamd replay`."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iamd.audit.identity import iso
from iamd.cli import Failure
from iamd.cli.place import add_place, place
from iamd.cli.policytests.run import usable_processors
from iamd.cli.replaying.flips import Flip
from iamd.cli.replaying.shares import Job, Replayed, Span, replayed
from iamd.cli.replaying.tries import Tried
from iamd.cli.times import point_in_time
from iamd.cli.tree import NO, YES, Node, Paper
from iamd.policy import Decision
from iamd.policy.wording import LAYERS
from iamd.store.rows import moment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The change, which calls, and where the data are."""
    parser.add_argument(
        "--change",
        type=Path,
        required=True,
        metavar="FILE",
        help="what would change, in YAML or JSON; - reads standard input",
    )
    parser.add_argument("--since", type=point_in_time, metavar="TIME", help="ISO 8601 in UTC, or so long ago: 2h, 30d")
    parser.add_argument("--until", type=point_in_time, metavar="TIME", help="the same; default: now")
    parser.add_argument(
        "--cloudtrail",
        type=Path,
        metavar="FOLDER",
        help="calls in CloudTrail's log files, of an account that was imported",
    )
    parser.add_argument("--account", metavar="ID", help="calls on record and changes of that account alone")
    parser.add_argument(
        "--organization",
        action="store_true",
        help="with --account: calls of all accounts of the organization that it manages",
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="processes at once (default: as many as processors)")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Tell which recorded calls, and which requests, the change would decide otherwise; 1 when there are any."""
    if args.account is not None and args.cloudtrail is not None:
        raise Failure("--account chooses among the accounts on record: --cloudtrail replays all calls of its files")
    if args.organization and args.account is None:
        raise Failure("--organization: name the account that manages it, with --account")
    given = sys.stdin.read() if str(args.change) == "-" else None
    job = Job(place(args), args.change, given, args.cloudtrail, args.account, args.organization, datetime.now(UTC))
    made = replayed(job, Span(args.since, args.until), args.jobs or usable_processors())
    flips = sorted(
        made.outcome.flips.values(), key=lambda flip: (flip.allowed, -flip.count, flip.principal, flip.action)
    )
    if args.json:
        print(json.dumps(_told(made, flips)))
    else:
        _write(Paper(sys.stdout), made, flips)
    return 1 if flips or any(each.before.allowed != each.after.allowed for each in made.tried) else 0


def _told(made: Replayed, flips: list[Flip]) -> dict[str, Any]:
    outcome, skipped = made.outcome, made.skipped
    return {
        "calls": outcome.calls,
        "touched": outcome.touched,
        "driftedBefore": outcome.drifted,
        "notDecided": {"noDecision": skipped.undecided, "strangers": skipped.strangers, **outcome.unknown},
        "flips": [_flip(flip) for flip in flips],
        "requests": [_tried(each) for each in made.tried],
    }


def _tried(tried: Tried) -> dict[str, Any]:
    wanted = tried.wanted
    return {
        "principal": tried.principal,
        "action": wanted.action,
        "resource": wanted.resource,
        "before": tried.before.effect.value,
        "after": tried.after.effect.value,
        **_settled(tried.after),
    }


def _settled(decision: Decision) -> dict[str, Any]:
    """What decides."""
    return {
        "settledBy": None if decision.layer is None else decision.layer.value,
        "statements": [{"policy": each.policy, "index": each.index, "sid": each.sid} for each in decision.statements],
    }


def _flip(flip: Flip) -> dict[str, Any]:
    decision = flip.decision
    return {
        "principal": flip.principal,
        "action": flip.action,
        "would": "allow" if flip.allowed else "deny",
        "calls": flip.count,
        "first": iso(moment(flip.first)),
        "last": iso(moment(flip.last)),
        "resources": flip.resources,
        "decision": decision.effect.value,
        **_settled(decision),
        "eventId": flip.sample,
    }


def _write(paper: Paper, made: Replayed, flips: list[Flip]) -> None:
    for allowed, word in ((False, "denied"), (True, "allowed")):
        own = [flip for flip in flips if flip.allowed is allowed]
        if own:
            paper.title(f"{_counted(sum(flip.count for flip in own), 'recorded call')} would be {word}")
            paper.tree([_principal(name, group) for name, group in _by_principal(own).items()])
    if made.tried:
        paper.title(_counted(len(made.tried), "request") + " tried")
        paper.tree([_try(each) for each in made.tried])
    outcome, skipped = made.outcome, made.skipped
    told = [f"{_counted(outcome.calls, 'call')} replayed", f"{outcome.touched} under policies that change"]
    told += [f"{outcome.drifted} decided otherwise today already"] if outcome.drifted else []
    told += [f"{count} not decided: {why}" for why, count in outcome.unknown.items()]
    told += [f"{skipped.undecided} whose decision is not known"] if skipped.undecided else []
    told += [f"{skipped.strangers} by others than principals of accounts left out"] if skipped.strangers else []
    paper.line(", ".join(told))


def _by_principal(flips: list[Flip]) -> dict[str, list[Flip]]:
    groups: dict[str, list[Flip]] = {}
    for flip in flips:
        groups.setdefault(flip.principal, []).append(flip)
    return groups


def _principal(name: str, flips: list[Flip]) -> Node:
    return Node(name, YES if flips[0].allowed else NO, [Node(_line(flip)) for flip in flips])


def _line(flip: Flip) -> str:
    """What would flip, how often it was called, and why."""
    where = "" if flip.resources == ["*"] else f" on {', '.join(flip.resources)}"
    return f"{flip.action}{where}: {_counted(flip.count, 'call')}, last {iso(moment(flip.last))}; {_why(flip.decision)}"


def _try(tried: Tried) -> Node:
    """A request that was tried: what is decided, whether that is new, and why."""
    word, before = ("allowed" if each.allowed else "denied" for each in (tried.after, tried.before))
    now = f"{word}, as it is now" if word == before else f"{word} instead of {before}"
    wanted = tried.wanted
    where = "" if wanted.resource == "*" else f" on {wanted.resource}"
    told = f"{tried.principal}: {wanted.action}{where}: {now}; {_why(tried.after)}"
    return Node(told, YES if tried.after.allowed else NO)


def _why(decision: Decision) -> str:
    if decision.layer is None:
        return "no policy has to be asked"
    if not decision.statements:
        return f"nothing allows it in the {LAYERS[decision.layer]}"
    grant = decision.statements[0]
    statement = f"statement {grant.sid or grant.index + 1} of {grant.policy}"
    return f"{statement} {'allows' if decision.allowed else 'denies'} it"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""`iamd audit`."""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from iamd.audit import record_of
from iamd.audit.lookup import sought, summary, terms
from iamd.audit.search import events_behind, search
from iamd.audit.verification import Finding, verify
from iamd.cli import Failure
from iamd.cli.stored_account import add_account, in_account
from iamd.cli.times import point_in_time
from iamd.store import Store
from iamd.store.interface import Recorded, Window

PAGE = 1_000
POLL = 0.5  # seconds
_ATTRIBUTES = {
    "user": ("Username", "who called: a user's name, root, or the name of a session"),
    "name": ("EventName", "the operation: CreateUser"),
    "source": ("EventSource", "the service: iam.amazonaws.com"),
    "key": ("AccessKeyId", "the access key that signed"),
    "resource": ("ResourceName", "name, ARN or id of what it was about"),
    "type": ("ResourceType", "its type: AWS::IAM::User"),
    "id": ("EventId", "the event's id"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, which events, and where the data are."""
    parser.add_argument(
        "action", choices=["tail", "search", "verify"], help="the newest events, or all, or check files"
    )
    parser.add_argument("bucket", nargs="?", type=Path, metavar="BUCKET", help="verify: the folder that is the bucket")
    group = parser.add_argument_group("events")
    for flag, (attribute, doc) in _ATTRIBUTES.items():
        group.add_argument(f"--{flag}", dest=attribute, metavar=flag.upper(), help=doc)
    group.add_argument(
        "--error", metavar="CODE", help="those that failed so: AccessDenied; or any, for all that failed"
    )
    group.add_argument("--writes", action="store_true", help="no reads")
    group.add_argument(
        "--since", type=point_in_time, metavar="TIME", help="ISO 8601 in UTC, or so long ago: 30m, 2h, 7d"
    )
    group.add_argument("--until", type=point_in_time, metavar="TIME", help="the same; default: now")
    group.add_argument("-n", dest="limit", type=int, metavar="N", help="at most so many; default: tail 10, search 100")
    group.add_argument("--follow", action="store_true", help="tail: go on as events come in")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """Print events, oldest first, or verify log files; also while the server runs."""
    if (args.action == "verify") != (args.bucket is not None):
        raise Failure("verify needs the folder of a bucket, and nothing else does")
    if args.follow and args.action != "tail":
        raise Failure("only tail can follow")
    if args.action == "verify":
        return in_account(args, lambda store, account_id: _verify(args, store, account_id))
    found = in_account(args, lambda store, account_id: _print_events(args, store, account_id))
    return 0 if found else 1


async def _print_events(args: argparse.Namespace, store: Store, account_id: str) -> bool:
    """Whether there was any."""
    wanted = {name: getattr(args, name) for name, _ in _ATTRIBUTES.values() if getattr(args, name)}
    if args.writes:
        wanted["ReadOnly"] = "false"
    limit = args.limit or (10 if args.action == "tail" else 100)
    position = await store.last_event()
    window = Window(account_id, args.since, args.until, limit=min(PAGE, limit) if not args.error else PAGE)
    newest: list[Recorded] = []
    async for event in search(store, window, wanted, _failed(args.error)):
        newest.append(event)
        if len(newest) == limit:
            break
    for event in reversed(newest):
        _print(args, event)
    if args.follow:
        fits = _fitting(account_id, wanted, _failed(args.error))
        async for event in following(store, position, fits):
            _print(args, event)
            sys.stdout.flush()
    return bool(newest)


def _failed(code: str | None) -> Callable[[Recorded], bool]:
    """Whether an event failed with that code, or at all; all events do, when none is asked for."""
    if code is None:
        return lambda event: True
    if code == "any":
        return lambda event: "errorCode" in record_of(event)
    return lambda event: record_of(event).get("errorCode") == code


def _fitting(
    account_id: str, wanted: Mapping[str, str], fits: Callable[[Recorded], bool]
) -> Callable[[Recorded], bool]:
    needed = {sought(name, value).text for name, value in wanted.items() if name != "EventId"}
    id = wanted.get("EventId")
    return lambda event: (
        event.account_id == account_id
        and (id is None or event.event_id == id)
        and needed.issubset(terms(event))
        and fits(event)
    )


async def following(store: Store, position: int, fits: Callable[[Recorded], bool]) -> AsyncIterator[Recorded]:
    """The events that fit behind that position, as they come in; for ever."""
    while True:
        while page := await events_behind(store, position, PAGE):
            for event in page:
                if fits(event):
                    yield event
            position = page[-1].position
        await asyncio.sleep(POLL)


def _print(args: argparse.Namespace, event: Recorded) -> None:
    record = record_of(event)
    if args.json:
        print(json.dumps(record, ensure_ascii=False))
        return
    told = summary(event)
    about = next((name for _, name in told.resources), "")
    outcome = record.get("errorCode", "ok")
    who = told.username or record["userIdentity"].get("accountId", "-")
    line = (
        record["eventTime"],
        record["sourceIPAddress"] or "-",
        who,
        told.source.partition(".")[0],
        told.name,
        outcome,
    )
    # What callers choose must not steer the terminal.
    print(re.sub(r"[^ -~\u00a1-\U0010ffff]", "?", "  ".join((*line, about)).rstrip()))


async def _verify(args: argparse.Namespace, store: Store, account_id: str) -> int:
    bucket: Path = args.bucket
    if not bucket.is_dir():
        raise Failure(f"{bucket} is no folder")
    keys = {key.id: key.public for key in (await store.load(account_id)).digest_keys}
    findings = list(verify(bucket.resolve(), account_id, keys))
    wrong = [finding for finding in findings if finding.problem]
    if args.json:
        told = [{"kind": f.kind, "file": f.file, "verified": f.verified, "problem": f.problem} for f in findings]
        print(json.dumps(told))
    else:
        for finding in wrong:
            print(f"{finding.kind} {finding.file}: INVALID: {finding.problem}")
        _print_counts(findings)
    if not findings:
        raise Failure(f"there are no files of account {account_id} in {bucket}")
    return 1 if wrong else 0


def _print_counts(findings: list[Finding]) -> None:
    for kind in ("digest", "log"):
        own = [finding for finding in findings if finding.kind == kind]
        print(f"{sum(finding.verified for finding in own)} of {len(own)} {kind} files verified")
    unnamed = sum(not finding.verified and not finding.problem for finding in findings)
    if unnamed:
        print(f"{unnamed} log files are in no digest: the next one names those of its hour")

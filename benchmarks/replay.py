"""Recorded calls decided again under changed policies, beside the engine alone deciding each of them.

Run: python -m benchmarks.replay; EVENTS=2000000 for more of them. The account has 500 users with policies of a hundred
statements; the change adds a denial to every user, which is about half of the calls. `alike` calls repeat actions,
resources and places, as programs' do; `unlike` ones are each on a resource of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.events import shape
from iamd.caller.caller import Caller, CallerKind
from iamd.cli.place import Place
from iamd.cli.replaying.shares import Job, Span, replayed
from iamd.guard.ask import Ask
from iamd.guard.context import principal_context, request_context
from iamd.guard.gather import take
from iamd.policy import Request, decide
from iamd.store import Change, Records, Store
from iamd.store.interface import Group
from iamd.store.opening import MASTER_KEY_FILE
from iamd.store.records import Account, InlinePolicy, User
from iamd.store.waiting import Kept

ACCOUNT = "123456789012"
START = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS = int(os.environ.get("EVENTS", "500000"))
USERS, ACTIONS, PLACES = 500, 24, 4
TARGET, CORES = 100_000, 2  # calls a second, on so many cores


def policy() -> str:
    statements = [
        {
            "Sid": f"S{n}",
            "Effect": "Allow",
            "Action": [f"svc{n % 10}:Do{n % ACTIONS}"],
            "Resource": f"arn:aws:svc{n % 10}:::r/*",
        }
        for n in range(99)
    ]
    last = {
        "Effect": "Allow",
        "Action": "iam:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements, last]})


def user(number: int) -> User:
    return User(ACCOUNT, f"AIDA{number:017}", f"user{number}", "/", START)


def caller(number: int) -> Caller:
    who = user(number)
    return Caller(CallerKind.USER, ACCOUNT, who.id, who.name, who.arn, who.arn, who.id, f"AKIA{number:016}")


def people(change: Change) -> None:
    records = change.create(ACCOUNT)
    records.accounts.add(Account(ACCOUNT, START))
    for number in range(USERS):
        records.users.add(user(number))
        records.inline.add(InlinePolicy(ACCOUNT, user(number).id, "own", policy()))


def asked(records: Records, number: int, alike: bool) -> tuple[Caller, Ask, str]:
    """The call of that number: who, what, and from where."""
    who, ip = caller(number * 7919 % USERS), f"192.0.2.{number % PLACES}"
    resource = f"arn:aws:iam::{ACCOUNT}:user/{'x' if alike else 'team/'}{number % 50 if alike else number}"
    context = {**principal_context(who, records), **request_context(who, START, ip, True, "Boto3/1.44.5", "us-east-1")}
    context |= {"aws:resourceaccount": ACCOUNT, "aws:resourcetag/team": "red"}
    return (
        who,
        Ask(f"iam:{'Get' if number % 2 else 'List'}Thing{number % ACTIONS}", resource, ACCOUNT, context=context),
        ip,
    )


def kept(records: Records, number: int, alike: bool) -> Kept:
    who, ask, ip = asked(records, number, alike)
    told = shape(who, ask.action.partition(":")[2], [ask], ip)
    return Kept(told, START + timedelta(seconds=number // 50), f"{number:036}")


async def fill(store: Store, alike: bool) -> Records:
    await store.write(people)
    records = await store.load(ACCOUNT)
    for start in range(0, EVENTS, 20_000):
        made = [kept(records, number, alike) for number in range(start, min(start + 20_000, EVENTS))]
        await store._database.commit(Group(kept=made))
    return records


def change_file(folder: Path) -> Path:
    denial = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:Get*", "Resource": "*"}}
    arn = f"arn:aws:iam::{ACCOUNT}:policy/no"
    calls: list[dict[str, object]] = [{"iam:CreatePolicy": {"PolicyName": "no", "PolicyDocument": denial}}]
    calls += [{"iam:AttachUserPolicy": {"UserName": f"user{n}", "PolicyArn": arn}} for n in range(USERS)]
    file = folder / "change.json"
    file.write_text(json.dumps({"changes": calls}))
    return file


def engine_alone(records: Records, alike: bool) -> float:
    """CPU seconds that the engine would take to decide every call once, on requests that are there already."""
    layers = {number: take(caller(number), records).layers for number in range(USERS)}
    number_of = {caller(number).id: number for number in range(USERS)}
    made = []
    for at in range(20_000):
        who, ask, _ = asked(records, at, alike)
        snapshot = take(who, records)
        made.append(
            (Request(snapshot.principal, ask.action, ask.resource, ACCOUNT, ask.context), layers[number_of[who.id]])
        )
    for request, own in made:
        decide(request, own)
    before = process_time()
    for request, own in made:
        decide(request, own)
    return (process_time() - before) * EVENTS / len(made)


async def prepare(folder: Path, alike: bool) -> float:
    """Fill a data directory; returns what the engine alone takes."""
    store = Store.open_sqlite(folder)
    await store.start()
    try:
        return engine_alone(await fill(store, alike), alike)
    finally:
        await store.close()


def cpu() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def run(folder: Path, alike: bool) -> None:
    alone = asyncio.run(prepare(folder, alike))
    job = Job(
        place=Place(folder, folder / MASTER_KEY_FILE),
        change=change_file(folder),
        given=None,
        cloudtrail=None,
        account_id=None,
        organization=False,
        now=datetime.now(UTC),
    )
    started, spent = perf_counter(), cpu()
    outcome = replayed(job, Span(), CORES).outcome
    took, spent = perf_counter() - started, cpu() - spent
    if outcome.calls != EVENTS:
        raise RuntimeError(f"{outcome.calls} calls were replayed")
    flipped, rate = sum(flip.count for flip in outcome.flips.values()), EVENTS / spent * CORES
    verdict = "met" if rate >= TARGET else "MISSED"
    print(
        f"  {'alike' if alike else 'unlike':6} {EVENTS:,} calls, {flipped:,} flip: {rate:,.0f} calls a second on "
        f"{CORES} cores by their CPU time (target {TARGET:,}: {verdict}), {EVENTS / took:,.0f} by the clock, all that it "
        f"takes to start included; {spent / alone:.1f} times what the engine alone takes to decide each call once"
    )


def main() -> None:
    for alike in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder), alike)


if __name__ == "__main__":
    main()

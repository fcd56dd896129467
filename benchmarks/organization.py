"""What an organization costs: a decision deep in it beside one of an account that is in none, a change of its structure,
its loading after a restart, and new accounts a second.

1,000 accounts in 50 units, ten branches five deep; three service control policies on the root, every unit and every
account. New accounts are made by CreateAccount on SQLite, durably, one after the other and 16 at a time.

Run: python -m benchmarks organization
"""

from __future__ import annotations

import asyncio
import functools
import json
import tempfile
import time
from math import inf
from pathlib import Path
from typing import Any

from iamd.caller.caller import Caller, CallerKind
from iamd.caller.tokens import TokenKeys
from iamd.server.clock import now
from iamd.services import invocation
from iamd.services.call import Call, Realm
from iamd.services.catalogue import APIS
from iamd.store import Change, Store
from iamd.store.kinds.organizations import Member, Organization, OrganizationPolicy, PolicyAttachment, Unit
from iamd.store.records import Account, InlinePolicy, User

MANAGEMENT, LONE, ORGANIZATION, ROOT = "100000000000", "200000000000", "o-benchmark00", "r-root"
ACCOUNTS, BRANCHES, DEPTH, ROUNDS, CALLS = 1000, 10, 5, 30, 1000
CREATED, AT_ONCE = 64, 16
DECISION, LOADING, CREATION = 1.3, 1.0, 50  # at most, at most, at least


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(action: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


REGIONS = {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "us-east-1"]}}
ROOT_USER = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
CONTROLS = (
    policy({"Effect": "Allow", "Action": "*", "Resource": "*"}),
    policy(deny(["cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "organizations:LeaveOrganization"])),
    policy(deny(["ec2:*", "s3:*", "lambda:*"], Condition=REGIONS), deny("s3:*", Condition=ROOT_USER)),
)
OWN = policy({"Effect": "Allow", "Action": "iam:*", "Resource": "*"})


def with_user(change: Change, account_id: str, organization: str | None) -> None:
    records = change.create(account_id)
    records.accounts.add(Account(account_id, now(), organization=organization))
    records.users.add(User(account_id, f"AIDA{account_id}", "ann", "/", now()))
    records.inline.add(InlinePolicy(account_id, f"AIDA{account_id}", "own", OWN))


def account_id(number: int) -> str:
    return f"{300000000000 + number}"


async def build(store: Store) -> None:
    """The organization, and an account that is in none."""

    def structure(change: Change) -> None:
        with_user(change, LONE, None)
        with_user(change, MANAGEMENT, MANAGEMENT)
        records = change.records(MANAGEMENT)
        records.organizations.add(
            Organization(MANAGEMENT, ORGANIZATION, ROOT, now(), policy_types=("SERVICE_CONTROL_POLICY",))
        )
        records.members.add(Member(MANAGEMENT, MANAGEMENT, ORGANIZATION, ROOT, "management", "", now(), "INVITED"))
        for number, content in enumerate(CONTROLS):
            of_type = ("SERVICE_CONTROL_POLICY", f"control{number}", "", content, now())
            records.organization_policies.add(OrganizationPolicy(MANAGEMENT, f"p-{number}", ORGANIZATION, *of_type))
        targets = [ROOT]
        for branch in range(BRANCHES):
            parent = ROOT
            for level in range(DEPTH):
                unit = f"ou-{branch}-{level}"
                records.units.add(Unit(MANAGEMENT, unit, ORGANIZATION, parent, unit, now()))
                parent = unit
                targets.append(unit)
        for number in range(ACCOUNTS):
            unit, id = f"ou-{number % BRANCHES}-{DEPTH - 1}", account_id(number)
            records.members.add(Member(MANAGEMENT, id, ORGANIZATION, unit, f"account {number}", "", now(), "CREATED"))
            targets.append(id)
        for target in targets:
            for number in range(len(CONTROLS)):
                records.policy_attachments.add(PolicyAttachment(MANAGEMENT, f"p-{number}", target, now()))

    await store.write(structure)
    for id in map(account_id, range(ACCOUNTS)):
        await store.write(functools.partial(with_user, account_id=id, organization=MANAGEMENT))


def call(realm: Realm, id: str, action: str, service: str = "iam", **params: Any) -> Call:
    """A call by an account's user."""
    arn = f"arn:aws:iam::{id}:user/ann"
    caller = Caller(CallerKind.USER, id, f"AIDA{id}", "ann", arn, arn, f"AIDA{id}", f"AKIA{id}")
    records = realm.records(id)
    if records is None:
        raise LookupError(id)
    operation = APIS[service].operations[action]
    return Call(operation, realm, caller, records, params, now(), "request", "127.0.0.1", agent="benchmark")


def decided(realm: Realm, *ids: str) -> list[float]:
    """Seconds that resolving and deciding one GetUser takes in each account, the best of rounds that take turns."""
    asked = [call(realm, id, "GetUser", user_name="ann") for id in ids]
    best = [inf] * len(ids)
    for _ in range(ROUNDS):
        for number, each in enumerate(asked):
            start = time.process_time()
            for _ in range(CALLS):
                invocation.permitted(each)
            best[number] = min(best[number], (time.process_time() - start) / CALLS)
    return best


async def after_change(realm: Realm) -> float:
    """Seconds that the first decision takes after the organization has changed."""

    def rename(change: Change) -> None:
        units = change.records(MANAGEMENT).units
        units.replace(units.get("ou-0-0"), name=f"unit {time.perf_counter()}")

    rounds = []
    for _ in range(ROUNDS):
        await realm.store.write(rename)
        asked = call(realm, account_id(0), "GetUser", user_name="ann")
        start = time.perf_counter()
        invocation.permitted(asked)
        rounds.append(time.perf_counter() - start)
    return sorted(rounds)[len(rounds) // 2]


async def create(realm: Realm, number: int) -> None:
    """One CreateAccount by the management account's root user."""
    arn = f"arn:aws:iam::{MANAGEMENT}:root"
    root = Caller(CallerKind.ROOT, MANAGEMENT, MANAGEMENT, "root", arn, arn, MANAGEMENT, "AKIAROOT")
    asked = call(
        realm,
        MANAGEMENT,
        "CreateAccount",
        "organizations",
        email=f"n{number}@example.com",
        account_name=f"new {number}",
    )
    asked.caller = root
    asked.prepared = await invocation.prepare(asked)

    def work(change: Change) -> None:
        asked.change, asked.records = change, change.records(MANAGEMENT)
        invocation.invoke(asked)

    await realm.store.write(work)


async def creations(realm: Realm, first: int, at_once: int) -> float:
    """New accounts a second."""
    start = time.perf_counter()
    for number in range(first, first + CREATED, at_once):
        await asyncio.gather(*(create(realm, each) for each in range(number, number + at_once)))
    return CREATED / (time.perf_counter() - start)


async def measure(folder: Path) -> None:
    store = Store.open_sqlite(folder)
    await store.start()
    await build(store)
    await store.close()
    start = time.perf_counter()
    store = Store.open_sqlite(folder)
    await store.start()
    await store.load(MANAGEMENT)
    loading = time.perf_counter() - start
    realm = Realm(store, store.sealer, TokenKeys(store.keyring.token_keys))
    for each in (LONE, account_id(0)):
        await store.load(each)
    lone, deep = decided(realm, LONE, account_id(0))
    print(f"decision, lone account                    {lone * 1e6:8.2f} µs")
    print(f"decision, seven levels of three SCPs      {deep * 1e6:8.2f} µs = {deep / lone:.2f} (at most {DECISION})")
    print(f"first decision after a change             {await after_change(realm) * 1e6:8.2f} µs")
    print(f"loading {ACCOUNTS} accounts in {BRANCHES * DEPTH} units       {loading:8.3f} s (at most {LOADING})")
    one, many = await creations(realm, 0, 1), await creations(realm, CREATED, AT_ONCE)
    print(f"CreateAccount, one after the other        {one:8.0f} a second (at least {CREATION})")
    print(f"CreateAccount, {AT_ONCE} at a time              {many:8.0f} a second")
    await store.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()

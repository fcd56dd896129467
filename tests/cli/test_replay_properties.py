"""What replay puts together, skips and remembers never changes what comes out: each call decided by itself says the same."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.audit.asked import Asked, SessionPolicies
from iamd.cli.access.accounts import assembled
from iamd.cli.replaying.calls import Asking, Calls
from iamd.cli.replaying.flips import Replay
from iamd.cli.replaying.worlds import World
from iamd.guard.askers import Asker, asker
from iamd.guard.context import epoch, iso
from iamd.policy import Decision
from iamd.store import Records
from iamd.store.records import Account, InlinePolicy, Role, User
from iamd.store.rows import micros, moment

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}:"
START = datetime(2026, 1, 1, tzinfo=UTC)
ACTIONS = ["iam:GetUser", "iam:ListUsers", "s3:GetObject", "kms:Decrypt", "sts:AssumeRole"]
RESOURCES = ["*", f"{IAM}user/ann", f"{IAM}user/x/ann", "arn:aws:s3:::b/ann/1", f"{IAM}role/ops"]
TRUST = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}

conditions = st.sampled_from(
    [
        {},
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/25"}},
        {"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}},
        {"StringEqualsIfExists": {"iam:ResourceTag/team": "red"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:01Z"}},
        {"Null": {"aws:PrincipalTag/team": "true"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}},
    ]
)
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Action": st.sampled_from(["*", "iam:*", "iam:Get*", *ACTIONS]),
        "Resource": st.sampled_from(["*", "*", f"{IAM}user/*", f"{IAM}user/${{aws:username}}", "arn:aws:s3:::b/*"]),
        "Condition": conditions,
    }
)
documents = st.lists(statements, min_size=1, max_size=3).map(
    lambda each: json.dumps({"Version": "2012-10-17", "Statement": each})
)
worlds = st.dictionaries(st.sampled_from(["AIDAANN", "AIDABOB", "AROAOPS"]), documents, max_size=3)
contexts = st.dictionaries(
    st.sampled_from(["aws:resourcetag/team", "aws:principaltag/team"]), st.sampled_from(["red", "blue"])
)
asks = st.builds(
    Asked,
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.just(ACCOUNT),
    st.one_of(contexts, st.just({"aws:tagkeys": ("a", "b")})),
)
POLICY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}})
ISSUER = {"type": "Role", "principalId": "AROAOPS", "arn": f"{IAM}role/ops", "accountId": ACCOUNT, "userName": "ops"}


def user(name: str, id: str) -> Asker:
    identity = {"type": "IAMUser", "principalId": id, "arn": f"{IAM}user/{name}", "userName": name}
    return known(identity | {"accountId": ACCOUNT}, None)


def session(key: str, policies: SessionPolicies | None) -> Asker:
    identity = {"type": "AssumedRole", "principalId": "AROAOPS:s", "accountId": ACCOUNT, "accessKeyId": key}
    identity |= {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/s", "sessionContext": {"sessionIssuer": ISSUER}}
    return known(identity, policies)


def known(identity: dict[str, Any], policies: SessionPolicies | None) -> Asker:
    found = asker(identity, policies, ACCOUNT, {})
    assert found is not None
    return found


ASKERS = [
    user("ann", "AIDAANN"),
    user("bob", "AIDABOB"),
    session("ASIA1", None),
    session("ASIA2", SessionPolicies(POLICY, ())),
]
askings = st.builds(
    Asking,
    st.sampled_from(ASKERS),
    st.just("us-east-1"),
    st.sampled_from(["192.0.2.1", "192.0.2.200"]),
    st.sampled_from(["", "boto3"]),
    st.booleans(),
    st.lists(asks, min_size=1, max_size=2).map(tuple),
)
times = st.lists(st.integers(0, 3_000_000), min_size=1, max_size=4)


def world(policies: dict[str, str]) -> World:
    records = Records(ACCOUNT)
    records.accounts.load(Account(ACCOUNT, START))
    for name, id in (("ann", "AIDAANN"), ("bob", "AIDABOB")):
        records.users.load(User(ACCOUNT, id, name, "/", START))
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    records.roles.load(Role(ACCOUNT, "AROAOPS", "ops", "/", START, trust))
    for id, document in policies.items():
        records.inline.load(InlinePolicy(ACCOUNT, id, "p", document))
    return World(assembled({ACCOUNT: records}, Path("nowhere")))


def alone(of: World, asking: Asking, asked: Asked, time: int) -> Decision:
    """One ask at one moment, decided on everything that is known of it."""
    when = moment(time)
    context = {
        **asking.asker.context,
        "aws:currenttime": iso(when),
        "aws:epochtime": epoch(when),
        "aws:sourceip": asking.ip,
        "aws:requestedregion": asking.region,
        "aws:resourceaccount": asked.account_id,
        **asked.context,
    }
    tags = {key.replace("aws:", "iam:", 1): value for key, value in asked.context.items() if "resourcetag" in key}
    return of.decide(asking.asker, asked, {**context, **tags})


@settings(max_examples=150, deadline=None)
@given(old=worlds, new=worlds, asked=st.lists(st.tuples(askings, times), max_size=8))
def test_each_call_by_itself_says_the_same(
    old: dict[str, str], new: dict[str, str], asked: list[tuple[Asking, list[int]]]
) -> None:
    before, after = world(old), world(new)
    calls = [Calls(each, False, array("q", [micros(START) + at for at in when]), "e") for each, when in asked]
    replay = Replay(before, after)
    replay.run(calls)
    expected: Counter[tuple[str, bool]] = Counter()
    for each in calls:
        for time in each.times:
            was, now = (
                all(alone(of, each.asking, ask, time).allowed for ask in each.asking.asked) for of in (before, after)
            )
            if was != now:
                expected[each.asking.asker.caller.principal_arn, now] += 1
    found: Counter[tuple[str, bool]] = Counter()
    for flip in replay.outcome.flips.values():
        found[flip.principal, flip.allowed] += flip.count
    assert found == expected

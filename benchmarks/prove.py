"""Comparing policies: 100 pairs of 10 statements each, a policy and its edited copy; then the same with patterns
that automata cannot follow, by the fallback.

The anchor is parsing and compiling the same policies, in the same run.
Run: python -m benchmarks.prove
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Sequence
from typing import Any

from iamd.analysis.symbolic import Access, Undecided, new_access, smt
from iamd.policy import Document, Kind, Policy
from iamd.policy.parse import read_document

PAIRS, STATEMENTS = 100, 10
MILLISECONDS, FALLBACK = 5, 25  # at most, the median
_SERVICES = {
    "s3": ("GetObject", "PutObject", "DeleteObject", "ListBucket", "Get*", "Put*", "*"),
    "dynamodb": ("GetItem", "PutItem", "Query", "Scan", "Batch*", "*"),
    "ec2": ("RunInstances", "StopInstances", "Describe*", "Create*", "*"),
    "lambda": ("InvokeFunction", "GetFunction", "List*", "*"),
    "sqs": ("SendMessage", "ReceiveMessage", "*"),
}
_RESOURCES = {
    "s3": (
        "arn:aws:s3:::{}-data/*",
        "arn:aws:s3:::{}-*/logs/*",
        "arn:aws:s3:::{}/${{aws:username}}/*",
        "arn:aws:s3:::*",
    ),
    "dynamodb": ("arn:aws:dynamodb:*:123456789012:table/{}", "arn:aws:dynamodb:eu-*:123456789012:table/{}-*"),
    "ec2": ("*", "arn:aws:ec2:*:123456789012:instance/*"),
    "lambda": ("arn:aws:lambda:eu-west-1:123456789012:function:{}-*", "arn:aws:lambda:*:123456789012:function:*"),
    "sqs": ("arn:aws:sqs:*:123456789012:{}-?ueue", "arn:aws:sqs:eu-west-1:123456789012:*"),
}
_CONDITIONS: tuple[dict[str, dict[str, Any]], ...] = (
    {},
    {},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}},
    {"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}},
    {"StringLike": {"aws:PrincipalTag/team": "r*"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
    {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
    {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
)


def statement(draw: random.Random) -> dict[str, Any]:
    service = draw.choice(list(_SERVICES))
    names = draw.sample(_SERVICES[service], draw.randint(1, 3))
    resources = {draw.choice(_RESOURCES[service]).format(draw.choice(("app", "web", "etl"))) for _ in range(2)}
    return {
        "Effect": "Deny" if draw.random() < 0.2 else "Allow",
        "Action": [f"{service}:{name}" for name in names],
        "Resource": sorted(resources),
        "Condition": draw.choice(_CONDITIONS),
    }


def edited(draw: random.Random, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with up to two statements exchanged, in another order."""
    kept = list(statements)
    for _ in range(draw.randint(0, 2)):
        kept[draw.randrange(len(kept))] = statement(draw)
    draw.shuffle(kept)
    return kept


def document(statements: list[dict[str, Any]]) -> Document:
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": statements}), Kind.IDENTITY)


def main() -> None:
    draw = random.Random(7)
    drawn = []
    for _ in range(PAIRS):
        listed = [statement(draw) for _ in range(STATEMENTS)]
        drawn.append((edited(draw, listed), listed))
    start = time.process_time()
    pairs = [(document(new), document(old)) for new, old in drawn]
    compiled = [Policy(each) for pair in pairs for each in pair]
    anchor = (time.process_time() - start) * 1000 / PAIRS
    new_access(Access.of(pairs[0][0]), Access.of(pairs[0][1]))  # reads the reference
    told = f"parsing and compiling the {len(compiled) // PAIRS} policies {anchor:.1f} ms"
    print(f"{PAIRS} comparisons of {STATEMENTS} statements: {_measured(pairs, MILLISECONDS)}; {told}")
    if smt.is_there():
        hard = [
            tuple(document([*each, hostile(number, side)]) for side, each in enumerate(pair))
            for number, pair in enumerate(drawn)
        ]
        print(f"the same with patterns beyond automata: {_measured(hard, FALLBACK)}")


def hostile(number: int, side: int) -> dict[str, Any]:
    """A statement that automata alone cannot compare with the other side's."""
    names = [f"arn:aws:s3:::p{number}-*a{'?' * (14 + 2 * at + side)}b*" for at in range(2)]
    return {"Effect": "Allow", "Action": "s3:GetObjectTagging", "Resource": names}


def _measured(pairs: Sequence[tuple[Document, ...]], most: int) -> str:
    costs, answers = [], {"yes": 0, "no": 0, "undecided": 0}
    for new, old in pairs:
        start = time.process_time()
        try:
            answer = "yes" if new_access(Access.of(new), Access.of(old)) is None else "no"
        except Undecided:
            answer = "undecided"
        costs.append((time.process_time() - start) * 1000)
        answers[answer] += 1
    told = ", ".join(f"{count} {name}" for name, count in answers.items())
    return (
        f"median {statistics.median(costs):.1f} ms (at most {most} ms), mean {statistics.mean(costs):.1f} ms, worst "
        f"{max(costs):.1f} ms; {told}"
    )


if __name__ == "__main__":
    main()

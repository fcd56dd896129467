"""What many unlike policies cost: the time to load them, and the memory to keep them, beside the JSON that they are.

    python -m benchmarks policies

`kept` counts every byte that is held after loading, texts apart: the compiled policies and what the engine's caches
hold of them. `ratio` is that and the texts' own objects, by the texts' characters; `as JSON` the same for the plain
lists and dictionaries that `json.loads` makes. Memory is traced on a part of them, for tracing is slow.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from benchmarks.decision_workload import identity
from iamd.policy import FORM, Kind, Policy
from iamd.policy.parse import quick_document
from iamd.reference import managed, services

LOADED = 100_000
TRACED = 20_000
BUCKET = "arn:aws:s3:::team-{}-data"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
TEAM = {"StringEquals": {"aws:PrincipalTag/team": "team-{}"}}
LONE: dict[str, dict[str, Any]] = {
    "everything on one": {"Action": "*", "Resource": "arn:aws:s3:::{}*"},
    "one object": {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::team-{}/key"},
    "a bucket": {"Action": ["s3:Get*", "s3:List*"], "Resource": [BUCKET, BUCKET + "/*"]},
    "a guard": {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "arn:aws:s3:::*-prod-{}/*", "Condition": MFA},
    "a team's": {"Action": "s3:Get*", "Resource": "*", "Condition": TEAM},
    "trust": {"Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::{}:root"}},
}


def lone(name: str, count: int) -> list[str]:
    """Documents of one statement, `{}` replaced by a number of twelve digits."""
    statement = {"Effect": "Allow", **LONE[name]}
    written = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return [written.replace("{}", f"{number:012}") for number in range(count)]


def listed(count: int) -> list[str]:
    """Documents of one statement about two of AWS's actions, which no other takes together."""
    names = [f"{prefix}:{action.name}" for prefix in services.prefixes() for action in _actions(prefix)]
    made = lone("one object", count)
    for at, text in enumerate(made):
        pair = [names[at % len(names)], names[(at * 7919 + at // len(names)) % len(names)]]
        made[at] = text.replace('"s3:GetObject"', json.dumps(pair))
    return made


def _actions(prefix: str) -> list[services.Action]:
    service = services.get(prefix)
    return [] if service is None else list(service.actions.values())


def compiled(text: str, kind: Kind) -> Policy:
    """What `load` makes, and keeps for a few thousand texts."""
    return Policy(quick_document(text, kind), lean=True)


def held(made: Callable[[str], object], texts: list[str]) -> int:
    """The bytes that the results hold, and what else stays."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = list(map(made, texts))
        gc.collect()
        return tracemalloc.get_traced_memory()[0] if kept else 0
    finally:
        tracemalloc.stop()


def row(name: str, texts: list[str], kind: Kind = Kind.IDENTITY) -> None:
    own, whole, count = sum(map(len, texts)), sum(map(sys.getsizeof, texts)), len(texts)
    ours, plain = held(lambda text: compiled(text, kind), texts), held(json.loads, texts)
    print(
        f"  {name:22}{count:8}{own / count:9.0f}{ours / count:9.0f}{(ours + whole) / own:8.2f}"
        f"{(plain + whole) / own:10.2f}"
    )


def memory() -> None:
    print(f"  {'iamd ' + FORM:22}{'policies':>8}{'text':>9}{'kept':>9}{'ratio':>8}{'as JSON':>10}")
    for name in LONE:
        row(name, lone(name, TRACED), Kind.TRUST if name == "trust" else Kind.IDENTITY)
    row("two actions", listed(LOADED))
    row("5 statements", [json.dumps(each) for each in identity(TRACED // 5, 5)])
    row("50 statements", [json.dumps(each) for each in identity(TRACED // 50, 50)])
    row("AWS managed", [each.document for each in managed.all()])


def loading() -> None:
    texts = [json.dumps(each) for each in identity(LOADED, 5)]
    took = []
    for made in (lambda text: compiled(text, Kind.IDENTITY), json.loads):
        started = time.process_time()
        kept = list(map(made, texts))
        took.append(time.process_time() - started)
        del kept
    print(
        f"  {LOADED} unlike policies of 5 statements loaded in {took[0]:.1f} s;"
        f" json.loads alone {took[1]:.1f} s, ratio {took[0] / took[1]:.1f}"
    )


def main() -> None:
    loading()
    memory()


if __name__ == "__main__":
    main()

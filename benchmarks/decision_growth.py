"""How a decision's cost grows: with the statements of one principal, and on the first use of an action after a change.

    python -m benchmarks decision_growth

The shapes take turns of fifty calls, and the quickest turn of each counts: what disturbs a machine only ever adds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from benchmarks.decision import SHAPES, Thunks, engine, layers_of
from benchmarks.decision_workload import ACCOUNT, USER, requests
from iamd.policy import FORM, Attached, Kind, Layers, Policy, Principal, Request, canonical_context, decide, parse

TURNS = 500
CALLS = 50
EVERYDAY = 1  # of the workload's requests


def quickest(thunks: Thunks, best: list[float]) -> None:
    for at, thunk in enumerate(thunks):
        started = time.process_time_ns()
        for _ in range(CALLS):
            thunk()
        best[at] = min(best[at], (time.process_time_ns() - started) / CALLS / 1000)


def flatness() -> None:
    shapes = [engine(requests(*shape)) for shape in SHAPES]
    best = [[float("inf")] * len(thunks) for thunks in shapes]
    for _ in range(TURNS):
        for thunks, found in zip(shapes, best, strict=True):
            quickest(thunks, found)
    print(f"{'statements':>12}{'typical us':>12}{'ratio':>8}{'mix us':>10}{'ratio':>8}    iamd {FORM}")
    for (policies, statements), found in zip(SHAPES, best, strict=True):
        typical, mix = found[EVERYDAY], sum(found) / len(found)
        ratio, mixed = typical / best[0][EVERYDAY], mix / (sum(best[0]) / len(best[0]))
        print(f"{policies * statements:12}{typical:12.2f}{ratio:8.2f}{mix:10.2f}{mixed:8.2f}")


def first_use(made: Callable[[], Layers], request: Request) -> float:
    """Microseconds of the quickest first decision under layers that were just made."""
    best = float("inf")
    for _ in range(TURNS):
        layers = made()
        started = time.process_time_ns()
        decide(request, layers)
        best = min(best, (time.process_time_ns() - started) / 1000)
    return best


def after_a_change() -> None:
    asked = requests(10, 50)[EVERYDAY]
    before = layers_of(asked)
    who = Principal.from_text(USER)
    request = Request(who, asked["action"], asked["resource"], ACCOUNT, canonical_context(asked["context"]))
    documents = [parse(json.dumps(each["document"]), Kind.IDENTITY) for each in asked["identityPolicies"]]

    def changed(count: int) -> Callable[[], Layers]:
        def made() -> Layers:
            new = [Attached("new", Policy(document)) for document in documents[:count]]
            return Layers((*new, *before.identity[count:]), before.boundaries, None, before.scps)

        return made

    for count in (0, 1, len(documents)):
        took = first_use(changed(count), request)
        print(f"first use of an action, 500 statements, {count} of 10 policies changed: {took:.0f} us")


def main() -> None:
    flatness()
    after_a_change()


if __name__ == "__main__":
    main()

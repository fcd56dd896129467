"""Documents and requests that are made to hurt: what the worst of them costs, beside an everyday policy.

    python -m benchmarks hostile

CPU time of loading, of the slowest of six decisions, and the most memory held on the way (traced in a run of its own,
for tracing is slow). The cases are those of `tests/policy/test_hostile.py`.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

from benchmarks.decision_workload import identity
from iamd.policy import FORM, Attached, Kind, Layers, MalformedPolicy, Principal, Request, decide, load
from tests.policy.test_hostile import BUCKET, CASES, REFUSED

WHO = Principal.from_text("arn:aws:iam::111122223333:user/alice")
CALLS = 6  # the index is made on the way


def costs(text: str, resource: str, context: dict[str, Any]) -> tuple[float, float]:
    """Milliseconds of loading, of the slowest decision."""
    load.clear()
    started = time.process_time()
    try:
        layers = Layers(identity=(Attached("p", load(text, Kind.IDENTITY)),))
    except MalformedPolicy:
        return (time.process_time() - started) * 1000, 0
    loaded, slowest = time.process_time(), 0.0
    for _ in range(CALLS):
        begun = time.process_time()
        decide(Request(WHO, "s3:GetObject", resource, context=context), layers)
        slowest = max(slowest, time.process_time() - begun)
    return (loaded - started) * 1000, slowest * 1000


def peak(text: str, resource: str, context: dict[str, Any]) -> float:
    """Megabytes beyond those of the text."""
    tracemalloc.start()
    try:
        costs(text, resource, context)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def main() -> None:
    everyday = json.dumps(identity(1, 5)[0])
    cases = {"an everyday policy": (everyday, BUCKET, {}), **CASES}
    cases |= {f"refused: {name}": (text, BUCKET, {}) for name, text in REFUSED.items()}
    print(f"  {'iamd ' + FORM:34}{'text KB':>9}{'load ms':>10}{'decision ms':>13}{'peak MB':>9}")
    for name, case in cases.items():
        loading, deciding = costs(*case)
        print(f"  {name:34}{len(case[0]) / 1000:9.0f}{loading:10.1f}{deciding:13.2f}{peak(*case):9.1f}")


if __name__ == "__main__":
    main()

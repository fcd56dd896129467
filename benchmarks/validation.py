"""Validating typical policies, with all findings: 100 identity policies of 5 statements.

The anchor is parsing and compiling the same policies, in the same run.
Run: python -m benchmarks.validation
"""

from __future__ import annotations

import json
import random
import statistics
import time

from benchmarks.prove import statement
from iamd.analysis.validation import validate
from iamd.policy import Kind, load

POLICIES, STATEMENTS, MILLISECONDS = 100, 5, 1


def main() -> None:
    draw = random.Random(7)
    texts = [
        json.dumps({"Version": "2012-10-17", "Statement": [statement(draw) for _ in range(STATEMENTS)]}, indent=2)
        for _ in range(POLICIES)
    ]
    for text in texts:
        validate(text, Kind.IDENTITY)  # reads the reference
    costs, found = [], 0
    for text in texts:
        start = time.process_time()
        found += len(validate(text, Kind.IDENTITY))
        costs.append((time.process_time() - start) * 1000)
    start = time.process_time()
    for text in texts:
        load(text, Kind.IDENTITY)
    anchor = (time.process_time() - start) * 1000 / POLICIES
    print(
        f"{POLICIES} policies of {STATEMENTS} statements: median {statistics.median(costs):.2f} ms (at most "
        f"{MILLISECONDS} ms), worst {max(costs):.2f} ms, {found} findings; parsing and compiling {anchor:.2f} ms"
    )


if __name__ == "__main__":
    main()

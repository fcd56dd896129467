"""`iamd evaluate --jsonl`: one request a line in, one decision a line out, in order.

A line that cannot be decided is answered with {"id", "error"}, and the rest goes on. The documents of a request are
evaluated as they are; whether AWS would store them is not asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, TextIO

from iamd.cli.requests import parse, read
from iamd.policy import MalformedPolicy, decide, explain


def run(lines_in: Iterable[str], out: TextIO, explain: bool = False) -> int:
    """Answer every line that is not blank, at once; 0 when all lines are answered, bad ones with their error."""
    for line in lines_in:
        if line.strip():
            out.write(json.dumps(_answer(line, explain)) + "\n")
            out.flush()
    return 0


def _answer(line: str, explained: bool) -> dict[str, Any]:
    id_: Any = None
    try:
        asked = parse(line)
        id_ = asked.get("id")
        request, layers = read(asked)
    except MalformedPolicy as error:
        return {"id": id_, "error": str(error.problems[0])}
    except (ValueError, RecursionError) as error:
        return {"id": id_, "error": str(error) or "the line is no JSON"}
    if not explained:
        return {"id": id_, "decision": decide(request, layers).effect.value}
    trace = explain(request, layers).to_json()
    return {"id": id_, "decision": trace["decision"], "trace": trace}


if __name__ == "__main__":
    sys.exit(run(sys.stdin, sys.stdout, "--explain" in sys.argv[1:]))

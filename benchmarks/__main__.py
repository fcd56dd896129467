"""Every benchmark in one run: `python -m benchmarks [NAME ...]`."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks

HELPERS = {
    "__main__",
    "estate",
    "decision_peers",
    "decision_workload",
    "events",
    "load",
    "million_decisions",
    "million_estate",
    "proxy",
    "rounds",
    "servers",
}


def main() -> None:
    names = sys.argv[1:] or sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in HELPERS)
    for name in names:
        print(f"== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()


main()

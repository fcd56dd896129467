"""How many machine instructions a forwarded GET takes in user space, by valgrind's callgrind: the same on a busy machine.

The requests pass as in `benchmarks.gateway_budget`. What callgrind found is left in `callgrind.out.gateway`, for
callgrind_annotate. Run: python -m benchmarks.gateway_instructions
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys

from benchmarks.gateway_budget import CLIENTS, prepared

WARM, ROUNDS = 20, 20
FOUND = "callgrind.out.gateway"


async def within() -> None:
    """Pass the requests, in a program that is counted."""
    async with prepared() as (bench, requests):
        bench.way(requests, WARM)
        switch("on")
        bench.way(requests, ROUNDS)
        switch("off")


def switch(to: str) -> None:
    """Begin or end to count."""
    subprocess.run(["callgrind_control", "-i", to, str(os.getpid())], stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    if "--within" in sys.argv:
        asyncio.run(within())
        return
    tool = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={FOUND}"]
    program = [sys.executable, "-m", "benchmarks.gateway_instructions", "--within"]
    told = subprocess.run([*tool, *program], stderr=subprocess.PIPE, text=True, check=True).stderr
    found = re.search(r"Collected : (\d+)", told)
    if found is None:
        raise RuntimeError(told)
    print(f"{int(found[1]) / CLIENTS / ROUNDS:,.0f} instructions a request")


if __name__ == "__main__":
    main()

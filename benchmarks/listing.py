"""Large lists over HTTP, walked to their end for the first time and again: CPU an entity beside moto, and how much
memory a walk takes.

The pages have 1,000 entities, AWS's most; moto knows no pages and answers everything at once. Run:
python -m benchmarks listing
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import estate
from benchmarks.api import KEY, SECRET, answer
from benchmarks.servers import Process, free_port, iamd, process

ROUNDS = 5
TARGET = 20.0
LARGEST_GROWTH = 16  # megabytes of resident memory that walks may add, however many
FILTER = {
    f"Filter.member.{number}": kind for number, kind in enumerate(("User", "Role", "Group", "LocalManagedPolicy"), 1)
}
LISTS: dict[str, tuple[dict[str, str], int]] = {
    "ListUsers": ({}, estate.USERS),
    "ListRoles": ({}, estate.ROLES),
    "ListPolicies": ({"Scope": "Local"}, estate.POLICIES),
    "GetAccountAuthorizationDetails": (FILTER, estate.USERS + estate.ROLES + estate.GROUPS + estate.POLICIES),
}


def walk(server: Process, action: str, members: dict[str, str]) -> int:
    """Read the list to its end; the bytes that were answered."""
    size, marker = 0, {}
    while True:
        form = urlencode({"Action": action, "Version": "2010-05-08", "MaxItems": "1000", **members, **marker})
        page = answer(server.port, "iam", form)
        size += len(page)
        found = page.rpartition(b"<Marker>")
        if not found[1]:
            return size
        marker = {"Marker": found[2].partition(b"<")[0].decode()}


def cost(server: Process, action: str, cpu: Callable[[Process], float] = Process.cpu) -> float:
    """CPU microseconds an entity."""
    members, entities = LISTS[action]
    before = cpu(server)
    walk(server, action, members)
    return (cpu(server) - before) / entities * 1e6


def resident(server: Process) -> float:
    """Megabytes of memory that the process has had at most."""
    status = Path(f"/proc/{server.popen.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def compare(action: str, ours: Process, moto: Process) -> None:
    members, entities = LISTS[action]
    empty = resident(ours)
    first = cost(ours, action, Process.exact_cpu)
    before = resident(ours)
    mine = statistics.median(cost(ours, action, Process.exact_cpu) for _ in range(ROUNDS))
    theirs = statistics.median(cost(moto, action) for _ in range(ROUNDS))
    size = walk(ours, action, members)
    print(
        f"{action:30} {entities:6} entities, {size / 1e6:4.1f} MB   iamd {mine:5.2f} us, at first {first:5.2f} us   "
        f"moto {theirs:6.2f} us an entity   moto = {theirs / mine:.1f} iamd, at first {theirs / first:.1f} "
        f"(at least {TARGET:.0f})   "
        f"memory +{resident(ours) - before:.1f} MB, at first +{before - empty:.1f} MB (at most {LARGEST_GROWTH})",
        flush=True,
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        estate.fill(Path(data), KEY, SECRET)
        port, moto_port = free_port(), free_port()
        moto_command = [sys.executable, "-m", "benchmarks.estate", str(moto_port)]
        with process(iamd(port, "--data-dir", data), port) as ours, process(moto_command, moto_port) as moto:
            answer(ours.port, "iam", "Action=GetUser&Version=2010-05-08")  # loads the account
            for action in LISTS:
                compare(action, ours, moto)


if __name__ == "__main__":
    main()

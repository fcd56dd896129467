"""How much memory there is for the records of accounts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

SHARE = 4  # a quarter of what there is, unless a setting says otherwise
_CGROUPS = Path("/sys/fs/cgroup")


def record_bytes(setting: int | None, workers: int) -> int:
    """The bytes that the records may take in each of a server's workers, which have their own copies."""
    return (available() // SHARE if setting is None else setting) // workers


def available(groups: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """The bytes of memory that this process may use: the machine's, or the least that a control group of its own or above
    it (a container's, a systemd unit's) is limited to."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *_limits(groups, own)])


def _limits(groups: Path, own: Path) -> list[int]:
    """The limits of control groups, https://docs.kernel.org/admin-guide/cgroup-v2.html#memory and, of version 1,
    https://docs.kernel.org/admin-guide/cgroup-v1/memory.html."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    found: list[int] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found += _above(groups, path, "memory.max")
        elif "memory" in controllers.split(","):
            found += _above(groups / "memory", path, "memory.limit_in_bytes")
    return found


def _above(groups: Path, path: str, file: str) -> Iterator[int]:
    """The limits of a group and of those that it is in."""
    group = groups / path.strip("/")
    while True:
        try:
            limit = (group / file).read_text().strip()
        except OSError:
            limit = ""  # the root has none, and in a container the path may be another's
        if limit.isdigit():
            yield int(limit)
        if group == groups:
            return
        group = group.parent

"""How much memory there is for the records of accounts."""

from __future__ import annotations

import os
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
    """The limits of control groups (version 2), https://docs.kernel.org/admin-guide/cgroup-v2.html#memory."""
    try:
        inside = own.read_text().rpartition("::/")[2].strip()
    except OSError:
        return []
    group, found = groups / inside, []
    while True:
        try:
            limit = (group / "memory.max").read_text().strip()
        except OSError:
            limit = ""  # the root has none, and in a container the path may be another's
        if limit.isdigit():
            found.append(int(limit))
        if group == groups:
            return found
        group = group.parent

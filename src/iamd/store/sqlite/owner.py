"""Whose the files are that root makes: an operator's commands run as root, the server as somebody else."""

from __future__ import annotations

import os
from pathlib import Path


def hand_over(descriptor: int, file: Path) -> None:
    """Give a file that root has made to the owner of its folder, who is to use it as well."""
    if os.geteuid() == 0:
        folder = file.parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)

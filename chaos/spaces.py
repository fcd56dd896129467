"""Network namespaces of Linux, each with one interface whose packets come to this process and nowhere else."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_TUN = Path("/dev/net/tun")
_NAME = "iamd0"
_SET_INTERFACE = 0x400454CA  # TUNSETIFF: a name, and what follows
_PACKETS_ALONE = 0x0001 | 0x1000  # IFF_TUN: no frames; IFF_NO_PI: nothing in front


class Space:
    """A namespace that lasts as long as it is open; within `with` blocks, which threads may have at the same time, what a
    thread opens and starts is in it. Blocks are not nested."""

    def __init__(self, address: str) -> None:
        """Made with that IPv4 address, such as `10.0.0.1/24`. Raises OSError, and CalledProcessError, with nothing left
        open."""
        with ExitStack() as opened:
            self._home = _closed_with(opened, os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
            self._space = _closed_with(opened, _made())
            with self:
                self.packets = _closed_with(opened, os.open(_TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
                fcntl.ioctl(self.packets, _SET_INTERFACE, struct.pack("16sH22x", _NAME.encode(), _PACKETS_ALONE))
                for command in (
                    ["link", "set", "lo", "up"],
                    ["address", "add", address, "dev", _NAME],
                    ["link", "set", _NAME, "up"],
                ):
                    subprocess.run(["ip", *command], check=True)
            self._files = opened.pop_all()

    def __enter__(self) -> Space:
        _enter(self._space)
        return self

    def __exit__(self, *_: object) -> None:
        _enter(self._home)

    def close(self) -> None:
        """It is gone with the last process in it."""
        self._files.close()


def hindrance() -> str | None:
    """Why no namespaces can be made here; None where they can."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    if not _TUN.exists():
        return f"{_TUN} is missing"
    try:
        Space("10.0.0.1/24").close()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"network namespaces cannot be made: {error}"
    return None


def _closed_with(files: ExitStack, file: int) -> int:
    files.callback(os.close, file)
    return file


def _made() -> int:
    """A new namespace, as a file."""
    made: list[int | OSError] = []

    def make() -> None:  # on a thread of its own, which does not come back out of it
        try:
            _call("unshare", _NEW_NETWORK)
            made.append(os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def _enter(space: int) -> None:
    _call("setns", space, _NEW_NETWORK)


_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: int) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")

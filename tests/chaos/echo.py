"""A listener that says everything again."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


def echo(listening: socket.socket) -> None:
    """Take connections, and repeat what comes on them, until it is closed; in threads of its own."""
    threading.Thread(target=_accept, args=(listening,), daemon=True).start()


def _accept(listening: socket.socket) -> None:
    with suppress(OSError):
        while True:
            joined, _ = listening.accept()
            threading.Thread(target=_repeat, args=(joined,), daemon=True).start()


def _repeat(joined: socket.socket) -> None:
    with suppress(OSError), joined:
        while piece := joined.recv(10_000):
            joined.sendall(piece)

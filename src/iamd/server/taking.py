"""Clients that do not take what they are sent: how long they are waited for."""

from __future__ import annotations

import os
import socket
import struct
from typing import Any, Final

_LOOKS: Final = 4  # in the time that a client has
_ACKNOWLEDGED: Final = 120  # where `tcpi_bytes_acked` stands in Linux' struct tcp_info


class Taking:
    """Cuts a connection whose client has taken nothing of what is to be sent for `seconds`, while it is watched: however
    slow one is that takes something now and then, it has its time."""

    def __init__(self, transport: Any, loop: Any, seconds: float) -> None:
        self._transport = transport
        self._loop = loop
        self._seconds = seconds
        self._since = 0.0  # when it took something, as far as is known
        self._taken = (0, 0)
        self._next: Any = None

    def watch(self) -> None:
        """There is something to be sent that the client does not take."""
        if self._next is None:
            self._since, self._taken = self._loop.time(), _taken(self._transport)
            self._look_again()

    def rest(self) -> None:
        """It has taken enough; what is left of a connection that ends is watched to the end."""
        if not self._transport.is_closing():
            self.stop()

    def stop(self) -> None:
        """The connection has ended."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _look_again(self) -> None:
        self._next = self._loop.call_later(self._seconds / _LOOKS, self._look)

    def _look(self) -> None:
        now, taken = self._loop.time(), _taken(self._transport)
        if taken != self._taken:
            self._since, self._taken = now, taken
        elif now - self._since >= self._seconds:
            self._next = None
            self._transport.abort()
            return
        self._look_again()


def _taken(transport: Any) -> tuple[int, int]:
    """What changes when the client takes something: how much its machine has acknowledged, and how much waits here. The
    latter stands still for long where the system has much on its way to a client that is slow."""
    return _acknowledged(transport), transport.get_write_buffer_size()


def _acknowledged(transport: Any) -> int:
    """In bytes; 0 where the system does not tell."""
    told = transport.get_extra_info("socket")
    if told is None or told.family not in (socket.AF_INET, socket.AF_INET6) or not hasattr(socket, "TCP_INFO"):
        return 0
    try:
        with socket.socket(fileno=os.dup(told.fileno())) as same:
            info = same.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED + 8)
        return int(struct.unpack_from("=Q", info, _ACKNOWLEDGED)[0])
    except (OSError, struct.error):
        return 0

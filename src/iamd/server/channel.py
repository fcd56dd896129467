"""The way back to a client: a transport that sends the head of an answer together with the first of its body."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from iamd.audit.ids import new_uuid
from iamd.server.taking import Taking


class Channel:
    """The parts of an asyncio.Transport and of uvicorn's FlowControl that uvicorn's RequestResponseCycle uses.

    uvicorn writes head and body one after the other, which costs a system call and a packet more than need be. `state`
    is of uvicorn's server: it has the headers of every answer. Nothing is written once the connection is closed, which
    uvloop takes for a fault of the program.
    """

    def __init__(self, transport: Any, state: Any, taking: Taking) -> None:
        self._transport = transport
        self._taking = taking
        self._state = state
        self._head: bytes | None = None
        self._reads = True
        self._writable: asyncio.Event | None = None  # while the client does not take more
        self.write_paused = False
        self.is_closing = transport.is_closing
        self.send = transport.write  # a whole answer, or what need not be joined

    def write(self, data: bytes) -> None:
        """Send, or keep if it is the head of an answer."""
        if self._head is not None:
            head, self._head = self._head, None
            self._write(head + data)
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 100"):
            self._head = data
        else:
            self._write(data)

    def flush(self) -> None:
        """Send the head of an answer that has no body."""
        if self._head is not None:
            head, self._head = self._head, None
            self._write(head)

    def refuse(self, status: bytes) -> None:
        """Answer and close. The client sees no AWS error, since no request has been understood."""
        if self.is_closing():
            return
        headers = [*self._state.default_headers, (b"x-amzn-requestid", new_uuid().encode())]
        lines = b"".join([name + b": " + value + b"\r\n" for name, value in headers])
        self.write(b"HTTP/1.1 " + status + b"\r\n" + lines + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.close()

    def close(self) -> None:
        """Close when all is sent, or the client takes no more of it."""
        self.flush()
        self._transport.close()
        if self.has_more_to_send():
            self._taking.watch()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def has_more_to_send(self) -> bool:
        """Whether some of what was written is still to be sent."""
        return bool(self._transport.get_write_buffer_size())

    def _write(self, data: bytes) -> None:
        if not self.is_closing():
            self._transport.write(data)

    def drain(self) -> Awaitable[object]:
        """To be awaited until there is room for more."""
        writable = asyncio.Event() if self._writable is None else self._writable
        if not self.write_paused:
            writable.set()
        return writable.wait()

    def pause_writing(self) -> None:
        """The client is slow."""
        if not self.write_paused:
            self.write_paused, self._writable = True, asyncio.Event()
            self._taking.watch()

    def resume_writing(self) -> None:
        """It takes more."""
        self.write_paused = False
        self._taking.rest()
        if self._writable is not None:
            self._writable.set()
            self._writable = None

    def pause_reading(self) -> None:
        """Take no more for now."""
        if self._reads:
            self._reads = False
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take more."""
        if not self._reads:
            self._reads = True
            self._transport.resume_reading()

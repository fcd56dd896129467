"""A transport that sends the head of an answer together with the first of its body."""

from __future__ import annotations

from typing import Any


class JoinedWrites:
    """The part of an asyncio.Transport that uvicorn's HTTP protocol uses.

    uvicorn writes head and body one after the other, which costs a system call and a packet more than need be. All that
    there is of the transport is named here: a fallback for whatever else may be asked would slow down every attribute.
    Nothing is written once the connection is closed, which uvloop takes for a fault of the program.
    """

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._head: bytes | None = None
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
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

    def close(self) -> None:
        """Close when all is sent."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def get_write_buffer_size(self) -> int:
        """Bytes that are still to be sent."""
        size: int = self._transport.get_write_buffer_size()
        return size

    def _write(self, data: bytes) -> None:
        if not self.is_closing():
            self._transport.write(data)

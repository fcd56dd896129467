"""Head and body of an answer are written together, and to nobody once the connection is closed."""

from __future__ import annotations

from uvicorn.server import ServerState

from iamd.server.channel import Channel
from iamd.server.taking import Taking


class Transport:
    """Fails as uvloop's does when it is written to after it was closed."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        if self.closed:
            raise RuntimeError("the handler is closed")
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closed


def test_a_head_waits_for_its_body():
    transport = Transport()
    channel = Channel(transport, ServerState(), Taking(transport, None, 1))
    channel.write(b"HTTP/1.1 200 OK\r\n\r\n")
    assert transport.written == []
    channel.write(b"body")
    assert transport.written == [b"HTTP/1.1 200 OK\r\n\r\nbody"]


def test_what_is_left_of_an_answer_is_dropped_once_its_client_has_gone():
    transport = Transport()
    channel = Channel(transport, ServerState(), Taking(transport, None, 1))
    channel.write(b"HTTP/1.1 200 OK\r\n\r\n")
    transport.closed = True
    channel.flush()
    channel.write(b"more")
    assert transport.written == []

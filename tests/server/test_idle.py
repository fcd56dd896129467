"""Idle connections are closed, by one timer for many requests."""

from __future__ import annotations

from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from iamd.server.front import Front, Reception
from iamd.wire.http import Answer, HttpRequest

KEPT = 5.0  # seconds that uvicorn keeps an idle connection


class Clock:
    """The loop as far as timers go: `time` is set by the test, a due timer is run by `advance`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Any]] = []
        self.set = 0

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Any) -> None:
        """What is complete is answered by `Connection.request`."""

    def call_later(self, seconds: float, callback: Any) -> Any:
        """The other timer, for what does not arrive: it is never due here."""
        return Clock()

    def call_at(self, when: float, callback: Any) -> Any:
        self.timers.append((when, callback))
        self.set += 1
        return self

    def cancel(self) -> None:
        self.timers.clear()

    def advance(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer[0] <= self.now]
        self.timers = [timer for timer in self.timers if timer[0] > self.now]
        for _, callback in due:
            callback()


class Transport:
    closed = False

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def write(self, data: bytes) -> None: ...


def empty(request: HttpRequest) -> Answer:
    return Answer(200, [], b"")


async def nothing(scope: Any, receive: Any, send: Any) -> None: ...


REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"


class Connection:
    def __init__(self) -> None:
        self.clock, self.transport = Clock(), Transport()
        config = uvicorn.Config(nothing, timeout_keep_alive=int(KEPT), log_config=None)
        self.front = Front(1000, 60.0, Reception(empty))
        self.protocol = self.front(config, ServerState(), {}, self.clock)
        self.protocol.connection_made(self.transport)

    def request(self, data: bytes = REQUEST) -> None:
        """One request, or the end of one, answered at once."""
        self.protocol.data_received(data)
        self.front.answer_all()


@pytest.fixture
def connection() -> Connection:
    return Connection()


def test_an_idle_connection_is_closed(connection: Connection) -> None:
    connection.request()
    connection.clock.advance(KEPT - 0.1)
    assert not connection.transport.closed
    connection.clock.advance(0.2)
    assert connection.transport.closed


def test_a_connection_with_requests_stays_open_and_its_timer_is_seldom_set(connection: Connection) -> None:
    for _ in range(100):
        connection.request()
        connection.clock.advance(0.1)
    assert not connection.transport.closed
    assert connection.clock.set <= 4
    connection.clock.advance(KEPT)
    connection.clock.advance(KEPT)
    assert connection.transport.closed


def test_a_request_under_way_is_no_idleness(connection: Connection) -> None:
    connection.request()
    connection.protocol.data_received(REQUEST[:20])
    connection.clock.advance(10 * KEPT)
    assert not connection.transport.closed
    connection.request(REQUEST[20:])
    connection.clock.advance(KEPT)
    assert connection.transport.closed


def test_no_timer_outlives_its_connection(connection: Connection) -> None:
    connection.request()
    connection.protocol.connection_lost(None)
    assert connection.clock.timers == []

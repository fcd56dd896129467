"""Idle connections are closed, by one timer for many requests."""

from __future__ import annotations

from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from iamd.server.protocol import limited

KEPT = 5.0  # seconds that uvicorn keeps an idle connection


class Clock:
    """The loop as far as timers go: `time` is set by the test, a due timer is run by `advance`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Any]] = []
        self.set = 0

    def time(self) -> float:
        return self.now

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

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def write(self, data: bytes) -> None: ...


async def nothing(scope: Any, receive: Any, send: Any) -> None: ...


class Connection:
    def __init__(self) -> None:
        self.clock, self.transport = Clock(), Transport()
        config = uvicorn.Config(nothing, timeout_keep_alive=int(KEPT), log_config=None)
        self.protocol: Any = limited(1000, 60.0)(config, ServerState(), {}, self.clock)  # type: ignore[call-arg]
        self.protocol._watch = lambda: None  # the other timer, for what does not arrive
        self.protocol.connection_made(self.transport)

    def request(self) -> None:
        """One request, answered at once."""
        self.protocol._unset_keepalive_if_required()
        self.protocol.on_response_complete()


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
    connection.protocol._unset_keepalive_if_required()  # as when its first bytes come in
    connection.clock.advance(10 * KEPT)
    assert not connection.transport.closed
    connection.protocol.on_response_complete()
    connection.clock.advance(KEPT)
    assert connection.transport.closed


def test_no_timer_outlives_its_connection(connection: Connection) -> None:
    connection.request()
    connection.protocol.connection_lost(None)
    assert connection.clock.timers == []

"""Short requests are answered when they are complete; what is unusual goes uvicorn's way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from iamd.server.asgi import TrustedProxies
from iamd.server.crowd import Crowd
from iamd.server.front import Front, Reception
from iamd.wire.http import Answer, HttpRequest


class Transport:
    """What a connection was sent."""

    def __init__(self, peer: str = "") -> None:
        self.sent: list[bytes] = []
        self.closing = False
        self._peer = peer

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self._peer, 1) if name == "peername" and self._peer else default

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Desk:
    """Answers with the body that it got, or with what it awaits for a body that begins with `later`."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.headers: Any = None  # of the last one
        self.released = asyncio.Event()

    def answer(self, request: HttpRequest) -> Answer | Awaitable[Answer]:
        body = request.body
        self.asked.append(body)
        self.headers = request.headers
        if body == b"fail":
            raise RuntimeError("on purpose")
        if body.startswith(b"later"):
            return self._later(body)
        return Answer(200, [(b"x-line", b"a\r\nb")] if body == b"break" else [], body)

    async def _later(self, body: bytes) -> Answer:
        await self.released.wait()
        return Answer(200, [], body)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """What gets all other requests: answers the body's length, or how many forwarded addresses it sees."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message.get("body", b""), message.get("more_body", False)
    forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    told = b"application %d" % len(body) + b"".join(b" for " + value for value in forwarded)
    headers = [(b"content-length", b"%d" % len(told))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": told})


class Connection:
    def __init__(self, desk: Desk, front: Front | None = None, peer: str = "", kept: int = 5) -> None:
        self.transport = Transport(peer)
        config = uvicorn.Config(application, log_config=None, timeout_keep_alive=kept)
        self.front = front or Front(2000, 60.0, Reception(desk.answer))
        self.protocol = self.front(config, ServerState(), {}, asyncio.get_running_loop())
        self.protocol.connection_made(self.transport)

    def receive(self, *bodies: bytes, head: bytes = b"POST / HTTP/1.1") -> None:
        """Requests with those bodies, in one piece."""
        self.protocol.data_received(
            b"".join(head + b"\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body for body in bodies)
        )

    async def answers(self, number: int = 1) -> list[bytes]:
        """The bodies of so many answers, in the order in which they came."""
        async with asyncio.timeout(10):
            while len(found := self.found()) < number:
                await asyncio.sleep(0)
        return found

    def found(self) -> list[bytes]:
        parts = re.split(rb"HTTP/1\.1 \d{3} [A-Za-z ]+\r\n", b"".join(self.transport.sent))
        return [part.partition(b"\r\n\r\n")[2] for part in parts[1:]]


@pytest.fixture
def runner() -> Any:
    with asyncio.Runner() as made:
        yield made


def test_requests_that_came_together_are_answered_in_the_next_turn(runner: Any) -> None:
    async def check() -> None:
        desk = Desk()
        first = Connection(desk)
        second = Connection(desk, first.front)
        first.receive(b"one")
        second.receive(b"two")
        assert desk.asked == []
        assert await first.answers() == [b"one"]
        assert await second.answers() == [b"two"]
        assert [len(each.transport.sent) for each in (first, second)] == [1, 1]  # whole answers

    runner.run(check())


def test_pipelined_requests_are_answered_in_order_though_one_has_to_wait(runner: Any) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk)
        connection.receive(b"one", b"two", b"later", b"four")
        assert await connection.answers(2) == [b"one", b"two"]
        desk.released.set()
        assert await connection.answers(4) == [b"one", b"two", b"later", b"application 4"]
        connection.receive(b"five")
        assert (await connection.answers(5))[-1] == b"five"

    runner.run(check())


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"PUT / HTTP/1.1", b"short"),
        (b"POST /x HTTP/1.1", b"short"),
        (b"POST /?a=b HTTP/1.1", b"short"),
        (b"POST / HTTP/1.0", b"short"),
        (b"POST / HTTP/1.1\r\nconnection: close", b"short"),
        (b"POST / HTTP/1.1", b"x" * 70_000),
    ],
)
def test_what_is_unusual_goes_uvicorns_way(runner: Any, head: bytes, body: bytes) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk)
        connection.receive(body, head=head)
        assert await connection.answers() == [b"application %d" % len(body)]
        assert desk.asked == []

    runner.run(check())


def test_a_client_that_reads_slowly_is_waited_for(runner: Any) -> None:
    async def check() -> None:
        connection = Connection(Desk())
        connection.protocol.pause_writing()
        connection.receive(b"one")
        for _ in range(10):
            await asyncio.sleep(0)
        assert connection.found() == []
        connection.protocol.resume_writing()
        assert await connection.answers() == [b"one"]

    runner.run(check())


def test_a_header_that_would_break_its_line_is_not_sent(runner: Any) -> None:
    async def check() -> None:
        connection = Connection(Desk())
        connection.receive(b"break")
        async with asyncio.timeout(10):
            while not connection.transport.closing:
                await asyncio.sleep(0)
        assert connection.transport.sent == []

    runner.run(check())


def test_a_failure_is_one_requests_own(runner: Any) -> None:
    async def check() -> None:
        desk = Desk()
        first = Connection(desk)
        second = Connection(desk, first.front)
        first.receive(b"fail")
        second.receive(b"two")
        await first.answers()
        assert first.transport.sent[0].startswith(b"HTTP/1.1 500 ")
        assert first.transport.closing
        assert await second.answers() == [b"two"]
        assert desk.asked == [b"fail", b"two"]

    runner.run(check())


def test_what_has_begun_is_finished_when_the_server_stops(runner: Any) -> None:
    async def check() -> None:
        whole, part, idle = Connection(Desk()), Connection(Desk()), Connection(Desk())
        whole.receive(b"one")
        part.protocol.data_received(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nt")
        for each in (whole, part, idle):
            each.protocol.shutdown()
        assert whole.found() == [b"one"]
        assert not part.transport.closing
        part.protocol.data_received(b"wo")
        assert await part.answers() == [b"application 3"]
        assert all(each.transport.closing for each in (whole, part, idle))

    runner.run(check())


def test_a_client_that_has_left_is_not_answered(runner: Any) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk)
        connection.receive(b"one")
        connection.protocol.connection_lost(None)
        for _ in range(10):
            await asyncio.sleep(0)
        assert (desk.asked, connection.transport.sent) == ([], [])

    runner.run(check())


async def held(scope: Any, receive: Any, send: Any) -> None:
    """Begins an answer at once, and ends it when the request has come, and something more is awaited."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    while (await receive()).get("more_body"):
        pass
    await scope["desk"].released.wait()
    await send({"type": "http.response.body", "body": b"ok"})


_WRONG = (
    b"nonsense\r\n\r\n",
    b"POST / HTTP/1.1\r\na: " + b"b" * 3000,
    b"POST / HTTP/1.1\r\ntransfer-encoding: x\r\n\r\n",
)


@pytest.mark.parametrize("wrong", _WRONG)
@pytest.mark.parametrize("way", ["later", "held"])
def test_a_refusal_waits_for_the_answers_before_it(runner: Any, way: str, wrong: bytes) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk)
        if way == "held":
            connection.protocol._prompt._tasks.app = lambda scope, *rest: held({"desk": desk}, *rest)
            connection.receive(b"", b"", head=b"PUT / HTTP/1.1")
        else:
            connection.receive(b"later", b"")
        for _ in range(5):
            await asyncio.sleep(0)
        connection.protocol.data_received(wrong)
        connection.protocol.data_received(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nnew")
        assert connection.transport.sent == []
        desk.released.set()
        expected = [b"ok", b"ok"] if way == "held" else [b"later", b"application 0"]
        assert await connection.answers(3) == [*expected, b""]
        assert re.findall(rb"HTTP/1\.1 (\d)", b"".join(connection.transport.sent)) == [b"2", b"2", b"4"]
        assert (connection.transport.closing, b"new" in desk.asked) == (True, False)

    runner.run(check())


def test_nothing_is_refused_within_an_answer(runner: Any) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk)
        connection.protocol._prompt._tasks.app = lambda scope, *rest: held({"desk": desk}, *rest)
        connection.protocol.data_received(
            b"PUT / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"
        )
        for _ in range(5):
            await asyncio.sleep(0)
        connection.protocol.data_received(b"nonsense\r\n")
        assert connection.transport.closing
        assert b"".join(connection.transport.sent).count(b"HTTP/1.1") <= 1

    runner.run(check())


def test_what_waits_for_an_answer_and_breaks_is_refused_in_its_turn(runner: Any) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk)
        connection.receive(b"later")
        connection.protocol.data_received(
            b"PUT / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"
        )
        connection.protocol.data_received(b"nonsense\r\n")
        desk.released.set()
        assert await connection.answers(2) == [b"later", b""]
        assert re.findall(rb"HTTP/1\.1 (\d)", b"".join(connection.transport.sent)) == [b"2", b"4"]
        assert connection.transport.closing

    runner.run(check())


_CHUNKS = b"PUT / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"


@pytest.mark.parametrize(
    ("patience", "more"), [(60.0, b"x" * 3000), (0.0, b"")], ids=["for its length", "for being late"]
)
def test_what_was_refused_in_its_turn_is_not_refused_again(runner: Any, patience: float, more: bytes) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk, Front(2000, patience, Reception(desk.answer)))
        connection.receive(b"later")
        connection.protocol.data_received(_CHUNKS)
        connection.protocol.data_received(b"nonsense\r\n" + more)
        for _ in range(5):
            await asyncio.sleep(0)
        assert connection.transport.sent == []
        desk.released.set()
        assert await connection.answers(2) == [b"later", b""]
        assert re.findall(rb"HTTP/1\.1 (\d+)", b"".join(connection.transport.sent)) == [b"200", b"400"]

    runner.run(check())


def test_a_request_that_is_late_behind_an_answer_waits_for_its_refusal(runner: Any) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk, Front(2000, 0.0, Reception(desk.answer)))
        connection.receive(b"later")
        connection.protocol.data_received(b"POST / HT")
        for _ in range(5):
            await asyncio.sleep(0)
        assert connection.transport.sent == []
        desk.released.set()
        assert await connection.answers(2) == [b"later", b""]
        assert b"HTTP/1.1 408 " in b"".join(connection.transport.sent)

    runner.run(check())


_CHUNKED = b" HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nx-forwarded-for: 192.0.2.1\r\n\r\n3\r\nabc\r\n0\r\n"


def test_what_follows_a_body_in_chunks_is_no_header(runner: Any) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk)
        connection.protocol.data_received(b"POST /" + _CHUNKED + b"x-forwarded-for: 10.0.0.1\r\n\r\n")
        assert await connection.answers() == [b"abc"]
        assert [name for name, _ in desk.headers] == [b"host", b"transfer-encoding", b"x-forwarded-for"]
        connection.protocol.data_received(b"PUT /" + _CHUNKED + b"x-forwarded-for: 10.0.0.1\r\n\r\n")
        assert (await connection.answers(2))[1] == b"application 3 for 192.0.2.1"

    runner.run(check())


@pytest.mark.parametrize("endless", [b"x-one: a\r\n" * 100, b"x" * 1000])
def test_what_follows_a_body_in_chunks_is_bounded(runner: Any, endless: bytes) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk)
        connection.protocol.data_received(b"POST /" + _CHUNKED)
        pieces = 0
        while not connection.transport.closing and pieces < 10:
            connection.protocol.data_received(endless)
            pieces += 1
        assert (pieces, desk.asked) == (3, [])
        assert connection.transport.sent[0].startswith(b"HTTP/1.1 431 ")

    runner.run(check())


def test_a_body_may_come_in_many_small_chunks(runner: Any) -> None:
    async def check() -> None:
        connection = Connection(Desk())
        connection.protocol.data_received(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(1000):
            connection.protocol.data_received(b"1\r\na\r\n")
        connection.protocol.data_received(b"0\r\n\r\n")
        assert await connection.answers() == [b"a" * 1000]

    runner.run(check())


@pytest.mark.parametrize("before", [[b"x" * 5000], [b"x"] * 100])
def test_headers_are_not_charged_with_what_came_before(runner: Any, before: list[bytes]) -> None:
    async def check() -> None:
        connection = Connection(Desk())
        connection.receive(*before)
        connection.protocol.data_received(b"POST / HTTP/1.1\r\nhost: x\r\n")  # begins behind an answer
        connection.protocol.data_received(b"content-length: 0\r\n\r\n")
        whole = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nlast"
        many = b"".join([whole.replace(b"4\r\n\r\nlast", b"%d\r\n\r\n%b" % (len(each), each)) for each in before])
        connection.protocol.data_received(many + whole[:20])  # begins in one piece with others
        connection.protocol.data_received(whole[20:])
        assert (await connection.answers(2 * len(before) + 2))[-1] == b"last"

    runner.run(check())


_UPGRADES = b" HTTP/1.1\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk"


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_who_would_rather_speak_another_protocol_is_answered_in_this_one(runner: Any, size: int) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk)
        connection.receive(b"one", b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n", head=b"POST /" + _UPGRADES)
        sent = b"".join(b"PUT /" + _UPGRADES + b"\r\ncontent-length: 3\r\n\r\n" + body for body in (b"two", b"six"))
        sent += b"GET /" + _UPGRADES + b"\r\n\r\n"
        for start in range(0, len(sent), size):
            connection.protocol.data_received(sent[start : start + size])
        answers = await connection.answers(5)
        assert answers[:2] == [b"one", b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n"]
        assert answers[2:] == [b"application 3", b"application 3", b"application 0"]
        assert (b"upgrade", b"h2c") in desk.headers

    runner.run(check())


def test_a_client_that_upgrades_and_leaves_is_let_go(runner: Any) -> None:
    async def check() -> None:
        connection = Connection(Desk())
        connection.receive(b"one", head=b"POST / HTTP/1.1\r\nconnection: close, upgrade\r\nupgrade: h2c")
        assert await connection.answers() == [b"application 3"]
        assert connection.transport.closing
        for asks in (b"proxy-connection: upgrade", b"connection: upgrade\r\nProxy-Connection: upgrade"):
            asking = Connection(Desk())
            asking.receive(b"one", head=b"POST / HTTP/1.1\r\n" + asks + b"\r\nupgrade: h2c")
            assert await asking.answers() == [b"one"]
        proxied = Connection(Desk())
        proxied.protocol.data_received(b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n")
        assert proxied.transport.sent[0].startswith(b"HTTP/1.1 400 ")

    runner.run(check())


def test_a_connection_is_not_idle_while_the_second_of_two_is_answered(runner: Any) -> None:
    async def check() -> None:
        desk = Desk()
        connection = Connection(desk, kept=0)
        connection.receive(b"one", b"later")
        assert await connection.answers() == [b"one"]
        for _ in range(10):
            await asyncio.sleep(0)
        assert not connection.transport.closing
        desk.released.set()
        assert await connection.answers(2) == [b"one", b"later"]

    runner.run(check())


def test_an_address_has_so_many_connections_at_a_time(runner: Any) -> None:
    async def check() -> None:
        crowd = Crowd(2, TrustedProxies(["10.0.0.0/8"]).trusts)
        desk, front = Desk(), Front(2000, 60.0, None, crowd)

        def taken(peer: str) -> bool:
            opened.append(Connection(desk, front, peer))
            return not opened[-1].transport.closing

        opened: list[Connection] = []
        places = ("2001:db8::1", "2001:db8::2", "2001:db8::3", "203.0.113.7", "203.0.113.7", "::ffff:203.0.113.7")
        assert [taken(peer) for peer in places] == [True, True, False] * 2
        assert all(taken(peer) for peer in ("10.1.2.3", "127.0.0.1", "") for _ in range(3))
        for number in (2, 0):  # one that was refused, and one that was not
            opened[number].protocol.connection_lost(None)
        assert [taken("2001:db8::4") for _ in range(2)] == [True, False]
        for connection in (each for number, each in enumerate(opened) if number not in (2, 0)):
            connection.protocol.connection_lost(None)
        assert not crowd._open  # nothing is kept of who has left

    runner.run(check())

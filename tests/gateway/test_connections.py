"""Connections to upstreams: kept, given up when they are silent or broken, slowed by slow readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from iamd.gateway.connection import Connection
from iamd.gateway.connections import Connections, Reply
from iamd.gateway.origins import Origin
from iamd.wire.errors import ServiceUnavailable
from iamd.wire.gateway_errors import BadGateway, GatewayTimeout

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Served:
    """A server that handles each connection as it is told, and counts them; `send` asks it."""

    def __init__(self, handler: Handler, seconds: float) -> None:
        self._handler = handler
        self.connections = Connections(seconds)
        self.accepted = 0

    async def __aenter__(self) -> Served:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.accepted += 1
            try:
                await self._handler(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        self._server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.origin = Origin(f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.connections.close()
        self._server.close()

    async def send(self, method: str = "GET", head: bytes = GET, body: bytes | AsyncIterator[bytes] = b"") -> Reply:
        return await self.connections.send(self.origin, method, head, body)


def answers(*answer: bytes, each: bool = True) -> Handler:
    """Answers every request on a connection so, or one only and then closes it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            for part in answer:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            if not each:
                return

    return handle


def served(work: Callable[[Served], Awaitable[None]], handler: Handler, seconds: float = 5) -> None:
    async def run() -> None:
        async with Served(handler, seconds) as server:
            await work(server)

    asyncio.run(run())


def test_a_connection_is_kept() -> None:
    async def work(server: Served) -> None:
        for _ in range(3):
            reply = await server.send()
            assert (reply.status, await reply.read(10)) == (200, b"ok")
        assert server.accepted == 1

    served(work, answers(OK))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ],
)
def test_a_connection_that_is_to_be_closed_is_not_kept(answer: bytes) -> None:
    async def work(server: Served) -> None:
        for _ in range(2):
            reply = await server.send()
            assert await reply.read(10) in (b"ok", b"")
        assert server.accepted == 2

    served(work, answers(answer))


def test_a_kept_connection_that_was_closed_is_made_anew() -> None:
    async def work(server: Served) -> None:
        for _ in range(3):
            assert await (await server.send()).read(10) == b"ok"

    served(work, answers(OK, each=False))


def test_an_answer_without_length_ends_with_its_connection() -> None:
    async def work(server: Served) -> None:
        assert await (await server.send()).read(100) == b"all of it"

    served(work, answers(b"HTTP/1.1 200 OK\r\n\r\nall ", b"of it", each=False))


def test_informational_answers_are_skipped_and_chunks_joined() -> None:
    chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", b"1\r\nc\r\n0\r\n\r\n"

    async def work(server: Served) -> None:
        for _ in range(2):
            assert await (await server.send()).read(100) == b"abc"
        assert server.accepted == 1

    served(work, answers(b"HTTP/1.1 100 Continue\r\n\r\n", *chunks))


def test_the_answer_to_a_head_has_no_body() -> None:
    async def work(server: Served) -> None:
        for _ in range(2):
            reply = await server.send("HEAD", b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert (reply.header(b"content-length"), reply.whole()) == (b"5000", b"")
        assert server.accepted == 1

    served(work, answers(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n"))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000,
    ],
)
def test_a_broken_answer_is_told_of(answer: bytes) -> None:
    async def work(server: Served) -> None:
        with pytest.raises(BadGateway):
            await (await server.send("POST")).read(100)

    served(work, answers(answer, each=False))


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok"])
def test_silence_is_given_up(begun: bytes) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begun)
        await reader.read()

    async def work(server: Served) -> None:
        with pytest.raises(GatewayTimeout):
            await (await server.send()).read(100)

    served(work, silent, seconds=0.05)


def test_nobody_there_is_told_of() -> None:
    async def run() -> None:
        with pytest.raises(ServiceUnavailable):
            await Connections(1).send(Origin("http://127.0.0.1:9"), "GET", GET, b"")

    asyncio.run(run())


def test_a_body_that_fails_ends_the_request() -> None:
    seen: list[bytes] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.read())

    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise LookupError

    async def work(server: Served) -> None:
        with pytest.raises(LookupError):
            await server.send("PUT", b"PUT / HTTP/1.1\r\ncontent-length: 8\r\n\r\n", broken())

    served(work, keep)


def test_an_early_refusal_ends_the_sending() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1000
            await asyncio.sleep(0)

    async def work(server: Served) -> None:
        reply = await server.send("PUT", b"PUT / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", endless())
        assert reply.status == 403
        before = sent
        await asyncio.sleep(0.01)
        assert sent == before

    served(work, answers(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", each=False))


def test_a_long_answer_that_is_taken_as_a_whole_leaves_the_connection_open() -> None:
    long = b"x" * (1 << 20)
    reads = True

    class Transport:
        def write(self, data: bytes) -> None: ...

        def abort(self) -> None: ...

        def pause_reading(self) -> None:
            nonlocal reads
            reads = False

        def resume_reading(self) -> None:
            nonlocal reads
            reads = True

    async def run() -> None:
        kept: list[Connection] = []
        connection = Connection(Origin("http://x"), None, 1, kept.append)
        connection.connection_made(Transport())
        connection.begin(GET, False)
        connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(long) + long)
        assert (connection.take_whole(), reads, kept) == (long, True, [connection])
        connection.abort()

    asyncio.run(run())


def test_a_slow_reader_slows_the_upstream() -> None:
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (64 << 20))
        for _ in range(64):
            writer.write(b"x" * (1 << 20))
            await writer.drain()
            written += 1

    async def work(server: Served) -> None:
        reply = await server.send()
        for _ in range(200):
            await asyncio.sleep(0)
        assert written < 40
        assert sum([len(piece) async for piece in reply.pieces()]) == 64 << 20

    served(work, flood, seconds=0.5)

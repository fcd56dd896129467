"""Runs the endpoints: sockets, the HTTP server on them, and the way to stop it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import uvicorn

from iamd.agent.config import Config, address
from iamd.agent.door import Door
from iamd.agent.keeper import Keeper
from iamd.agent.source import Source
from iamd.server.protocol import limited

_MAX_HEADERS = 32 << 10  # bytes; Kubernetes' tokens are sent as headers
_MAX_SECONDS = 10.0
_MAX_CONNECTIONS = 512
_GRACE = 2  # seconds for running requests when told to stop


class _Listener(uvicorn.Server):
    """uvicorn without a hand on the process's signals: there may be several, and a server around them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(config: Config, source: Source) -> AsyncIterator[list[str]]:
    """Serve while the block runs; yields the URLs. Raises ConfigError, and OSError for an address that is taken."""
    door = Door(config, Keeper(source))
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(_listening(door, *address(text))) for text in config.listen]


@asynccontextmanager
async def _listening(door: Door, host: str, port: int) -> AsyncIterator[str]:
    sock = _bind(host, port)
    server = _Listener(
        uvicorn.Config(
            door,
            http=limited(_MAX_HEADERS, _MAX_SECONDS),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MAX_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE,
        )
    )
    task = asyncio.create_task(server.serve([sock]))
    try:
        bound = sock.getsockname()
        yield f"http://[{bound[0]}]:{bound[1]}" if ":" in host else f"http://{bound[0]}:{bound[1]}"
    finally:
        server.should_exit = True
        await task


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise OSError(f"cannot listen on {host}, port {port}: {error.strerror}") from error
    return sock


async def run(config: Config, source: Source, listening: Callable[[list[str]], None]) -> None:
    """`iamd agent`: serve until SIGTERM or SIGINT; `listening` is told the URLs. Raises as `serving` does."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(config, source) as urls:
        listening(urls)
        await stop.wait()

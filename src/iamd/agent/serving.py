"""Runs the endpoints: sockets, the HTTP server on them, and the way to stop it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import uvicorn

from iamd.agent.config import Config, address
from iamd.agent.door import Door
from iamd.agent.keeper import Keeper
from iamd.agent.source import Source
from iamd.server.front import Front
from iamd.server.listening import bind

_MAX_HEADERS = 32 << 10  # bytes; Kubernetes' tokens are sent as headers
_MAX_SECONDS = 10.0
_MAX_CONNECTIONS = 512
_BACKLOG = 128
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
    sock = bind(host, port)
    sock.listen(_BACKLOG)  # from now on, whoever is told the address may connect
    server = _Listener(
        uvicorn.Config(
            door,
            http=Front(_MAX_HEADERS, _MAX_SECONDS),  # type: ignore[arg-type]  # makes what is asked for
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


async def run(config: Config, source: Source, listening: Callable[[list[str]], None]) -> None:
    """`iamd agent`: serve until SIGTERM or SIGINT; `listening` is told the URLs. Raises as `serving` does."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(config, source) as urls:
        listening(urls)
        await stop.wait()


async def run_program(config: Config, source: Source, program: Sequence[str], environ: Mapping[str, str]) -> int:
    """`iamd agent -- PROGRAM`: serve while a program runs that finds the endpoints; returns its exit code.

    Signals are the program's to answer: an interrupt from a terminal reaches it by itself, a request to end is passed
    on. Raises as `serving` does, and OSError when there is no such program.
    """
    loop = asyncio.get_running_loop()
    async with serving(config, source) as urls:
        found = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": urls[0], "AWS_EC2_METADATA_V1_DISABLED": "true"}
        child = await asyncio.create_subprocess_exec(*program, env=_PATIENCE | _without_credentials(environ) | found)
        loop.add_signal_handler(signal.SIGTERM, child.terminate)
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        code = await child.wait()
    return code if code >= 0 else 128 - code


def _without_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what SDKs would find before they look at an instance's metadata."""
    kept = {name: value for name, value in environ.items() if name not in _CREDENTIALS}
    return kept | {"AWS_SHARED_CREDENTIALS_FILE": os.devnull}


# SDKs that heed these would else give up after a second, because most machines are not in EC2; this one surely is.
_PATIENCE = {"AWS_METADATA_SERVICE_TIMEOUT": "10", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3"}

_CREDENTIALS = frozenset(
    {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
        *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_EC2_METADATA_DISABLED", "AWS_ROLE_ARN"),
        *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        *("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CREDENTIAL_FILE"),
    }
)

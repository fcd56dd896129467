"""A running iamd in memory for tests that go through the public door, and boto3 clients for it."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from iamd.caller.outgoing import Outgoing, Unreachable
from iamd.server.bootstrap import ensure_account, new_root
from iamd.server.clock import now
from iamd.server.logs import configure_logs
from iamd.services.call import Realm
from iamd.serving import Server, serve
from iamd.settings import load

T = TypeVar("T")

ACCOUNT = "123456789012"
ROOT_KEY = "AKIAIOSFODNN7EXAMPLE"
ROOT_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@dataclass
class Live:
    """Where the server is and its credential endpoints, clients, and what only tests may reach: its realm and loop."""

    endpoint: str
    realm: Realm
    loop: asyncio.AbstractEventLoop
    credential_urls: Sequence[str] = ()

    def client(self, service: str, key: Any = None, **options: Any) -> Any:
        """A boto3 client: as root, or with an access key or credentials as the API answered them; `options` are of
        botocore's Config."""
        given = key or {"AccessKeyId": ROOT_KEY, "SecretAccessKey": ROOT_SECRET}
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
            config=Config(**{"retries": {"max_attempts": 0}, "parameter_validation": False, **options}),
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns, on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def add_account(self, account_id: str) -> Any:
        """Make another account until the next reset; returns its root user's access key."""
        root = new_root(load({"in_memory": True, "account_id": account_id}, {}), self.realm.sealer, now())
        self.run(ensure_account(self.realm.store, root))
        return {"AccessKeyId": root.key.id, "SecretAccessKey": root.secret}

    def reset(self) -> None:
        """Back to an account with its root user and nothing else."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/_iamd/reset", method="POST")) as answer:
            assert answer.status == 200


class _Loopback(Outgoing):
    """Reaches issuers on this machine, and asks no name server for others."""

    async def _address(self, host: str, port: int) -> str:
        if host.endswith((".com", ".org")):
            raise Unreachable("its name does not resolve")
        return await super()._address(host, port)


@contextmanager
def live(**flags: Any) -> Iterator[Live]:
    """Serve in a thread of this process until the block ends."""
    if "control_plane" not in flags:
        flags = {"in_memory": True, "account_id": ACCOUNT, **flags}
        flags |= {"root_access_key_id": ROOT_KEY, "root_secret_access_key": ROOT_SECRET}
    flags = {"port": 0, **flags}
    ready = threading.Event()
    started: list[tuple[Server, Live]] = []

    def listening(server: Server, endpoint: str) -> None:
        server.application.realm.issuers.outgoing = _Loopback(("127.0.0.0/8",))
        loop = asyncio.get_running_loop()
        started.append((server, Live(endpoint, server.application.realm, loop, server.credential_urls)))
        ready.set()

    def run() -> None:
        try:
            asyncio.run(serve(load(flags, {}), listening))
        finally:
            ready.set()

    configure_logs("error", as_json=True)
    thread = threading.Thread(target=run, name="iamd")
    thread.start()
    try:
        assert ready.wait(30)
        assert started, "the server did not start"
        yield started[0][1]
    finally:
        for server, _ in started:
            server.stop()
        thread.join(30)

"""Several servers on one PostgreSQL: how late one hears of another's changes, and what two serve beside one.

Run: python -m benchmarks.nodes

CPU is what counts: two servers are worth what they need for a request together, beside one alone, when each has a core.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from botocore.credentials import Credentials

from benchmarks.api import CALLS, ENVIRONMENT, KEY, SECRET, signed
from benchmarks.load import drive
from benchmarks.servers import Process, free_port, iamd, process
from chaos.client import Client
from iamd.store.master_key import read_master_key
from iamd.store.opening import postgresql as open_database
from iamd.store.postgresql.follower import Follower
from iamd.store.postgresql.url import parse
from iamd.store.store import Store
from tests import postgresql
from tests.store.samples import add_user, new_account

CHANGES = 200
ROUNDS, COUNT = 3, 4_000
FOLLOWERS = 100
POLICY = '{{"Version": "2012-10-17", "Statement": {{"Effect": "{}", "Action": "iam:GetUser", "Resource": "*"}}}}'


def main() -> None:
    with tempfile.TemporaryDirectory() as name, postgresql.running() as cluster:
        folder = Path(name)
        key = folder / "master.key"
        key.write_bytes(secrets.token_bytes(32))
        with servers(["--database", cluster.new_database(), "--master-key-file", str(key)], folder, 2) as (one, two):
            tell("a change is decided on by the other server", staleness(one, two))
            with writing(one):
                tell("the same while four clients write", staleness(one, two))
            throughput(one, two)
        tell(f"{FOLLOWERS} servers hear of a change, the last one", asyncio.run(feed(cluster.new_database(), key)))


@contextmanager
def servers(flags: Sequence[str], folder: Path, number: int) -> Iterator[list[Process]]:
    with ExitStack() as stack:
        ports = [free_port() for _ in range(number)]
        yield [
            stack.enter_context(process(iamd(port, "--data-dir", str(folder / str(port)), *flags), port, ENVIRONMENT))
            for port in ports
        ]


def tell(what: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    p50, p99 = (ordered[int(share * (len(ordered) - 1))] * 1000 for share in (0.5, 0.99))
    print(f"{what}: median {p50:.1f} ms, p99 {p99:.1f} ms, at most {ordered[-1] * 1000:.1f} ms after it was answered")


def staleness(one: Process, two: Process) -> list[float]:
    """Seconds from the answer to a change on one server to the first decision on the other that heeds it."""
    root, writer, reader = Credentials(KEY, SECRET), Client(one.port), Client(two.port)
    name = f"reader-{secrets.token_hex(4)}"
    assert writer.call(root, "CreateUser", {"UserName": name}).status == 200
    made = json.loads(writer.call(root, "CreateAccessKey", {"UserName": name}).body)
    found = made["CreateAccessKeyResponse"]["CreateAccessKeyResult"]["AccessKey"]
    person = Credentials(found["AccessKeyId"], found["SecretAccessKey"])
    late = []
    for number in range(CHANGES):
        effect, status = (("Allow", 200), ("Deny", 403))[number % 2]
        policy = {"UserName": name, "PolicyName": "p", "PolicyDocument": POLICY.format(effect)}
        answer = writer.call(root, "PutUserPolicy", policy)
        assert answer.status == 200, answer.body
        while (told := reader.call(person, "GetUser", {})).status != status:
            pass
        late.append(told.ended - answer.ended)
    return late


@contextmanager
def writing(one: Process, clients: int = 4) -> Iterator[None]:
    """Have clients write to a server meanwhile."""
    over = threading.Event()

    def work(name: str) -> None:
        client, root = Client(one.port), Credentials(KEY, SECRET)
        client.call(root, "CreateUser", {"UserName": name})
        policy = {"UserName": name, "PolicyName": "p", "PolicyDocument": POLICY.format("Allow")}
        while not over.is_set():
            client.call(root, "PutUserPolicy", policy)

    threads = [threading.Thread(target=work, args=(f"writer-{number}",)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def throughput(one: Process, two: Process) -> None:
    """CPU that servers need for a signed, authorized and recorded GetUser, one alone and two together."""
    service, body = CALLS["GetUser"]
    body = body.replace("&UserName=alice", "")
    alone, together = [], []
    with ProcessPoolExecutor(2) as pool:

        def load(chosen: Sequence[Process]) -> float:
            before = sum(each.cpu() for each in chosen)
            requests = [signed(each.port, service, body) for each in chosen]
            done = [pool.submit(drive, each.port, [own], COUNT) for each, own in zip(chosen, requests, strict=True)]
            assert not sum(each.result().failures for each in done)
            return (sum(each.cpu() for each in chosen) - before) / (COUNT * len(chosen))

        for _ in range(ROUNDS):
            alone.append(load([one]))
            together.append(load([one, two]))
    single, both = statistics.median(alone), statistics.median(together)
    print(
        f"GetUser: {single * 1e6:.0f} us of CPU on one server alone, {both * 1e6:.0f} us on each of two: "
        f"two serve {2 * single / both:.2f} times what one does, with a core each ({os.cpu_count()} here)"
    )


async def feed(url: str, key: Path) -> list[float]:
    """Seconds from a commit to when the last of many followers of the change feed has heard of it."""
    store = Store(open_database(parse(url), key))
    await store.start()
    master = read_master_key(key)
    await store.write(new_account())
    followers = [Follower(parse(url), master, number, store.keyring) for number in range(FOLLOWERS)]
    await asyncio.gather(*(each.start() for each in followers))
    late = []
    for number in range(CHANGES // 4):
        for each in followers:
            each.inbox.changed()
        await store.write(add_user(number + 1))
        answered, waiting = time.perf_counter(), followers
        while waiting := [each for each in waiting if not each.inbox.changed()]:
            await asyncio.sleep(0.0005)
        late.append(time.perf_counter() - answered)
    await asyncio.gather(*(each.close() for each in followers))
    await store.close()
    return late


if __name__ == "__main__":
    main()

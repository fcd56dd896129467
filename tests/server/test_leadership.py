"""One of all servers on a database leads, and does what is done by one; another one does when that has ended."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import boto3

from iamd.audit.verification import verify
from iamd.server.leadership import LEADER, Leadership
from iamd.store.errors import StoreError
from tests.hostile.process import Served, served
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET
from tests.postgresql import Cluster
from tests.store.samples import on_loop

WITHIN = 40.0  # seconds


@on_loop
async def test_work_is_done_while_this_server_leads() -> None:
    seconds, done = [0.0], list[str]()

    @asynccontextmanager
    async def work() -> AsyncIterator[None]:
        done.append("begun")
        try:
            yield
        finally:
            done.append("ended")

    def lead() -> float:
        if seconds[0] < 0:
            raise StoreError("the lock cannot be had")
        return seconds[0]

    leadership = Leadership(lead, work, pause=0.001)
    running = asyncio.create_task(leadership.run())
    for left, held, so_far in ((5.0, True, 1), (0.0, False, 2), (0.002, True, 3), (-1.0, False, 4), (5.0, True, 5)):
        seconds[0] = left
        while leadership.held is not held:
            await asyncio.sleep(0.001)
        assert LEADER.collect()[0].samples[0].value == held
        assert done == (["begun", "ended"] * 3)[:so_far]
    running.cancel()
    await asyncio.wait([running])
    assert not leadership.held
    assert done[-1] == "ended"


def leads(server: Served) -> bool:
    with urllib.request.urlopen(f"{server.endpoint}/_iamd/health", timeout=30) as answer:
        return bool(json.load(answer)["leader"])


def until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + WITHIN
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def client(server: Served, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_SECRET,
    )


class Bucket:
    """What a trail has delivered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> Counter[str]:
        files = self.folder.glob("**/CloudTrail/**/*.json.gz")
        records = [each for file in files for each in json.loads(gzip.decompress(file.read_bytes()))["Records"]]
        return Counter(each["requestParameters"]["userName"] for each in records if each["eventName"] == "CreateUser")

    def wait_for_digest(self) -> None:
        """Return when there is one more."""
        present = self._digests()
        until(lambda: self._digests() > present)

    def _digests(self) -> int:
        return len(list(self.folder.glob("**/CloudTrail-Digest/**/*.json.gz")))

    def problems(self, trails: Any) -> list[str]:
        keys = {each["Fingerprint"]: each["Value"] for each in trails.list_public_keys()["PublicKeyList"]}
        return [found.problem for found in verify(self.folder, ACCOUNT, keys) if found.problem]


def test_another_server_takes_over_when_the_leader_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    """Trails are delivered once, in one chain of digests, whoever does it."""
    key, bucket = tmp_path / "master.key", Bucket(tmp_path / "buckets" / "audit")
    key.write_bytes(bytes(range(32)))
    bucket.folder.mkdir(parents=True)
    flags = ["--database", cluster.new_database(), "--master-key-file", str(key)]
    flags += ["--trail-buckets", str(bucket.folder.parent), "--trail-interval", "0.1", "--trail-digest-interval", "1"]
    with ExitStack() as stack:
        servers = [stack.enter_context(served(tmp_path / name, *flags)) for name in ("one", "two")]
        until(lambda: any(leads(server) for server in servers))
        leader, other = sorted(servers, key=leads, reverse=True)
        trails = client(other, "cloudtrail")
        trails.create_trail(Name="main", S3BucketName="audit", EnableLogFileValidation=True)
        trails.start_logging(Name="main")
        for number in range(10):
            client(servers[number % 2], "iam").create_user(UserName=f"before-{number}")
        until(lambda: len(bucket.names()) == 10)
        bucket.wait_for_digest()  # put behind the note of what was delivered, without which it is delivered again
        assert not leads(other)
        delivered = trails.get_trail_status(Name="main")["LatestDeliveryTime"]
        leader.process.kill()
        leader.stopped()
        client(other, "iam").create_user(UserName="after")
        until(lambda: leads(other) and bucket.names()["after"] == 1)
        bucket.wait_for_digest()
        assert set(bucket.names().values()) == {1}
        assert bucket.problems(trails) == []
        assert trails.get_trail_status(Name="main")["LatestDeliveryTime"] >= delivered

"""Requests to S3 through the gateway: added latency, CPU beside a bare uvicorn handler and beside a proxy that does
nothing, and a long upload.

The upstream is a bare uvicorn handler on core 0, as are the gateway and the proxy; the load comes from core 1.
Run: python -m benchmarks.gateway
"""

from __future__ import annotations

import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.api import ENVIRONMENT, answer
from benchmarks.load import drive
from benchmarks.servers import Process, free_port, iamd, process

ROUNDS, COUNT, SINGLE = 5, 8_000, 2_000
OBJECTS = 500  # asked for in turn: nobody reads one and the same all the time
UPLOAD, PIECE = 1 << 30, 1 << 20
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*Object", "Resource": "arn:aws:s3:::bucket/home/*"}],
}
APP = """
BODY = b"x" * 4096
HEADERS = [(b"content-type", b"binary/octet-stream"), (b"content-length", b"4096"), (b"etag", b'"0123"'),
           (b"x-amz-request-id", b"0123456789ABCDEF")]
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    if b"policy" in scope["query_string"]:
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
"""


class _Unsigned(S3SigV4Auth):
    """Says nothing about the body."""

    def payload(self, request: AWSRequest) -> str:
        return "UNSIGNED-PAYLOAD"


def request(port: int, key: tuple[str, str], method: str = "GET", length: int = 0, name: str = "object") -> bytes:
    """The head of a signed request for an object; a body of that length follows it unsigned."""
    path = f"/bucket/home/{name}"
    headers = {"Host": f"127.0.0.1:{port}", "User-Agent": "Boto3/1.44.5 md/Botocore#1.44.5 os/linux Botocore/1.44.5"}
    if length:
        headers |= {"Content-Length": str(length)}
    made = AWSRequest(method, f"http://127.0.0.1:{port}{path}", headers=headers)
    (_Unsigned if length else S3SigV4Auth)(Credentials(*key), "s3", "us-east-1").add_auth(made)
    head = "".join(f"{name}: {value}\r\n" for name, value in made.headers.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode()


def reads(port: int, key: tuple[str, str]) -> list[bytes]:
    """Requests for objects, one after the other."""
    return [request(port, key, name=f"object-{number}") for number in range(OBJECTS)]


def cost(server: Process, sent: list[bytes]) -> float:
    """CPU microseconds a request."""
    before = server.exact_cpu()
    load = drive(server.port, sent, COUNT)
    if load.failures:
        raise RuntimeError(f"{load.failures} of {load.requests} requests failed")
    return (server.exact_cpu() - before) / load.requests * 1e6


def latency(server: Process, sent: list[bytes]) -> float:
    """The median milliseconds of a request on one connection, one after another."""
    times = []
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        for each in islice(cycle(sent), SINGLE):
            started = time.perf_counter()
            sock.sendall(each)
            got = b""
            while len(got) < 4096 or not got.endswith(b"x" * 16):
                got += sock.recv(65536)
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3


def upload(server: Process, head: bytes) -> float:
    """Seconds of one long upload."""
    piece = b"y" * PIECE
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.sendall(head)
        for _ in range(UPLOAD // PIECE):
            sock.sendall(piece)
        got = sock.recv(65536)
    if not got.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(got.decode())
    return time.perf_counter() - started


def peak(server: Process) -> float:
    """The largest memory so far, in MB, of the process that serves."""
    status = Path(f"/proc/{server.popen.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@contextmanager
def proxy(upstream: Process) -> Iterator[Process]:
    """A proxy that does nothing."""
    port = free_port()
    with process([sys.executable, "-m", "benchmarks.proxy", str(port), str(upstream.port)], port) as idle:
        yield idle


@contextmanager
def servers() -> Iterator[tuple[Process, Process]]:
    """The upstream, and the gateway before it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bare.py").write_text(APP)
        port, own_port = free_port(), free_port()
        command = [sys.executable, "-m", "uvicorn", "bare:app", "--app-dir", folder, "--port", str(port)]
        flags = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
        gateway = iamd(own_port, "--data-dir", f"{folder}/data", "--upstream", f"s3=http://127.0.0.1:{port}")
        with process([*command, *flags], port) as bare, process(gateway, own_port, ENVIRONMENT) as ours:
            yield bare, ours


def user(ours: Process) -> tuple[str, str]:
    """The access key of a user that may read and write objects."""
    version = "&Version=2010-05-08"
    answer(ours.port, "iam", f"Action=CreateUser&UserName=alice{version}")
    policy = quote(json.dumps(POLICY))
    answer(ours.port, "iam", f"Action=PutUserPolicy&UserName=alice&PolicyName=p&PolicyDocument={policy}{version}")
    made = answer(ours.port, "iam", f"Action=CreateAccessKey&UserName=alice{version}").decode()
    return (
        made.split("<AccessKeyId>")[1].split("<")[0],
        made.split("<SecretAccessKey>")[1].split("<")[0],
    )


def main() -> None:
    with servers() as (bare, ours), proxy(bare) as idle:
        key = user(ours)
        direct, through = reads(bare.port, key), reads(ours.port, key)
        rows = []
        for _ in range(ROUNDS):
            costs = cost(bare, direct), cost(idle, direct), cost(ours, through)
            rows.append((*costs, latency(bare, direct), latency(ours, through)))
        bare_cpu, idle_cpu, our_cpu, bare_latency, our_latency = (
            statistics.median(each) for each in zip(*rows, strict=True)
        )
        added = statistics.median(row[4] - row[3] for row in rows)
        print(
            f"4 KB GET   direct {bare_latency:.3f} ms   through {our_latency:.3f} ms   added {added:.3f} (at most 0.4)"
        )
        ratio, floor = (statistics.median(row[which] / row[0] for row in rows) for which in (2, 1))
        print(
            f"CPU        bare {bare_cpu:.1f} us   gateway {our_cpu:.1f} us   {ratio:.2f} bare (aim: 2.5)   "
            f"a proxy that does nothing {idle_cpu:.1f} us   {floor:.2f} bare"
        )
        before = peak(ours)
        straight = upload(bare, request(bare.port, key, "PUT", UPLOAD))
        passed = upload(ours, request(ours.port, key, "PUT", UPLOAD))
        grown = peak(ours) - before
        print(
            f"1 GB PUT   direct {UPLOAD / straight / 1e6:.0f} MB/s   through {UPLOAD / passed / 1e6:.0f} MB/s   "
            f"{straight / passed:.0%} (at least 60 %)   memory grown by {grown:.0f} MB"
        )


if __name__ == "__main__":
    main()

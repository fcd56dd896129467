"""Several workers are one server: they take requests side by side, share what must be counted once, and are replaced."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.error import URLError

import pytest
from cryptography import x509
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from iamd.caller.buckets import BURST
from iamd.server.listening import bind_alike
from iamd.server.worker_metrics import WorkerMetrics
from tests import elsewhere
from tests.hostile.process import Served, command, environment, served
from tests.hostile.trail import recorded
from tests.server.test_tls import write

DEADLINE = 60.0


def until(happens: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


def children(process: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()}


def get(server: Served, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{server.endpoint}/_iamd/{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""
    except (URLError, ConnectionError):
        return 0, ""


def call(server: Served, action: str, **params: str) -> str:
    """Call over a connection of its own, which any worker may get; returns the code of the refusal, or nothing."""
    with closing(server.door()) as door:
        return door.call(action, params).code


def test_workers_share_connections_records_counts_and_metrics_and_are_replaced(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with served(data, "--workers", "2", "--throttle", "reads=100,writes=1", "--metrics", "public") as server:
        first = children(server.process.pid)
        assert len(first) == 2
        assert get(server, "health")[0] == 200

        # What one worker did the other knows, and both count it: a bucket holds what comes in five seconds.
        began, made = time.monotonic(), 0
        while not (refused := call(server, "CreateUser", UserName=f"user-{made}")):
            made += 1
        assert refused == "Throttling"
        assert BURST <= made <= BURST + 1 + time.monotonic() - began
        # On PostgreSQL the other one hears of it a moment later.
        until(lambda: {call(server, "ListAccessKeys", UserName="user-4") for _ in range(20)} == {""})
        assert [call(server, "GetUser", UserName="user-4") for _ in range(40)] == [""] * 40
        count = re.compile(r'iamd_requests_total\{code="OK",operation="GetUser",service="iam"\} 40\.0')
        until(lambda: count.search(get(server, "metrics")[1]))
        told = get(server, "metrics")[1]
        assert 'process_resident_memory_bytes{worker="0"}' in told
        assert 'process_resident_memory_bytes{worker="1"}' in told

        victim = min(first)
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(children(server.process.pid) - {victim}) == 2 and get(server, "health")[0] == 200)
        assert [call(server, "GetUser", UserName="user-4") for _ in range(10)] == [""] * 10
        assert count.search(get(server, "metrics")[1]) is None  # both the ended one's and the new one's count
        server.process.send_signal(signal.SIGTERM)
        assert server.stopped() == 0
        [complaint] = server.complaints()
        assert json.loads(complaint)["event"] == "a worker ended and is replaced"
    created = [event for event in recorded(data) if event["eventName"] == "CreateUser" and "errorCode" not in event]
    assert len(created) == made


def test_workers_end_with_the_process_that_began_them_and_take_up_a_renewed_certificate(tmp_path: Path) -> None:
    write(tmp_path, "one")
    files = ["--tls-certificate", str(tmp_path / "tls.crt"), "--tls-key", str(tmp_path / "tls.key")]
    process = subprocess.Popen(
        command("--port", "0", "--data-dir", str(tmp_path / "data"), "--workers", "2", *files),
        env=environment() | elsewhere.variables(tmp_path / "data"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout as said:
        try:
            found = next(found for line in said if (found := re.search(r"https://([\d.]+):(\d+)", line)))
            address = found[1], int(found[2])

            def shown() -> str:
                pem = ssl.get_server_certificate(address, timeout=20)
                return x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()

            assert {shown() for _ in range(8)} == {"CN=one"}
            write(tmp_path, "two")
            process.send_signal(signal.SIGHUP)
            until(lambda: {shown() for _ in range(8)} == {"CN=two"})
            workers = children(process.pid)
        finally:
            process.kill()
    until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def test_a_server_whose_workers_cannot_begin_says_why(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text("short")
    ended = subprocess.run(
        command("--port", "0", "--data-dir", str(tmp_path), "--workers", "2"),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert ended.returncode == 2
    assert "must hold 32 bytes" in ended.stderr


def test_an_address_is_not_shared_with_another_server() -> None:
    with ExitStack() as held:
        one, other = map(held.enter_context, bind_alike("127.0.0.1", 0, 2))
        assert one.getsockname() == other.getsockname()
        one.listen()
        with pytest.raises(OSError, match="cannot listen on"):
            bind_alike(*one.getsockname(), 2)


class Told:
    """Metrics of a worker as they are told it."""

    def __init__(self, *metrics: Metric) -> None:
        self._metrics = metrics

    def collect(self) -> tuple[Metric, ...]:
        return self._metrics


def test_counts_are_summed_also_of_ended_workers_and_gauges_are_each_workers_own(tmp_path: Path) -> None:
    def metrics(number: int) -> Told:
        counter = CounterMetricFamily("calls", "Calls", labels=["code"])
        counter.add_metric(["OK"], number, created=100 + number)
        gauge = GaugeMetricFamily("memory", "Memory")
        gauge.add_metric([], number)
        times = HistogramMetricFamily("times", "Times")
        times.add_metric([], [("1", number), ("+Inf", 2 * number)], number)
        return Told(counter, gauge, times)

    WorkerMetrics(tmp_path, 1, metrics(1)).tell()
    (tmp_path / f"1.{os.getpid()}").rename(tmp_path / "1.999999999")  # a process that is no more
    WorkerMetrics(tmp_path, 1, metrics(2)).tell()
    (tmp_path / f"1.{os.getpid()}").rename(tmp_path / f"1.{os.getppid()}")
    (tmp_path / "1.1").write_bytes(b"half")
    registry = WorkerMetrics(tmp_path, 0, metrics(4)).registry()
    assert registry.get_sample_value("calls_total", {"code": "OK"}) == 7
    assert registry.get_sample_value("calls_created", {"code": "OK"}) == 101
    assert registry.get_sample_value("times_bucket", {"le": "+Inf"}) == 14
    assert registry.get_sample_value("memory", {"worker": "0"}) == 4
    assert registry.get_sample_value("memory", {"worker": "1"}) == 2

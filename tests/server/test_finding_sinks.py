"""Findings are told to webhooks, files and syslog: tried again, bounded, and what is dropped is counted."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from iamd.audit.detections.finding import Finding
from iamd.server.finding_sinks import ATTEMPTS, DROPPED, Outbox
from tests.audit.test_detections import ROOT, detected, found, seen
from tests.audit.test_event import NOW


def finding() -> Finding:
    return found(detected(seen(who=ROOT))[0], None, NOW)


class Hook:
    """A web server that answers with the statuses it is given, 200 afterwards; knows what it was sent."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = hook.statuses.pop(0) if hook.statuses else 200
                if status == 200:
                    hook.bodies.append(body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/secret-path"


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def told(outbox: Outbox, *findings: Finding) -> None:
    async def main() -> None:
        running = asyncio.create_task(outbox.run())
        for each in findings:
            outbox.put(each)
        await outbox.delivered()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


def test_a_webhook_is_tried_again(hook: Hook) -> None:
    hook.statuses = [503, 302, 500]
    outbox = Outbox((hook.url,), pause=0)
    told(outbox, finding())
    (body,) = hook.bodies
    assert json.loads(body) == finding().document()
    assert outbox.dropped == 0


def test_what_a_sink_never_takes_is_dropped_counted_and_said(
    hook: Hook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook.statuses = [500] * ATTEMPTS
    file = tmp_path / "deep" / "findings.jsonl"
    outbox = Outbox((hook.url, str(file)), pause=0)
    name = f"{hook.url.removesuffix('secret-path')}..."
    before = DROPPED.labels(name)._value.get()
    told(outbox, finding(), finding())
    assert (outbox.dropped, len(hook.bodies)) == (1, 1)
    assert DROPPED.labels(name)._value.get() == before + 1
    assert len(file.read_text().splitlines()) == 2  # the other sink is not held up
    assert file.stat().st_mode & 0o777 == 0o600
    assert "secret-path" not in capsys.readouterr().err


def test_too_many_that_wait_are_dropped_and_nobody_waits(tmp_path: Path) -> None:
    outbox = Outbox((str(tmp_path / "file"),), waiting=2)
    for _ in range(5):
        outbox.put(finding())
    assert outbox.dropped == 3


def test_a_sink_that_cannot_be_written_drops(tmp_path: Path) -> None:
    outbox = Outbox((str(tmp_path), f"syslog:{tmp_path}/none"), pause=0)
    told(outbox, finding())
    assert outbox.dropped == 2


def test_syslog_is_told_by_udp_and_by_its_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own,
    ):
        udp.bind(("127.0.0.1", 0))
        own.bind(path)
        told(Outbox((f"syslog:127.0.0.1:{udp.getsockname()[1]}", f"syslog:{path}")), finding())
        for message in (udp.recv(9000), own.recv(9000)):
            head, _, body = message.decode().partition("{")
            assert head.startswith("<85>1 2026-03-24T21:11:59.000Z ")
            assert json.loads("{" + body) == finding().document()

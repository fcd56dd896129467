"""A clock that is set while a program runs: what that program sees of it, and what servers make of requests and sessions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaos.client import Answer, Client
from chaos.clock import Clock, built
from chaos.estate import ENVIRONMENT, ROOT
from chaos.node import Node
from tests import elsewhere

_LOOKS = """
import json, sqlite3, sys, threading, time
from datetime import datetime
for _ in sys.stdin:
    began = time.monotonic()
    threading.Event().wait(0.01)
    time.sleep(0.01)
    waited = time.monotonic() - began
    second = sqlite3.connect(":memory:").execute("SELECT unixepoch()").fetchone()[0]
    times = [time.time(), time.time_ns() / 1e9, datetime.now().timestamp(), second]
    print(json.dumps([time.monotonic(), waited, times]), flush=True)
"""


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock", built(tmp_path))


def test_a_program_sees_the_time_that_was_set_and_waits_as_before(clock: Clock) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _LOOKS],
        env={**os.environ, **clock.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        for offset in (0.0, 7200.5, -86_400.25, -1e9, 0.0):
            clock.step(offset)
            before, monotonic = time.time(), time.monotonic()
            program.stdin.write("look\n")
            program.stdin.flush()
            steady, waited, times = json.loads(program.stdout.readline())
            assert monotonic < steady < time.monotonic()
            assert 0.01 < waited < 10
            assert all(before - 1 <= each - offset <= time.time() for each in times)
        program.stdin.close()


def test_an_offset_is_known_for_each_moment(clock: Clock) -> None:
    began = time.monotonic()
    clock.step(5.0)
    middle = time.monotonic()
    clock.step(-7.0)
    assert clock.offset == -7.0
    assert clock.offsets(began, middle) == [0.0, 5.0]
    assert clock.offsets(middle, time.monotonic()) == [0.0, 5.0, -7.0]  # as long as setting it may take
    assert clock.offsets(middle + 60, middle + 61) == [-7.0]


@pytest.mark.timeout(120)
def test_a_server_whose_clock_is_set_refuses_by_it_and_loses_nothing(clock: Clock, tmp_path: Path) -> None:
    data = tmp_path / "data"
    node = Node("one", ["--data-dir", str(data)], ENVIRONMENT | elsewhere.variables(data), tmp_path / "log", clock)
    node.start()
    client = Client(node.port)

    def call(action: str, **parameters: str) -> Answer:
        return client.call(ROOT, action, {"UserName": "alice", **parameters})

    def tag(value: str) -> Answer:
        """Until the client knows the server's time, which stands in refusals, as it was a moment ago."""
        while (answer := call("TagUser", **{"Tags.member.1.Key": "k", "Tags.member.1.Value": value})).is_skewed:
            pass
        return answer

    try:
        revision = call("CreateUser").revision or 0
        for offset in (200.0, 3600.0, -7200.0, 0.0):
            apart = abs(offset - clock.offset)
            clock.step(offset)
            refused = call("GetUser")
            assert refused.is_skewed == (apart > 300)
            assert refused.status == (403 if apart > 300 else 200)
            tagged = tag(str(offset))
            assert tagged.status == 200
            assert tagged.revision == revision + 1
            revision += 1
            told = json.loads(call("GetUser").body)["GetUserResponse"]["GetUserResult"]["User"]
            assert told["Tags"] == [{"Key": "k", "Value": str(offset)}]
    finally:
        client.close()
        node.kill()

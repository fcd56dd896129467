"""A short run against real servers."""

from __future__ import annotations

import json

import pytest

from chaos.__main__ import main


@pytest.mark.timeout(300)
def test_two_servers_on_one_database_keep_every_promise_while_they_are_killed(capsys):
    # With this seed: a pause, a full disk, and a kill.
    flags = [
        "--kills",
        "1",
        "--nodes",
        "2",
        "--all-faults",
        "--seed",
        "5",
        "--writers",
        "2",
        "--readers",
        "2",
        "--json",
    ]
    assert main(flags) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["violations"] == []
    assert report["faults"] == {"pause": 1, "full disk": 2, "kill": 1}
    assert report["acknowledged_writes"] > 10
    assert report["recorded"] >= report["acknowledged_writes"]
    assert report["reads"] > 10

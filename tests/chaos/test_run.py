"""A short run against real servers."""

from __future__ import annotations

import json

import pytest

from chaos import spaces
from chaos.__main__ import main


@pytest.mark.timeout(300)
def test_two_servers_on_one_database_keep_every_promise_while_they_are_killed(capsys):
    # With this seed: a clock that is set, a pause, a full disk, and a kill.
    flags = [
        "--kills",
        "1",
        "--nodes",
        "2",
        "--all-faults",
        "--seed",
        "28",
        "--writers",
        "2",
        "--readers",
        "2",
        "--users",
        "7",  # one for each of the means, and one more
        "--json",
    ]
    assert main(flags) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["violations"] == []
    assert report["faults"] == {"clock": 1, "pause": 1, "full disk": 1, "kill": 1}
    assert report["acknowledged_writes"] > 10
    assert report["recorded"] > 10
    assert report["reads"] > 10


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--network"], "add --postgresql"),
        (["--packets"], "add --postgresql"),
        (["--packets", "--network", "--postgresql"], "leave --network away"),
    ],
)
def test_what_makes_no_sense_is_refused(flags, reason, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(flags)
    assert reason in capsys.readouterr().err


def test_what_takes_root_is_refused_to_others(monkeypatch, capsys):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert main(["--disk", "8"]) == 2
    assert "only root on Linux may mount a disk: leave --disk away" in capsys.readouterr().err
    assert spaces.hindrance() == "only root may make network namespaces"

"""A short run against a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from soak.__main__ import run


@pytest.mark.timeout(300)
def test_every_kind_of_work_is_done_and_measured(tmp_path: Path) -> None:
    load, measured = run(4.0, tmp_path, pause=0.2, sessions=3)
    assert load.failed == {}
    assert set(load.done) == {"change", "read", "assume", "federate", "fetch", "visit", "look_up", "turn"}
    last = measured[-1]
    assert last.steps > 8
    assert last.memory > 10
    assert last.files > 10
    assert last.threads > 1
    assert last.disk > 0
    assert last.cpu > measured[0].cpu

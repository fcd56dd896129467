"""The log."""

from __future__ import annotations

import errno
import io
import sys

from iamd.server.logs import configure_logs
from iamd.server.telemetry import log


class Full(io.StringIO):
    """A file on a disk that is full, like /dev/full."""

    def write(self, line: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else(monkeypatch, capsys):
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", Full())
        configure_logs("info", as_json=True)
        log.info("nobody_sees_this")
    configure_logs("info", as_json=True)
    log.info("and_this_is_seen")
    assert '"event": "and_this_is_seen"' in capsys.readouterr().err

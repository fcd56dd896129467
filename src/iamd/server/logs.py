"""How the logs are written."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog

from iamd.server.telemetry import log


class _Forward(logging.Handler):
    """Passes on what libraries log, in the form of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


class _Lossy:
    """A stream whose lines are lost when they cannot be written: a full disk below the log must not fail requests."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> int:
        with suppress(OSError):
            return self._stream.write(line)
        return 0

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure_logs(level: str, as_json: bool) -> None:
    """One structured line an event, on standard error."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=_Lossy(sys.stderr)),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    for name in ("asyncio", "uvicorn.error"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [_Forward()], False
        # Below this, uvicorn tells of every malformed request: anyone could fill the log.
        library.setLevel(logging.ERROR)

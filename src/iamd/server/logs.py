"""How the logs are written."""

from __future__ import annotations

import logging
import sys

import structlog

from iamd.server.telemetry import log


class _Forward(logging.Handler):
    """Passes on what libraries log, in the form of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


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
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    for name in ("asyncio", "uvicorn.error"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [_Forward()], False
        # Below this, uvicorn tells of every malformed request: anyone could fill the log.
        library.setLevel(logging.ERROR)

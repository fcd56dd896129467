"""Metrics and logs of the chain. What a request was about is in the audit record, not here."""

from __future__ import annotations

import logging
import sys
from time import perf_counter

import structlog
from prometheus_client import Counter, Histogram

from iamd.server.exchange import Exchange

REQUESTS = Counter("iamd_requests", "Requests answered", ["service", "operation", "code"])
SECONDS = Histogram(
    "iamd_request_seconds",
    "Time from the complete request to the answer",
    ["service"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

log = structlog.get_logger("iamd")

_counters: dict[tuple[str, str, str], Counter] = {}
_timers: dict[str, Histogram] = {}


def observe(exchange: Exchange, started: float) -> None:
    """Count one answered request; labels come from the models only, never from a client."""
    service = exchange.api.name if exchange.api else "none"
    operation = exchange.operation.name if exchange.operation else "none"
    code = exchange.error.code if exchange.error else "OK"
    counter = _counters.get((service, operation, code))
    if counter is None:
        counter = _counters[service, operation, code] = REQUESTS.labels(service, operation, code)
    timer = _timers.get(service)
    if timer is None:
        timer = _timers[service] = SECONDS.labels(service)
    counter.inc()
    timer.observe(perf_counter() - started)


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

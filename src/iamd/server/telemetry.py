"""Metrics of the chain, and its log. What a request was about is in the audit record, not here."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Final

import structlog
from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from iamd.server.exchange import Exchange

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds
_BOUNDS: Final = list(BUCKETS)

log = structlog.get_logger("iamd")


class _Times:
    """How long requests to a service took."""

    def __init__(self) -> None:
        self.sum = 0.0
        self.buckets = [0] * (len(BUCKETS) + 1)

    def add(self, seconds: float) -> None:
        self.sum += seconds
        low, high = 0, len(_BOUNDS)
        while low < high:  # as bisect.bisect_left, which is called with objects and compares objects
            middle = (low + high) >> 1
            if _BOUNDS[middle] < seconds:
                low = middle + 1
            else:
                high = middle
        self.buckets[low] += 1


class Tally:
    """Counts answered requests and their times: plain numbers, which cost a request a tenth of prometheus_client's
    locked ones (all requests are answered on one thread); it reads them when it is scraped."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, str], int] = {}
        self._times: dict[str, _Times] = {}

    def count(self, service: str, operation: str, code: str, seconds: float) -> None:
        """Labels come from the models and the error catalogue only, never from a client."""
        key = (service, operation, code)
        self._requests[key] = self._requests.get(key, 0) + 1
        times = self._times.get(service)
        if times is None:
            times = self._times[service] = _Times()
        times.add(seconds)

    def collect(self) -> Iterator[Metric]:
        """What prometheus_client asks for."""
        requests = CounterMetricFamily("iamd_requests", "Requests answered", labels=["service", "operation", "code"])
        for labels, number in list(self._requests.items()):
            requests.add_metric(list(labels), number)
        yield requests
        seconds = HistogramMetricFamily(
            "iamd_request_seconds", "Time from the complete request to the answer", labels=["service"]
        )
        for service, times in list(self._times.items()):
            total, buckets = 0, []
            for bound, number in zip((*map(str, BUCKETS), "+Inf"), times.buckets, strict=True):
                total += number
                buckets.append((bound, float(total)))
            seconds.add_metric([service], buckets, times.sum)
        yield seconds


TALLY = Tally()
REGISTRY.register(TALLY)


def observe(exchange: Exchange, started: float) -> None:
    """Count one answered request."""
    service = exchange.api.name if exchange.api else "none"
    operation = exchange.operation.name if exchange.operation else "none"
    TALLY.count(service, operation, exchange.error.code if exchange.error else "OK", perf_counter() - started)

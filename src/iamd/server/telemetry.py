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


class _Number:
    def __init__(self) -> None:
        self.value = 0


class _Service:
    """How many requests to a service there were, by operation and code, and how long they took."""

    def __init__(self) -> None:
        self.numbers: dict[str, dict[str, _Number]] = {}
        self.sum = 0.0
        self.buckets = [0] * (len(BUCKETS) + 1)

    def number(self, operation: str, code: str) -> _Number:
        """Of the requests for an operation that were answered so."""
        codes = self.numbers.get(operation)
        if codes is None:
            codes = self.numbers[operation] = {}
        number = codes.get(code)
        if number is None:
            number = codes[code] = _Number()
        return number

    def add(self, seconds: float) -> None:
        """One took so long."""
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
        self._services: dict[str, _Service] = {}

    def count(self, service: str, operation: str, code: str, seconds: float) -> None:
        """Labels come from the models and the error catalogue only, never from a client."""
        counted = self._services.get(service)
        if counted is None:
            counted = self._services[service] = _Service()
        counted.number(operation, code).value += 1
        counted.add(seconds)

    def collect(self) -> Iterator[Metric]:
        """What prometheus_client asks for."""
        requests = CounterMetricFamily("iamd_requests", "Requests answered", labels=["service", "operation", "code"])
        services = list(self._services.items())  # a copy, as of what is in it: another thread counts on
        for service, counted in services:
            for operation, codes in list(counted.numbers.items()):
                for code, number in list(codes.items()):
                    requests.add_metric([service, operation, code], number.value)
        yield requests
        seconds = HistogramMetricFamily(
            "iamd_request_seconds", "Time from the complete request to the answer", labels=["service"]
        )
        for service, counted in services:
            total, buckets = 0, []
            for bound, took in zip((*map(str, BUCKETS), "+Inf"), counted.buckets, strict=True):
                total += took
                buckets.append((bound, float(total)))
            seconds.add_metric([service], buckets, counted.sum)
        yield seconds


TALLY = Tally()
REGISTRY.register(TALLY)


def observe(exchange: Exchange, started: float) -> None:
    """Count one answered request."""
    service = exchange.api.name if exchange.api else "none"
    operation = exchange.operation.name if exchange.operation else "none"
    TALLY.count(service, operation, exchange.error.code if exchange.error else "OK", perf_counter() - started)

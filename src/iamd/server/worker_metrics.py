"""The metrics of a server's workers, told as one server's.

Each worker writes its own into a file now and then; whichever is asked adds them up: counters and histograms are summed,
also those of workers that have ended, and gauges get a label that says whose they are.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from prometheus_client import REGISTRY, Metric
from prometheus_client.registry import Collector, CollectorRegistry

SECONDS = 1.0  # that the others' numbers may be old

_SUMMED = ("counter", "histogram", "summary")


class Sample(msgspec.Struct, array_like=True):
    """One number."""

    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, array_like=True):
    """A metric with its samples."""

    name: str
    about: str
    type: str
    samples: list[Sample]


_decode = msgspec.msgpack.Decoder(list[Family]).decode


class WorkerMetrics:
    """What prometheus_client collects in one worker: of all of them. Files lie in `folder`, which they share."""

    def __init__(self, folder: Path, index: int, own: Collector = REGISTRY) -> None:
        self._folder = folder
        self._index = str(index)
        self._file = folder / f"{index}.{os.getpid()}"
        self._own = own

    def registry(self) -> CollectorRegistry:
        """These metrics as a registry, for prometheus_client to serve."""
        registry = CollectorRegistry()
        registry.register(self)
        return registry

    def collect(self) -> Iterator[Metric]:
        """All workers' metrics: this one's as they are, the others' as they were a moment ago."""
        merged: dict[str, Metric] = {}
        for index, families in self._all():
            for family in families:
                metric = merged.get(family.name)
                if metric is None:
                    metric = merged[family.name] = Metric(family.name, family.about, family.type)
                for sample in family.samples:
                    _add(metric, sample, index)
        yield from merged.values()

    async def run(self) -> None:
        """Tell the others now and then, for ever."""
        while True:
            self.tell()
            await asyncio.sleep(SECONDS)

    def tell(self) -> None:
        """Write this worker's metrics for the others; what cannot be written is what it was a moment ago."""
        fresh = self._file.with_suffix(".fresh")
        with suppress(OSError):
            fresh.write_bytes(msgspec.msgpack.encode(_families(self._own.collect())))
            fresh.replace(self._file)

    def _all(self) -> Iterator[tuple[str, list[Family]]]:
        yield self._index, _families(self._own.collect())
        for file in sorted(self._folder.iterdir()):
            index, _, process = file.name.partition(".")
            if process.isdigit() and file != self._file:
                with suppress(OSError, msgspec.DecodeError):
                    families = _decode(file.read_bytes())
                    yield index, families if _lives(int(process)) else [f for f in families if f.type in _SUMMED]


def _families(metrics: Iterable[Metric]) -> list[Family]:
    return [
        Family(
            metric.name,
            metric.documentation,
            metric.type,
            [Sample(sample.name, dict(sample.labels), sample.value) for sample in metric.samples],
        )
        for metric in metrics
    ]


def _add(metric: Metric, sample: Sample, index: str) -> None:
    """Take a worker's number in."""
    if metric.type not in _SUMMED:
        metric.add_sample(sample.name, {**sample.labels, "worker": index}, sample.value)
        return
    for at, known in enumerate(metric.samples):
        if known.name == sample.name and known.labels == sample.labels:
            first = sample.name.endswith("_created")  # a time, and not a number of something
            value = min(known.value, sample.value) if first else known.value + sample.value
            metric.samples[at] = known._replace(value=value)
            return
    metric.add_sample(sample.name, sample.labels, sample.value)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

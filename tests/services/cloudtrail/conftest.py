"""A server that has a place for the buckets of trails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import Live, live


@pytest.fixture(scope="package")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the buckets."""
    return tmp_path_factory.mktemp("buckets")


@pytest.fixture(scope="package")
def running_server(buckets: Path) -> Iterator[Live]:
    with live(trail_buckets=str(buckets), trail_interval=86_400) as server:
        yield server


@pytest.fixture
def trail(server: Live) -> Any:
    """CloudTrail as root."""
    return server.client("cloudtrail")

"""A server that is reset before every test, and the door to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.door import Door
from tests.live import Live, live


@pytest.fixture(scope="package")
def running_server() -> Iterator[Live]:
    with live() as server:
        yield server


@pytest.fixture
def server(running_server: Live) -> Live:
    """A running iamd with one account, its root user and nothing else."""
    running_server.reset()
    return running_server


@pytest.fixture
def door(server: Live) -> Iterator[Door]:
    opened = Door(server.endpoint)
    yield opened
    opened.close()

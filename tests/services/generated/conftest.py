"""The world, stocked once; a test that changed it has it put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.services.generated.direct import Direct
from tests.services.generated.world import World


@pytest.fixture(scope="package")
def stocked() -> Iterator[World]:
    with closing(Direct()) as direct:
        yield World(direct)


@pytest.fixture
def world(stocked: World) -> Iterator[World]:
    yield stocked
    stocked.restore()
    assert stocked.direct.contents() == stocked.contents

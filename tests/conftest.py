"""Settings that hold for every test."""

from collections.abc import Iterator

import pytest
import structlog

from tests import effort, postgresql
from tests.postgresql import Cluster

pytest.register_assert_rewrite("tests.store")  # the conformance suite shows what it compared, wherever it is imported
effort.load()


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command that a test runs writes its log to what the test captures, which is closed when the next one begins."""
    known = structlog.get_config()
    yield
    if structlog.get_config() != known:
        structlog.configure(**known)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server."""
    with postgresql.running() as server:
        yield server

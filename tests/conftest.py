"""Settings that hold for every test."""

from collections.abc import Iterator

import pytest
import structlog

from tests import effort, elsewhere, postgresql
from tests.postgresql import Cluster

pytest.register_assert_rewrite("tests.store")  # the conformance suite shows what it compared, wherever it is imported
effort.load()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", elsewhere.MARK)
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    elsewhere.install(patch)


@pytest.hookimpl(tryfirst=True)  # before fixtures, of whatever scope
def pytest_runtest_setup(item: pytest.Item) -> None:
    elsewhere.choose(item)


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

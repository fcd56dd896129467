"""SQLite passes the suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamd.store import Store
from tests.store.conformance import StoreConformance
from tests.store.samples import Opener


class TestSqlite(StoreConformance):
    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        return lambda: Store.open_sqlite(tmp_path / "data")

"""What every database must do for the store. A backend's tests derive from `StoreConformance` and give `opener`.

    class TestSqlite(StoreConformance):
        @pytest.fixture
        def opener(self, tmp_path: Path) -> Opener:
            return lambda: Store.open_sqlite(tmp_path / "data")

`opener` opens the same database each time, as another process would; `key` is the file of its master key; `query` runs SQL
on it from outside.
"""

from __future__ import annotations

from tests.store.suite.changes import Changes, Durability, Keys, Memory
from tests.store.suite.denials import Denials
from tests.store.suite.events import Events
from tests.store.suite.feed import Feed
from tests.store.suite.findings import Findings
from tests.store.suite.history import History
from tests.store.suite.processes import Processes
from tests.store.suite.records import Names, Records
from tests.store.suite.results import Results
from tests.store.suite.slow_commits import SlowCommits
from tests.store.suite.upgrades import Upgrades


class StoreConformance(
    Records,
    Names,
    Changes,
    Durability,
    SlowCommits,
    Processes,
    Keys,
    Feed,
    History,
    Denials,
    Events,
    Results,
    Findings,
    Memory,
    Upgrades,
):
    """All of it."""

    __test__ = False

    def __init_subclass__(cls) -> None:
        cls.__test__ = True

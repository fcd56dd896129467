"""Failures in the suite show what was compared."""

import pytest

for module in ("samples", "suite.changes", "suite.feed", "suite.processes", "suite.records"):
    pytest.register_assert_rewrite(f"tests.store.{module}")

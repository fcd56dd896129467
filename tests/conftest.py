"""Settings that hold for every test."""

import pytest

from tests import effort

pytest.register_assert_rewrite("tests.store")  # the conformance suite shows what it compared, wherever it is imported
effort.load()

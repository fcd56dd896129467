"""Settings that hold for every test."""

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("tests.store")  # the conformance suite shows what it compared, wherever it is imported

# Shared machines stall now and then: a slow example is no failure, a hanging test has its time-out.
settings.register_profile("iamd", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("iamd")

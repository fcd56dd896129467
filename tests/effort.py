"""How hard properties are tried: Hypothesis's profile, which HYPOTHESIS_PROFILE names.

`usual` is that of `make test`. `nightly` tries everything on ten times as many examples (`make nightly`), `mutants` on
a tenth, which are the same each time (`make mutants`).
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

# Shared machines stall now and then: a slow example is no failure, a hanging test has its time-out.
_USUAL = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("usual", _USUAL)
settings.register_profile("nightly", _USUAL, max_examples=10 * _USUAL.max_examples)
settings.register_profile(
    "mutants", _USUAL, max_examples=_USUAL.max_examples // 10, derandomize=True, database=None, phases=[Phase.generate]
)


def load() -> None:
    """Take the profile that the environment asks for."""
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


def examples(count: int) -> settings:
    """Settings of a property to be tried on so many examples in the usual profile, and large ones at that."""
    scaled = max(1, count * settings.default.max_examples // _USUAL.max_examples)
    return settings(max_examples=scaled, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

"""Durations and attributes: what holds of any of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.services.identitystore.attributes import changed
from iamd.services.sso_admin import durations
from iamd.wire.errors import ValidationException

HOUR = 3600
PATHS = st.sampled_from(["nickName", "name.familyName", "title", "aws:identitystore:enterprise.costCenter"])


@settings(max_examples=100)
@given(st.integers(0, 14), st.integers(0, 90), st.integers(0, 90))
def test_a_duration_is_what_its_parts_add_up_to(hours: int, minutes: int, seconds: int) -> None:
    text, total = f"PT{hours}H{minutes}M{seconds}S", hours * HOUR + minutes * 60 + seconds
    if HOUR <= total <= 12 * HOUR:
        assert durations.seconds(text) == total
    else:
        with pytest.raises(ValidationException):
            durations.seconds(text)


@settings(max_examples=100)
@given(st.dictionaries(PATHS, st.text(min_size=1)), PATHS, st.text(min_size=1))
def test_an_attribute_that_is_put_and_removed_leaves_no_trace(present: dict[str, str], path: str, value: str) -> None:
    attributes: dict[str, Any] = {}
    for each, text in present.items():
        attributes = changed(attributes, each, text)
    without = changed(attributes, path, None)
    assert changed(changed(attributes, path, value), path, None) == without
    assert changed(without, path, value) == changed(attributes, path, value)
    assert without == changed(without, path, None)
    if path in present:
        assert changed(without, path, present[path]) == attributes

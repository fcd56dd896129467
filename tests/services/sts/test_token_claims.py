"""Properties of what claims are to IAM, whatever a provider lets its users put into a token."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.services.sts.token_claims import claim_keys, claimed_tags, later_keys
from iamd.wire.errors import AwsError

ISSUER = "Idp.example/realms/A"
NAMES = st.one_of(st.text(max_size=8), st.sampled_from(["AUD", "Sub", "oaud", "8443:sub", "8443/x:aud", "amr", "azp"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60)
@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_no_claim_stands_for_one_that_was_checked_or_for_another_issuers(others: dict[str, Any]) -> None:
    claims = {**others, "sub": "jane", "aud": "app", "azp": None}
    keys = claim_keys(ISSUER, claims, "app")
    prefix = ISSUER.lower()
    assert (keys[f"{prefix}:sub"], keys[f"{prefix}:aud"]) == ("jane", "app")
    assert f"{prefix}:oaud" not in keys
    assert all(key.startswith(f"{prefix}:") and not key.startswith(f"{prefix}:8443") for key in keys)
    assert all(isinstance(value, str) or all(isinstance(each, str) for each in value) for value in keys.values())
    assert set(later_keys(ISSUER, keys)) <= {f"{prefix}:{name}" for name in ("aud", "sub", "amr")}


@settings(max_examples=60)
@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), VALUES)
def test_tags_are_taken_or_refused(tags: dict[str, Any], transitive: Any) -> None:
    claim = {"principal_tags": tags, "transitive_tag_keys": transitive}
    try:
        found = claimed_tags({"https://aws.amazon.com/tags": claim})
    except AwsError:
        return
    assert len(found.tags) == len(tags)
    assert set(found.transitive) <= set(dict(found.tags))

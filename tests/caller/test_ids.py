"""Ids in AWS's shapes, and the account that access key ids carry."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.caller import ids

account_ids = st.integers(0, 10**12 - 1).map("{:012d}".format)


@given(account_ids, st.sampled_from(["AKIA", "ASIA"]))
def test_an_access_key_id_carries_its_account(account_id: str, prefix: str) -> None:
    key = ids.access_key_id(account_id, prefix)
    assert re.fullmatch(prefix + "[A-Z2-7]{16}", key)
    assert ids.account_of(key) == account_id


def test_the_account_is_where_aws_has_it() -> None:
    assert ids.account_of("AKIARZPUZDIKGB2VALC4") == "123456789012"


@given(st.text(max_size=24) | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=20, max_size=20))
def test_any_text_carries_an_account_or_none(text: str) -> None:
    account_id = ids.account_of(text)
    assert account_id is None or re.fullmatch("[0-9]{12}", account_id)


@pytest.mark.parametrize(
    "key",
    ["", "AKIAIOSFODNN7EXAMPLE", "AKIDEXAMPLE", "AKIA" + "7" * 16, "akiarzpuzdikgb2valc4", "AKIARZPUZDIKGB2VALC4\n"],
)
def test_other_keys_carry_none(key: str) -> None:
    assert ids.account_of(key) is None


@pytest.mark.parametrize("account_id", ["", "12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_a_key_needs_an_account(account_id: str) -> None:
    with pytest.raises(ValueError, match="12 digits"):
        ids.access_key_id(account_id)


def test_ids_and_secrets_have_awss_shapes_and_do_not_repeat() -> None:
    made = [ids.unique_id("AIDA") for _ in range(200)]
    assert all(re.fullmatch("AIDA[A-Z2-7]{17}", one) for one in made)
    made_secrets = [ids.secret_access_key() for _ in range(200)]
    assert all(re.fullmatch("[A-Za-z0-9+/]{40}", one) for one in made_secrets)
    assert len(set(made)) == len(set(made_secrets)) == 200


def test_temporary_keys_carry_their_account_and_do_not_repeat() -> None:
    made = [ids.temporary_key("123456789012") for _ in range(200)]
    assert all(re.fullmatch("ASIA[A-Z2-7]{16}", one) and ids.account_of(one) == "123456789012" for one, _ in made)
    assert all(re.fullmatch("[A-Za-z0-9+/]{40}", secret) for _, secret in made)
    assert len({one for one, _ in made}) == len({secret for _, secret in made}) == 200

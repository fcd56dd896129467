"""Documents as answers carry them."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from iamd.services.iam.documents import encoded


@given(st.one_of(st.text(), st.text(st.characters(max_codepoint=127))))
def test_documents_are_percent_encoded_as_rfc_3986_has_it(text: str) -> None:
    assert encoded(text) == quote(text, safe="")

"""Nothing that is proved can be refuted: what the prover says of random policies, the engine is asked."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.analysis.symbolic import Access, Undecided, new_access
from iamd.policy import Document, Kind, Request, decide
from tests.analysis.symbolic.drawn import documents, requests


def _compared(new: Document, old: Document, asked: list[Request]) -> None:
    theirs, ours = Access.of(new), Access.of(old)
    try:
        witness = new_access(theirs, ours)
    except Undecided:
        return  # an honest answer; how seldom it is given is tested elsewhere
    for request in asked if witness is None else [witness.request]:
        is_new = decide(request, theirs.layers).allowed and not decide(request, ours.layers).allowed
        assert is_new is (witness is not None), request


@settings(max_examples=80, deadline=None)
@given(documents(), documents(), st.lists(requests(), min_size=20, max_size=20))
def test_identity_policies(new: Document, old: Document, asked: list[Request]) -> None:
    _compared(new, old, asked)


@settings(max_examples=60, deadline=None)
@given(documents(Kind.RESOURCE), documents(Kind.RESOURCE), st.lists(requests(Kind.RESOURCE), min_size=20, max_size=20))
def test_resource_policies(new: Document, old: Document, asked: list[Request]) -> None:
    _compared(new, old, asked)


@settings(max_examples=60, deadline=None)
@given(documents())
def test_a_policy_allows_nothing_that_it_does_not_allow(document: Document) -> None:
    try:
        assert new_access(Access.of(document), Access.of(document)) is None
    except Undecided:
        return

"""Three provers on the same pairs of policies: the own form, cvc5, and brute force on a small alphabet.

A few hundred pairs in `make test`, 5,000 in `make nightly`.
"""

from __future__ import annotations

import json
import os
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamd.analysis.symbolic import Access, Budget, new_access, smt, texts
from iamd.analysis.symbolic.automaton import ARN, FOLDED, RESOURCE, TEXT, automaton, machine
from iamd.analysis.symbolic.budget import STEPS, Undecided
from iamd.analysis.symbolic.texts import TextSet, find
from iamd.policy import Document, Kind, Principal, Request, decide
from iamd.policy.parse import read_document
from iamd.policy.patterns import mark
from tests.analysis.symbolic.smt_policies import ACTIONS, KEYS, RESOURCES, TEXTS, Formulas, statements

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
PAIRS, EFFORT = (5_000, 20_000) if NIGHTLY else (200, 10_000)
_BOB = Principal.from_text("arn:aws:iam::123456789012:user/bob")
_CONTEXTS = [
    {key.lower(): value for key, value in zip(KEYS, values, strict=True) if value is not None}
    for values in product((None, *TEXTS), repeat=len(KEYS))
]
_REQUESTS = [
    Request(_BOB, action, resource, "123456789012", context)
    for action, resource, context in product(ACTIONS, RESOURCES, _CONTEXTS[:: 1 if NIGHTLY else 5])
]


def document(listed: list[dict[str, Any]]) -> Document:
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": listed}), Kind.IDENTITY)


@settings(max_examples=PAIRS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(statements, min_size=1, max_size=3), st.lists(statements, min_size=1, max_size=3))
def test_the_provers_agree(new: list[dict[str, Any]], old: list[dict[str, Any]]) -> None:
    theirs, ours = Access.of(document(new)), Access.of(document(old))
    witness = new_access(theirs, ours)
    told = Formulas(EFFORT).differ(new, old)
    assert told in (None, witness is not None)
    if witness is None:
        refuting = (
            each for each in _REQUESTS if decide(each, theirs.layers).allowed and not decide(each, ours.layers).allowed
        )
        assert next(refuting, None) is None
    else:
        assert decide(witness.request, theirs.layers).allowed
        assert not decide(witness.request, ours.layers).allowed


_WILD = st.lists(st.sampled_from(("arn", ":", ":", "a", "b", "K", "*", "?")), min_size=1, max_size=7).map("".join)


@settings(max_examples=1_000 if NIGHTLY else 60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.lists(_WILD, min_size=1, max_size=2), st.booleans(), st.sampled_from((TEXT, FOLDED, ARN, RESOURCE))
        ),
        min_size=1,
        max_size=3,
    )
)
def test_the_fallback_reads_patterns_as_automata_do(drawn: list[tuple[list[str], bool, Any]]) -> None:
    made = [
        (automaton([mark(each.lower() if shape.fold else each) for each in listed], shape), inside)
        for listed, inside, shape in drawn
    ]
    inside, outside = ([each for each, wanted in made if wanted is side] for side in (True, False))
    own = find([(TextSet(each), wanted) for each, wanted in made], Budget())
    try:
        told = smt.find(inside, outside, "x", 20_000)
    except Undecided:  # too slow for it
        return
    assert (told is None) is (own is None)


HOSTILE = [(f"*a{'?' * size}b*", size % 2 == 0) for size in range(14, 20)]


def _found(drawn: list[tuple[str, bool]], steps: int = STEPS) -> str | None:
    return find([(TextSet(automaton((mark(text),), TEXT)), inside) for text, inside in drawn], Budget(steps))


def test_what_automata_cannot_follow_the_fallback_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _found(HOSTILE)
    assert found is not None
    assert all(automaton((mark(text),), TEXT).accepts(found) is inside for text, inside in HOSTILE)
    monkeypatch.setattr(smt, "_is_there", False)  # as without the extra
    monkeypatch.setattr(texts, "_answers", {})
    with pytest.raises(Undecided, match="no answer within 100000 steps"):
        _found(HOSTILE, 100_000)


def test_what_the_fallback_cannot_decide_automata_may(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"k{chr(97 + at)}{chr(98 + at)}" for at in range(7)]
    both_ways = [f"*{words[0]}*{words[1]}*", f"*{words[1]}*{words[0]}*"]
    drawn = [*((f"*{word}*", True) for word in words), *((text, False) for text in both_ways)]
    monkeypatch.setattr(texts, "STAGES", ((10, 1_000),))
    assert _found(drawn) is None


def test_the_fallback_is_bounded_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question for which it would take gigabytes, and one after it."""
    prover = smt._Prover()
    monkeypatch.setattr(smt, "_prover", prover)
    monkeypatch.setattr(smt, "MEMORY", 96 * 1024 * 1024)
    sides = [f"arn:aws:s3:::*{'?' * first}a{'?' * last}*" for first, last in ((1, 38), (37, 2))]
    everything = machine([("*", TEXT), (mark("arn:*:*:*:*:*"), TEXT)])
    wide = [everything, *(automaton((mark(each),), RESOURCE) for each in sides)]
    with pytest.raises(Undecided):
        smt.find(wide, [], "x", 200_000)
    one = automaton((mark("a*b"),), TEXT)
    found = smt.find([one], [automaton((mark("a?b"),), TEXT)], "x", 200_000)
    assert found is not None
    assert one.accepts(found)
    monkeypatch.setattr(smt, "SECONDS", 0.0)
    with pytest.raises(Undecided):
        smt.find([one], [], "x", 200_000)
    prover.end()

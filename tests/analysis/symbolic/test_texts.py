"""Sets of texts, against all texts up to a length over a small alphabet."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.analysis.symbolic.automaton import ARN, FOLDED, RESOURCE, TEXT, Automaton, Shape, automaton
from iamd.analysis.symbolic.budget import Budget, Undecided
from iamd.analysis.symbolic.texts import TextSet, find
from iamd.policy.arns import completed, matches_fields, resource_pattern, split
from iamd.policy.patterns import Pattern, mark

_ALPHABET = "ab:"
_ALL = ["".join(chars) for length in range(6) for chars in product(_ALPHABET, repeat=length)]
patterns = st.text("ab:*?", max_size=4).map(mark)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.lists(patterns, min_size=1, max_size=2), st.booleans()), min_size=1, max_size=3))
def test_what_is_found_is_there_and_the_rest_is_not(drawn: list[tuple[list[str], bool]]) -> None:
    def meets(text: str) -> bool:
        return all(any(Pattern(each).matches(text) for each in listed) is inside for listed, inside in drawn)

    found = find([(TextSet(automaton(listed, TEXT)), inside) for listed, inside in drawn], Budget())
    if found is None:
        assert not any(map(meets, _ALL))
    else:
        assert meets(found)


@settings(max_examples=200, deadline=None)
@given(st.lists(patterns, min_size=1, max_size=3), patterns)
def test_what_is_plainly_covered_is_covered(wide: list[str], narrow: str) -> None:
    if automaton(wide, TEXT).covers(narrow, TEXT):
        assert all(any(Pattern(each).matches(text) for each in wide) for text in _ALL if Pattern(narrow).matches(text))
    assert automaton((narrow,), TEXT).covers(narrow, TEXT)
    assert not automaton((narrow,), TEXT).covers(narrow, FOLDED)


_arns = st.lists(st.sampled_from(("arn", "aws", "*", "a*", "*b", "?", "", "a")), min_size=6, max_size=7).map(":".join)
_values = st.lists(st.sampled_from(("arn", "aws", "a", "ab", "", "b")), min_size=5, max_size=8).map(":".join)


@settings(max_examples=200, deadline=None)
@given(_arns, _values)
def test_arns_are_read_as_the_engine_reads_them(pattern: str, value: str) -> None:
    marked = mark(pattern)
    fields = split(value)
    if split(pattern) is not None and fields is not None:
        assert automaton((marked,), ARN).accepts(value) is matches_fields(marked, fields)
    whole = completed(marked)
    assert automaton((whole,), RESOURCE).accepts(value) is resource_pattern(whole).matches(value)


@pytest.mark.parametrize("text", ["bob", "BOB", "bOb"])
def test_letter_case_can_be_ignored(text: str) -> None:
    assert automaton(("Bob",), FOLDED).accepts(text)


def test_the_kelvin_sign_is_a_k() -> None:
    assert automaton(("key",), FOLDED).accepts("\u212aey")
    assert find([(TextSet(automaton(("k",), FOLDED)), True), (TextSet(automaton(("k", "K"), TEXT)), False)], Budget())


@pytest.mark.parametrize(("text", "shape"), [("ὀδυσσεύς", FOLDED), ("İ", FOLDED), ("😀", TEXT)])
def test_what_is_not_compared_is_undecided(text: str, shape: Shape) -> None:
    with pytest.raises(Undecided):
        Automaton([(text, shape)])


def test_exponential_patterns_end_within_the_limit() -> None:
    hostile = [mark("*a" + "?" * size + "b*") for size in range(14, 26)]
    wants = [(TextSet(automaton((each,), TEXT)), at % 2 == 0) for at, each in enumerate(hostile)]
    with pytest.raises(Undecided, match="no answer within 5000 steps"):
        find([*wants, (TextSet(automaton((mark("*a????????????????????????????????"),), TEXT)), True)], Budget(5000))

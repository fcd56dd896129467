"""The search for texts beside another prover: cvc5, whose regular expressions know nothing of ours."""

from __future__ import annotations

import cvc5
from cvc5 import Kind
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.analysis.symbolic.automaton import TEXT, automaton
from iamd.analysis.symbolic.budget import Budget
from iamd.analysis.symbolic.texts import TextSet, find
from iamd.policy.patterns import mark

_PARTS = ("arn:aws:s3:::", "a", "b", "ab", "/", "*", "*", "?", "logs", "-2026")
patterns = st.lists(st.sampled_from(_PARTS), min_size=1, max_size=6).map("".join)
Drawn = list[tuple[list[str], bool]]


def _has_a_text(drawn: Drawn) -> bool:
    """Whether some text matches each list or (False) none of it, as cvc5 answers."""
    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    solver.setLogic("QF_S")
    text = terms.mkConst(terms.getStringSort(), "text")
    wild = {"*": terms.mkTerm(Kind.REGEXP_ALL), "?": terms.mkTerm(Kind.REGEXP_ALLCHAR)}

    def expression(pattern: str) -> cvc5.Term:
        parts = [wild.get(char) or terms.mkTerm(Kind.STRING_TO_REGEXP, terms.mkString(char)) for char in pattern]
        return parts[0] if len(parts) == 1 else terms.mkTerm(Kind.REGEXP_CONCAT, *parts)

    for listed, inside in drawn:
        for options in [listed] if inside else [[each] for each in listed]:
            found = [terms.mkTerm(Kind.STRING_IN_REGEXP, text, expression(each)) for each in options]
            either = found[0] if len(found) == 1 else terms.mkTerm(Kind.OR, *found)
            solver.assertFormula(either if inside else either.notTerm())
    answer = solver.checkSat()
    assert answer.isSat() or answer.isUnsat()
    return bool(answer.isSat())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.lists(patterns, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=4))
def test_both_find_a_text_or_none(drawn: Drawn) -> None:
    wants = [(TextSet(automaton(map(mark, listed), TEXT)), inside) for listed, inside in drawn]
    assert (find(wants, Budget()) is not None) is _has_a_text(drawn)

"""The process in which cvc5 runs: a script of its own, for some questions take cvc5 more memory than there is.

It reads questions, a line of JSON each, from standard input and answers each on standard output; the argument is how
many bytes it may have. It needs `cvc5` and nothing else, and ends when there is nothing more to read.
https://cvc5.github.io/docs/latest/theories/strings.html
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from typing import Any

import cvc5

Term = Any  # of cvc5, which tells no types
_KIND = cvc5.Kind


class _Expressions:
    """Regular expressions of patterns, as `smt.py` tells them: lists of texts, lists of letters, and wildcards."""

    def __init__(self) -> None:
        self.terms: Any = cvc5.TermManager()
        every = self.terms.mkTerm(_KIND.REGEXP_ALLCHAR)
        # All but the colon, which stands between the two ranges.
        sides = [self._range("\u0000", "9"), self._range(";", "\U0002ffff")]
        no_colon = self.terms.mkTerm(_KIND.REGEXP_UNION, *sides)
        self._wild = {
            0: every,
            1: no_colon,
            2: self.terms.mkTerm(_KIND.REGEXP_ALL),
            3: self.terms.mkTerm(_KIND.REGEXP_STAR, no_colon),
        }

    def member(self, text: Term, patterns: Sequence[Sequence[Any]]) -> Term:
        """That a text matches one of some patterns."""
        none = self.terms.mkTerm(_KIND.REGEXP_NONE)
        options = [self._joined(_KIND.REGEXP_CONCAT, list(map(self._part, each)), self._text("")) for each in patterns]
        return self.terms.mkTerm(_KIND.STRING_IN_REGEXP, text, self._joined(_KIND.REGEXP_UNION, options, none))

    def _part(self, part: Any) -> Term:
        if isinstance(part, str):
            return self._text(part)
        if isinstance(part, int):
            return self._wild[part]
        none = self.terms.mkTerm(_KIND.REGEXP_NONE)
        return self._joined(_KIND.REGEXP_UNION, list(map(self._text, part)), none)

    def _range(self, first: str, last: str) -> Term:
        return self.terms.mkTerm(_KIND.REGEXP_RANGE, self._string(first), self._string(last))

    def _text(self, text: str) -> Term:
        return self.terms.mkTerm(_KIND.STRING_TO_REGEXP, self._string(text))

    def _string(self, text: str) -> Term:
        return self.terms.mkString("".join(f"\\u{{{ord(char):x}}}" for char in text), True)

    def _joined(self, kind: Any, options: list[Term], none: Term) -> Term:
        if len(options) < 2:
            return options[0] if options else none
        return self.terms.mkTerm(kind, *options)


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """`found`: a text that matches each list `inside` and none `outside`, or null when there is none; without it, it is
    not known."""
    made = _Expressions()
    solver = cvc5.Solver(made.terms)
    solver.setLogic("QF_S")
    for name, value in (("produce-models", "true"), ("rlimit-per", str(question["effort"]))):
        solver.setOption(name, value)
    text = made.terms.mkConst(made.terms.getStringSort(), "text")
    for each in question["inside"]:
        solver.assertFormula(made.member(text, each))
    for each in question["outside"]:
        solver.assertFormula(made.member(text, each).notTerm())
    told = solver.checkSat()
    if told.isUnsat():
        return {"found": None}
    return {"found": solver.getValue(text).getStringValue()} if told.isSat() else {}


def main() -> None:
    """Answer until there are no more questions, or no more memory."""
    most = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

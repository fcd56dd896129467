"""Identity policies as formulas of cvc5, written from the documentation and from nothing of ours."""

from __future__ import annotations

from typing import Any

import cvc5
from cvc5 import Kind, Term
from hypothesis import strategies as st

ACTIONS = ("s3:getobject", "s3:getobjectacl", "s3:putobject", "s3:listbucket", "ec2:runinstances", "sqs:sendmessage")
RESOURCES = ("*", "arn:aws:s3:::a", "arn:aws:s3:::a/x", "arn:aws:s3:::ab/x", "arn:aws:s3:::b/y/x")
TEXTS = ("a", "b", "ab", "b*", "c")
KEYS = ("aws:PrincipalTag/team", "aws:RequestedRegion")
_PATTERNS = {
    "Action": (*ACTIONS, "s3:get*", "s3:*object", "s3:?etobject*", "*", "*:get*", "s*:*", "s3:*"),
    "Resource": (*RESOURCES, "arn:aws:s3:::a*", "arn:aws:s3:::*", "arn:aws:s3:::?/*", "arn:aws:s3:::*x"),
}
_OPERATORS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")


def _condition(drawn: tuple[str, str, str, list[str]]) -> dict[str, Any]:
    operator, suffix, key, values = drawn
    if operator == "Null":
        return {"Null": {key: "true" if suffix else "false"}}
    return {operator + suffix: {key: values}}


_CONDITIONS = st.tuples(
    st.sampled_from((*_OPERATORS, "Null")),
    st.sampled_from(("", "IfExists")),
    st.sampled_from(KEYS),
    st.lists(st.sampled_from((*TEXTS, "a*", "?", "*b")), min_size=1, max_size=2),
).map(_condition)


def _listed(name: str) -> st.SearchStrategy[tuple[str, list[str]]]:
    patterns = st.lists(st.sampled_from(_PATTERNS[name]), min_size=1, max_size=3)
    return st.tuples(st.sampled_from((name, name, name, "Not" + name)), patterns)


statements = st.tuples(
    st.sampled_from(("Allow", "Allow", "Deny")).map(lambda effect: ("Effect", effect)),
    _listed("Action"),
    _listed("Resource"),
    st.one_of(st.just({}), _CONDITIONS).map(lambda block: ("Condition", block)),
).map(dict)


class Formulas:
    """One request, of which nothing is known but that it is one, and what statements say of it."""

    def __init__(self, effort: int) -> None:
        self.terms = cvc5.TermManager()
        self.solver = cvc5.Solver(self.terms)
        self.solver.setLogic("QF_S")
        self.solver.setOption("rlimit-per", str(effort))
        text = self.terms.getStringSort()
        self.action, self.resource = (self.terms.mkConst(text, name) for name in ("action", "resource"))
        self.keys = {key: self.terms.mkConst(text, key) for key in KEYS}
        self.present = {key: self.terms.mkConst(self.terms.getBooleanSort(), f"has {key}") for key in KEYS}
        self._assume()

    def _assume(self) -> None:
        """An action is a service's and in lower case here, a resource is none or an ARN; two actions need no policy."""
        lower = self.terms.mkTerm(
            Kind.REGEXP_UNION,
            self._range("a", "z"),
            self._range("0", "9"),
        )
        word = self.terms.mkTerm(Kind.REGEXP_PLUS, lower)
        self.solver.assertFormula(self._in(self.action, self._concat(word, self._literal(":"), word)))
        for free in ("sts:getcalleridentity", "sts:getsessiontoken"):
            self.solver.assertFormula(self._is(self.action, free).notTerm())
        arn = self._concat(self._literal("arn:aws:s3:::"), self.terms.mkTerm(Kind.REGEXP_ALL))
        other = self._literal("arn:aws:sqs:us-east-1:123456789012:q")
        self.solver.assertFormula(
            self._in(self.resource, self.terms.mkTerm(Kind.REGEXP_UNION, self._literal("*"), arn, other))
        )

    def allowed(self, listed: list[dict[str, Any]]) -> Term:
        """That one statement allows the request and none denies it."""
        allows = [self._applies(each) for each in listed if each["Effect"] == "Allow"]
        denies = [self._applies(each) for each in listed if each["Effect"] == "Deny"]
        return self._all([self._any(allows), self._any(denies).notTerm()])

    def differ(self, new: list[dict[str, Any]], old: list[dict[str, Any]]) -> bool | None:
        """Whether there is a request that the one policy allows and the other does not; None: it took too long."""
        self.solver.assertFormula(self.allowed(new))
        self.solver.assertFormula(self.allowed(old).notTerm())
        answer = self.solver.checkSat()
        return bool(answer.isSat()) if answer.isSat() or answer.isUnsat() else None

    def _applies(self, statement: dict[str, Any]) -> Term:
        found = [
            self._element(statement, "Action", self.action),
            self._element(statement, "Resource", self.resource),
        ]
        for operator, block in statement["Condition"].items():
            found += [self._condition(operator, key, values) for key, values in block.items()]
        return self._all(found)

    def _element(self, statement: dict[str, Any], name: str, text: Term) -> Term:
        listed = statement.get(name) or statement["Not" + name]
        either = self._any([self._like(text, each) for each in listed])
        return either if name in statement else either.notTerm()

    def _condition(self, operator: str, key: str, values: Any) -> Term:
        here = self.present[key]
        if operator == "Null":
            return here.notTerm() if values == "true" else here
        optional = operator.endswith("IfExists")
        base = operator.removesuffix("IfExists")
        test = self._like if base.endswith("Like") else self._is
        either = self._any([test(self.keys[key], each) for each in values])
        if "Not" in base:  # met by a request without the key, too
            return self._any([here.notTerm(), either.notTerm()])
        return self._any([here.notTerm(), either]) if optional else self._all([here, either])

    def _like(self, text: Term, pattern: str) -> Term:
        wild = {"*": self.terms.mkTerm(Kind.REGEXP_ALL), "?": self.terms.mkTerm(Kind.REGEXP_ALLCHAR)}
        parts = [wild.get(char) or self._literal(char) for char in pattern]
        return self._in(text, self._concat(*parts))

    def _is(self, text: Term, value: str) -> Term:
        return self.terms.mkTerm(Kind.EQUAL, text, self.terms.mkString(value))

    def _in(self, text: Term, expression: Term) -> Term:
        return self.terms.mkTerm(Kind.STRING_IN_REGEXP, text, expression)

    def _literal(self, text: str) -> Term:
        return self.terms.mkTerm(Kind.STRING_TO_REGEXP, self.terms.mkString(text))

    def _range(self, first: str, last: str) -> Term:
        return self.terms.mkTerm(Kind.REGEXP_RANGE, self.terms.mkString(first), self.terms.mkString(last))

    def _concat(self, *parts: Term) -> Term:
        return parts[0] if len(parts) == 1 else self.terms.mkTerm(Kind.REGEXP_CONCAT, *parts)

    def _any(self, options: list[Term]) -> Term:
        if not options:
            return self.terms.mkBoolean(False)
        return options[0] if len(options) == 1 else self.terms.mkTerm(Kind.OR, *options)

    def _all(self, parts: list[Term]) -> Term:
        return parts[0] if len(parts) == 1 else self.terms.mkTerm(Kind.AND, *parts)

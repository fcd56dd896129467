"""AWS's policy language: parse, compile, decide. Pure: no I/O, no clock, nothing beyond the standard library.

`parse(text, kind)` checks a document as AWS does before it stores it; `load(text, kind)` makes the form that decides;
`decide(request, layers)` answers, and `explain(request, layers)` answers with the reasons. FORM tells whether they run
compiled (`form`), WHY_PURE why they do not.
"""

from .form import choose

FORM, WHY_PURE = choose(__path__)  # before any of the modules that it decides about

from .batch import decide_many
from .compiled import Policy, load
from .document import Condition, Document, Kind, Position, Principals, Statement
from .elements import Cited, Element
from .evaluate import decide
from .explain import Explanation, explain
from .parse import parse
from .principals import Principal, PrincipalKind
from .problems import MalformedPolicy, Problem
from .remedy import Act, Change
from .request import Layers, Request, canonical_context
from .scan import size
from .trace import Denial, LayerTrace, NearMiss, Outcome
from .vocabulary import Attached, Decision, Effect, Grant, Layer

__all__ = [
    "FORM",
    "WHY_PURE",
    "Act",
    "Attached",
    "Change",
    "Cited",
    "Condition",
    "Decision",
    "Denial",
    "Document",
    "Effect",
    "Element",
    "Explanation",
    "Grant",
    "Kind",
    "Layer",
    "LayerTrace",
    "Layers",
    "MalformedPolicy",
    "NearMiss",
    "Outcome",
    "Policy",
    "Position",
    "Principal",
    "PrincipalKind",
    "Principals",
    "Problem",
    "Request",
    "Statement",
    "canonical_context",
    "decide",
    "decide_many",
    "explain",
    "load",
    "parse",
    "size",
]

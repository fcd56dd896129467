"""An explanation in words: no jargon, whole sentences, the request's value beside what was expected."""

from __future__ import annotations

from .elements import Cited, Element
from .operators import FOR_ALL, FOR_ANY, NULL, operator_name
from .principals import PrincipalKind
from .remedy import Act, Change
from .request import Request
from .trace import LayerTrace, Outcome
from .values import truth
from .vocabulary import Decision, Effect, Layer

LAYERS = {
    Layer.SCP: "service control policies of the caller's organization",
    Layer.RCP: "resource control policies of the resource's organization",
    Layer.ENDPOINT: "policies of the VPC endpoint",
    Layer.RESOURCE: "policy of the resource",
    Layer.TRUST: "trust policy of the role",
    Layer.IDENTITY: "policies of the caller",
    Layer.BOUNDARY: "permissions boundary of the caller",
    Layer.SESSION: "policies of the session",
}

# What a condition asks of its key, by the operator without qualifier and suffix.
_PREDICATES = {
    "StringEquals": "is",
    "StringNotEquals": "is not",
    "StringEqualsIgnoreCase": "is, in any case,",
    "StringNotEqualsIgnoreCase": "is not, in any case,",
    "StringLike": "is like",
    "StringNotLike": "is not like",
    "ArnEquals": "is like",
    "ArnLike": "is like",
    "ArnNotEquals": "is not like",
    "ArnNotLike": "is not like",
    "NumericEquals": "is",
    "NumericNotEquals": "is not",
    "NumericLessThan": "is less than",
    "NumericLessThanEquals": "is at most",
    "NumericGreaterThan": "is more than",
    "NumericGreaterThanEquals": "is at least",
    "DateEquals": "is",
    "DateNotEquals": "is not",
    "DateLessThan": "is before",
    "DateLessThanEquals": "is no later than",
    "DateGreaterThan": "is after",
    "DateGreaterThanEquals": "is no earlier than",
    "Bool": "is",
    "BinaryEquals": "is",
    "IpAddress": "is in",
    "NotIpAddress": "is not in",
}


def conclusion(request: Request, decision: Decision) -> str:
    """One sentence: who may do what, or may not, and whose word that is."""
    who = request.principal.arn if request.principal.kind is not PrincipalKind.ANONYMOUS else "somebody anonymous"
    may = "may" if decision.allowed else "may not"
    what = request.action if request.resource == "*" else f"{request.action} on {request.resource}"
    said = f"{who} {may} {what}"
    if decision.layer is None:
        return f"{said}: no policy had to be asked"
    if decision.effect is Effect.IMPLICIT_DENY:
        return f"{said}: nothing allows it in the {LAYERS[decision.layer]}"
    verb = "allow" if decision.allowed else "deny"
    return f"{said}: the {LAYERS[decision.layer]} {_conjugated(verb, decision.layer)} it"


def said(trace: LayerTrace) -> str:
    """What a layer says."""
    name = LAYERS[trace.layer]
    if trace.level is not None:
        name += ", at its root" if trace.level == 0 else f", {trace.level} below its root"
    if trace.outcome is Outcome.NOT_APPLICABLE:
        return f"{name}: no say in this"
    if trace.outcome is Outcome.IMPLICIT_DENY:
        return f"{name}: nothing allows it"
    verb = "allow" if trace.outcome is Outcome.ALLOWED else "deny"
    return f"{name}: {_conjugated(verb, trace.layer)} it"


_SINGULAR = frozenset({Layer.RESOURCE, Layer.TRUST, Layer.BOUNDARY})


def _conjugated(verb: str, layer: Layer) -> str:
    if layer not in _SINGULAR:
        return verb
    return "denies" if verb == "deny" else "allows"


def place(cited: Cited) -> str:
    """Where a statement is written."""
    statement = f"statement {cited.index + 1}" if cited.sid is None else f'statement "{cited.sid}"'
    return f"{statement} of {cited.policy}, line {cited.line}"


def unmet(element: Element) -> str:
    """Why a request fails an element of a statement."""
    expected, actual = _listed(element.expected), element.actual
    filled = f" (here {_listed(element.filled)})" if element.filled else ""
    if element.name == "Condition":
        return f"it applies only when {predicate(element)}, but {_value(element)}"
    if element.name == "Principal":
        return f"it is for {expected}; the caller is {actual}"
    if not element.expected:
        return f"its {element.name} is an empty list, which grants nothing"
    if element.name.startswith("Not"):
        return f"it is for all but {expected}{filled}, and so not for {actual}"
    return f"it is about {expected}{filled}, and not about {actual}"


def met(element: Element) -> str:
    """How a request met a condition of a denial."""
    return f"it applies when {predicate(element)}, and {_value(element)}"


def advice(change: Change) -> str:
    """What to do; the statement of ADD follows it."""
    level = "" if change.level is None else _level(change.level)
    where = f"the {LAYERS[change.layer]}{level}"
    if change.act is Act.ADD or change.statement is None:
        return f"Add to {where}:"
    cited = place(change.statement)
    conditions = [predicate(each) for each in change.conditions]
    if change.act is Act.MEET:
        return f"Ask so that {' and '.join(conditions)}: then {cited} allows it."
    if conditions:
        return f"Ask otherwise, or make an exception: {cited} denies it when {' and '.join(conditions)}."
    return f"Make an exception: {cited} denies it, in {where}."


def condition_of(change: Change) -> str:
    """The conditions of a change as a clause: what it takes to meet a statement's, or not to meet a denial's."""
    clause = " and ".join(predicate(each) for each in change.conditions)
    return f"unless {clause}" if change.act is Act.SPARE else f"if {clause}"


def _level(level: int) -> str:
    return " at its root" if level == 0 else f" {level} below its root"


def predicate(element: Element) -> str:
    """A condition as a clause: `aws:SourceIp is in 10.0.0.0/8`."""
    name = operator_name(element.operator)
    if name is None:
        raise ValueError(f"unknown condition operator `{element.operator}`")
    if name.base == NULL:
        wanted = {truth(text) for text in element.expected}
        return f"{element.key} {'is absent' if wanted == {True} else 'is there'}"
    subject = {FOR_ALL: f"every value of {element.key}", FOR_ANY: f"some value of {element.key}"}.get(
        name.qualifier, element.key
    )
    filled = f" (here {_listed(element.filled)})" if element.filled else ""
    absent = " or is absent" if name.if_exists else ""
    return f"{subject} {_compared(name.base, element.expected)}{filled}{absent}"


def _compared(operator: str, expected: tuple[str, ...]) -> str:
    verb = _PREDICATES[operator]
    if len(expected) > 1 and " not" in verb:
        return f"{verb.replace(' not', '', 1)} none of {_listed(expected)}"
    return f"{verb} {_listed(expected)}"


def _value(element: Element) -> str:
    """What the request has for a condition's key."""
    actual = element.actual
    if actual is None:
        return f"the request has no {element.key}"
    if not isinstance(actual, tuple):
        return f"it is {actual or 'empty'}"
    if not actual:
        return "it has no values"
    name = operator_name(element.operator)
    scalar = name is not None and not name.qualifier and name.base != NULL
    only = ", which only ForAllValues and ForAnyValue compare" if scalar else ""
    return f"its values are {_listed(actual, 'and')}{only}"


def _listed(texts: tuple[str, ...], last: str = "or") -> str:
    shown = [text or '""' for text in texts[:5]]
    if len(texts) > len(shown):
        shown.append(f"{len(texts) - 5} more")
    if len(shown) <= 1:
        return "".join(shown) or "nothing"
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}"

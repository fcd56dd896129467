"""Values of condition keys: which single value meets some operators and fails others.

Numbers, instants and addresses are cut at the operands into ranges within which all operators agree, so one value from
each range is all that has to be tried. Texts are found by automata. What a value means is always asked of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Context as Precision
from ipaddress import IPv4Address, IPv6Address

from iamd.analysis.symbolic.automaton import ARN, EVERY_ARN, EVERYTHING, FOLDED, NOTHING, TEXT, Automaton, automaton
from iamd.analysis.symbolic.budget import Budget, Undecided
from iamd.analysis.symbolic.texts import Opaque, TextSet, Want, find
from iamd.policy import Condition
from iamd.policy.arns import split
from iamd.policy.conditions import Check, compile_conditions
from iamd.policy.operators import OPERATORS, operator_name
from iamd.policy.patterns import ANY, MANY, mark
from iamd.policy.values import instant, network, number, truth
from iamd.policy.variables import Context, Template, read

_NO_VALUE = "word"  # neither a number nor an instant nor an address
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAPPED = 0xFFFF << 32  # where IPv4 stands inside IPv6
_PUBLIC = "203.0.113.10"
_EXACT = Precision(prec=20_000)


@dataclass(frozen=True, slots=True)
class Ask:
    """What one operator asks of a single value, apart from qualifiers and `...IfExists`.

    In the domain `text` it is to be in `texts`, or outside (`negated`); in others one value from between the `operands`
    stands for all.
    """

    key: str
    check: Check
    domain: str
    texts: TextSet | None
    negated: bool
    operands: tuple[str, ...]
    env: tuple[tuple[str, str], ...]

    def meets(self, value: str) -> bool:
        """Whether the engine says that the value meets it."""
        return self.check.holds({**dict(self.env), self.key: value}, [])


def ask(condition: Condition, variables: bool, allow: bool, env: Context | None) -> Ask:
    """The question that a condition puts to each value. `env`: values of variables; None: they are left open."""
    name = operator_name(condition.operator)
    if name is None:
        raise ValueError(f"unknown condition operator `{condition.operator}`")  # the parser lets none through
    bare = replace(condition, operator=name.base)
    (check,) = compile_conditions((bare,), variables, allow, False)
    operator = OPERATORS[name.base]
    if not condition.values:
        # nothing meets an operator without operands, negated or not
        return Ask(check.key, check, "text", TextSet(NOTHING), False, (), ())
    typed = next((domain for domain, prefixes in _PREFIXES.items() if name.base.startswith(prefixes)), None)
    if typed is not None:
        return Ask(check.key, check, typed, None, False, condition.values, ())
    fixed = tuple((key, value) for key, value in (env or {}).items() if isinstance(value, str))
    if name.base == "Bool":
        return Ask(check.key, check, "text", *_truth(condition.values), (), fixed)
    texts = _texts(condition, name.base, variables, env)
    if name.base.startswith("Arn") and _is_broken(condition.values, variables):
        texts, negated = _broken(texts, allow, operator.negated)
        return Ask(check.key, check, "text", texts, negated, (), fixed)
    return Ask(check.key, check, "text", texts, operator.negated, (), fixed)


def solve(asks: Sequence[tuple[Ask, bool]], filled: bool, budget: Budget) -> str | None:
    """A value that meets just those of the asks that it is to meet (`filled`: not the empty text), or None.

    Raises Undecided.
    """
    domains = {each.domain for each, _ in asks}
    wants: list[Want] = [(each.texts, wanted is not each.negated) for each, wanted in asks if each.texts is not None]
    if filled:
        wants.append((_FILLED, True))
    if domains <= {"text"}:
        return find(wants, budget)
    candidates = [value for domain in sorted(domains - {"text"}) for value in _candidates(domain, asks)]
    if "text" not in domains:
        return _tried(asks, candidates, budget)
    return _mixed(asks, candidates, wants, filled, budget)


def _tried(asks: Sequence[tuple[Ask, bool]], candidates: Iterable[str], budget: Budget) -> str | None:
    for value in candidates:
        budget.spend()
        if all(each.meets(value) is wanted for each, wanted in asks):
            return value
    if len({each.domain for each, _ in asks} - {"text"}) > 1:
        raise Undecided(f"`{asks[0][0].key}` is compared as values of more than one type")
    return None


def _mixed(
    asks: Sequence[tuple[Ask, bool]], candidates: list[str], wants: list[Want], filled: bool, budget: Budget
) -> str | None:
    """Operators of texts and of a type on one key: every text there is, if they are few; else what can be tried."""
    finite = [texts.known.texts for texts, inside in wants if inside and texts.known.finite and not texts.opaque]
    every = finite[0] if finite and not any(texts.arns for texts, _ in wants) else None
    if find(wants, budget) is None:
        return None
    listed = sorted(every) if every is not None else [*candidates, *(t for w, _ in wants for t in w.known.samples("x"))]
    for value in listed:
        budget.spend()
        if (value or not filled) and all(each.meets(value) is wanted for each, wanted in asks):
            return value
    typed = [(each, wanted) for each, wanted in asks if each.texts is None]
    if every is not None or _tried(typed, candidates, budget) is None:
        return None
    raise Undecided(f"`{asks[0][0].key}` is compared as text and as values of another type")


_FILLED = TextSet(automaton((ANY + MANY,), TEXT))


def _texts(condition: Condition, base: str, variables: bool, env: Context | None) -> TextSet:
    wild = base not in ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
    shape = FOLDED if base.endswith("IgnoreCase") else ARN if base.startswith("Arn") else TEXT
    marked, opaque = filled_in(condition.values, variables, wild, env)
    arns = base.startswith("ArnNot")
    if base.startswith("Arn"):
        sound = [text for text in marked if split(text) is not None]
        known = EVERY_ARN if MANY in marked else automaton(sound, ARN)
        return TextSet(known, tuple(Opaque(f"arn {text}", _arns(wide)) for text, wide in opaque), arns)
    form = f"{wild} {shape.fold}"  # the same wording means something else to another operator
    left = tuple(Opaque(f"{form} {text}", automaton((wide,), shape)) for text, wide in opaque)
    return TextSet(automaton(marked, shape), left)


def _arns(wide: str) -> Automaton:
    return EVERY_ARN if split(wide) is None else automaton((wide,), ARN)


def filled_in(
    texts: Sequence[str], variables: bool, wild: bool, env: Context | None
) -> tuple[list[str], list[tuple[str, str]]]:
    """Operands as (marked) texts, and those with variables as (their wording, marked with a star for each variable).

    With `env` the variables are filled in; a text whose variable has no value is left out.
    """
    known: list[str] = []
    opaque: list[tuple[str, str]] = []
    for text in texts:
        ready = read(text, wild) if variables else mark(text) if wild else text
        if isinstance(ready, str):
            known.append(ready)
        elif env is None:
            opaque.append((text, widened(ready)))
        elif (filled := ready.fill(env, [])) is not None:
            known.append(filled)
    return known, opaque


def widened(template: Template) -> str:
    """The marked text with a star for each variable."""
    return "".join(part if isinstance(part, str) else MANY for part in template.parts)


def _is_broken(values: Sequence[str], variables: bool) -> bool:
    ready = [read(text, wild=True) if variables else mark(text) for text in values]
    return any(isinstance(text, str) and text != MANY and split(text) is None for text in ready)


def _broken(texts: TextSet, allow: bool, negated: bool) -> tuple[TextSet, bool]:
    """An ARN operator with operands that are no ARNs, as `BrokenTest` has it."""
    if not allow:
        return TextSet(EVERY_ARN), False
    return (TextSet(NOTHING), False) if negated else (texts, False)


def _truth(values: Sequence[str]) -> tuple[TextSet, bool]:
    """`Bool`: whatever is not `true`, in any case, is false."""
    wanted = set(map(truth, values))
    if len(wanted) == 2:
        return TextSet(EVERYTHING), False
    return TextSet(automaton(("true",), FOLDED)), wanted == {False}


def _numbers(operands: Sequence[str]) -> Iterator[str]:
    known = sorted({found for text in operands if (found := number(text)) is not None})
    if not known:
        yield from ("1", _NO_VALUE)
        return
    steps = [_EXACT.subtract(known[0], 1)]
    for at, each in enumerate(known):
        following = known[at + 1] if at + 1 < len(known) else None
        steps += [each, _EXACT.add(each, 1) if following is None else _EXACT.divide(_EXACT.add(each, following), 2)]
    for each in steps:
        text = str(each)
        if number(text) != each:
            raise Undecided("numbers of so many digits are not compared")
        yield text
    yield _NO_VALUE


def _instants(operands: Sequence[str]) -> Iterator[str]:
    known = {found for text in operands if (found := instant(text)) is not None}
    for each in sorted({value for at in known for value in (at - 1, at, at + 1)} or {0}):
        try:
            yield (_EPOCH + timedelta(milliseconds=each)).isoformat(timespec="milliseconds")
        except OverflowError:
            raise Undecided("dates outside the years 1 to 9999 are not compared") from None
    yield _NO_VALUE


def _addresses(operands: Sequence[str]) -> Iterator[str]:
    yield _PUBLIC
    cuts = {32: {0}, 128: {0, _MAPPED + (1 << 32)}}
    for found in filter(None, map(network, operands)):
        if found.number >= 0:
            cuts[found.bits] |= {found.number << found.host_bits, (found.number + 1) << found.host_bits}
    for bits, starts in cuts.items():
        for start in sorted(starts):
            if start < 1 << bits:
                yield str(IPv4Address(start) if bits == 32 else IPv6Address(start))
    yield _NO_VALUE


def _bytes(operands: Sequence[str]) -> Iterator[str]:
    yield from operands
    longest = max(map(len, operands)) // 4 + 1
    yield from ("AAAA" * longest, "not base64!")


_PREFIXES = {
    "number": ("Numeric",),
    "instant": ("Date",),
    "address": ("IpAddress", "NotIpAddress"),
    "bytes": ("Binary",),
}
_MAKERS: dict[str, Callable[[Sequence[str]], Iterator[str]]] = {
    "number": _numbers,
    "instant": _instants,
    "address": _addresses,
    "bytes": _bytes,
}


def _candidates(domain: str, asks: Sequence[tuple[Ask, bool]]) -> list[str]:
    operands = [text for each, _ in asks if each.domain == domain for text in each.operands]
    return list(_MAKERS[domain](operands))

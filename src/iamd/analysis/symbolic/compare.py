"""Does one policy allow something that another does not: proved, or shown by a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from iamd.analysis.symbolic.access import Access
from iamd.analysis.symbolic.actions import ActionClass, spelled
from iamd.analysis.symbolic.budget import Budget, Undecided
from iamd.analysis.symbolic.callers import Caller, actual
from iamd.analysis.symbolic.constraints import RESOURCES, Value
from iamd.analysis.symbolic.question import Extra, Question, pins
from iamd.analysis.symbolic.search import Search
from iamd.analysis.symbolic.variables import asked, settings
from iamd.policy import Request, decide
from iamd.policy.variables import Context

ROLE = "arn:aws:iam::111122223333:role/some-role"  # whose trust policy it is
_OWNER = "000000000000"  # of resources, so that callers are never of the same account


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that the engine has confirmed, and the place of a statement that lets it in."""

    request: Request
    statement: int


@dataclass(frozen=True, slots=True)
class _Case:
    """Requests of one class of callers and actions that are in all of some statements, and in none of others."""

    caller: Caller
    action: ActionClass
    within: tuple[int, ...]
    outside: tuple[int, ...]

    @property
    def places(self) -> tuple[int, ...]:
        return self.within + self.outside

    @property
    def told(self) -> tuple[object, ...]:
        """What cases that are alike have in common."""
        return self.within, self.outside, self.caller.ties


def new_access(new: Access, old: Access, extra: Extra | None = None, budget: Budget | None = None) -> Witness | None:
    """A request that `new` allows and `old` does not, or None where there is none, which is proved.

    `extra` narrows the requests. Raises Undecided.
    """
    return _Search(Question(new, old, extra or Extra(), budget or Budget())).first(None)


def place(
    new: Access, old: Access, at: int, extra: Extra | None = None, budget: Budget | None = None
) -> Witness | None:
    """A request that the statement at a place of the first gate of `new` lets in, and `old` does not; None: there is
    none, which is proved. Raises Undecided."""
    search = _Search(Question(new, old, extra or Extra(), budget or Budget()))
    places = {search.question.statements[each][1].index: each for each in search.question.new_side.gates[0]}
    return search.first(places[at])


def places(new: Access, old: Access, extra: Extra | None = None) -> Sequence[Witness]:
    """A request for each statement of the first gate of `new` that lets in what `old` does not. Raises Undecided."""
    search = _Search(Question(new, old, extra or Extra(), Budget()))
    found = (search.first(at) for at in search.question.new_side.gates[0])
    return [witness for witness in found if witness is not None]


class _Search:
    """The search for the answer to one question, which keeps what it has learned."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self._solver = Search(question.many, question.resources, question.budget)
        self._actions = list(question.action_classes())
        self._callers = list(question.callers())
        self._empty: set[tuple[object, ...]] = set()  # cases in which there is no request

    def first(self, only: int | None) -> Witness | None:
        """A request that one statement of the first gate (by place; None: any) lets in, or None."""
        question, open_ = self.question, None
        for case in self._cases(only):
            values = _solved(question, self._solver, case, None)
            if values is None:
                self._empty.add(case.told)
                continue
            told = 0
            for env in settings(question, case.places, case.caller, values):
                solver = Search(question.many, question.resources, question.budget)
                real = values if env is None else _solved(question, solver, case, env)
                request = None if real is None else _confirmed(question, case, real)
                if request is not None:
                    return Witness(request, question.statements[case.within[0]][1].index)
                told += real is not None
            # Values of variables that were tried prove nothing, unless there are no others.
            if told or not case.caller.fixed.keys() >= set(asked(question, case.places)):
                open_ = case
        if open_ is not None:
            raise Undecided(f"no request for `{open_.action.action}` could be told that the engine confirms")
        return None

    def _cases(self, only: int | None) -> Iterator[_Case]:
        """Every way in which a request could be allowed by the one and not by the other; alike ones once."""
        seen = self._empty.copy()
        for caller, covers in self._callers:
            for action in self._actions:
                self.question.budget.spend()
                if not caller.makes(action.action, self.question.new.kind):
                    continue
                for within, outside in _ways(self.question, action.covering & covers, only):
                    case = _Case(caller, action, within, outside)
                    if case.told not in seen:
                        seen.add(case.told)
                        yield case


def _solved(question: Question, search: Search, case: _Case, env: Context | None) -> dict[str, Value] | None:
    boxes = question.boxes(env)
    within = [*(boxes[at] for at in case.within), question.ties(case.caller), question.extra_box]
    if env is not None:
        within.append(pins(env, asked(question, case.places)))
    return search.find(within, [boxes[at] for at in case.outside], case.caller.hints)


def _ways(
    question: Question, covering: frozenset[int], only: int | None
) -> Iterable[tuple[tuple[int, ...], tuple[int, ...]]]:
    if not question.required <= covering:
        return
    new, old = question.new_side, question.old_side
    denies = tuple(at for at in new.denies if at in covering)
    gates = [[at for at in gate if at in covering] for gate in new.gates]
    if only is not None:
        gates[0] = [at for at in gates[0] if at == only]
    closed = [tuple(at for at in gate if at in covering) for gate in old.gates]
    for picked in product(*gates):
        within = (*picked, *question.required)
        for gate in closed:
            yield within, (*denies, *gate)
        for at in old.denies:
            if at in covering:
                yield (*within, at), denies


def _confirmed(question: Question, case: _Case, values: dict[str, Value]) -> Request | None:
    """The request of those values, if the engine decides as was found."""
    context: Context = {name: value for name, value in values.items() if name != RESOURCES and value is not None}
    resource = values.get(RESOURCES) or "*"
    action = spelled(case.action, question.actions)
    if question.about_roles and resource == "*":
        resource = ROLE
    who = actual(case.caller, context)
    owner = _OWNER if question.new.about_callers else who.account
    request = Request(who, action, str(resource), owner, context)
    if decide(request, question.new.layers).allowed and not decide(request, question.old.layers).allowed:
        return request
    return None

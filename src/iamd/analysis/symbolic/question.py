"""A question about two accesses: their statements, numbered, and what each covers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from iamd.analysis.symbolic.access import Access
from iamd.analysis.symbolic.actions import ActionClass, classes
from iamd.analysis.symbolic.budget import STATEMENTS, Budget, Undecided
from iamd.analysis.symbolic.callers import ANYONE, Caller, callers
from iamd.analysis.symbolic.constraints import Literal, OnKey, may_be_many, on_key, on_resources
from iamd.analysis.symbolic.resources import Resources
from iamd.analysis.symbolic.search import Box
from iamd.policy import Condition, Document, Kind, Statement
from iamd.policy.memo import Memo, weight
from iamd.policy.operators import FOR_ALL, FOR_ANY
from iamd.policy.principals import PrincipalSet
from iamd.policy.text import lower
from iamd.policy.variables import Context

_KEPT = 1_000_000  # characters


@dataclass(frozen=True, slots=True)
class Extra:
    """What more the requests have to meet that are looked for: conditions (and whether each is to hold), a statement's
    actions, resources and (of a resource's policy) principals; `callers`: which callers are looked at (None: all)."""

    conditions: tuple[tuple[Condition, bool], ...] = ()
    about: tuple[Document, Statement] | None = None
    callers: Callable[[Caller], bool] | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """The places of one access's statements."""

    gates: tuple[tuple[int, ...], ...]
    denies: tuple[int, ...]


class Question:
    """Statements of both sides with what they have in common. `required`: places of what every request must meet."""

    def __init__(self, new: Access, old: Access, extra: Extra, budget: Budget) -> None:
        self.new, self.old, self.budget = new, old, budget
        self.statements: list[tuple[Document, Statement]] = []
        self.new_side, self.old_side = self._side(new), self._side(old)
        self.required: frozenset[int] = frozenset()
        if extra.about is not None:
            self.required = frozenset({len(self.statements)})
            self.statements.append(extra.about)
        if len(self.statements) > STATEMENTS:
            raise Undecided(f"policies of more than {STATEMENTS} statements together are not compared")
        self.actions = [(each.actions, each.spares_actions) for _, each in self.statements]
        self.resources = Resources.of((each, of.has_variables) for of, each in self.statements)
        self.about_roles = new.kind is Kind.TRUST
        self.extra_box: Box = [(_fixed(condition), wanted) for condition, wanted in extra.conditions]
        self._wanted = extra.callers
        self._boxes: list[Box] | None = None
        self._listed = {
            lower(one.key)
            for _, each in self.statements
            for one in each.conditions
            if one.operator.startswith((FOR_ALL, FOR_ANY))
        }

    def _side(self, access: Access) -> Side:
        gates: list[tuple[int, ...]] = []
        denies: list[int] = []
        for gate in access.gates:
            allows: list[int] = []
            for document in gate:
                for statement in document.statements:
                    (allows if statement.allow else denies).append(len(self.statements))
                    self.statements.append((document, statement))
            gates.append(tuple(allows))
        return Side(tuple(gates), tuple(denies))

    def many(self, name: str) -> bool:
        """Whether a key may have several values."""
        return _many(name, name in self._listed)

    def action_classes(self) -> Iterator[ActionClass]:
        """The classes of actions. Raises Undecided."""
        return classes(self.actions, self.budget)

    def callers(self) -> Iterator[tuple[Caller, frozenset[int]]]:
        """The classes of callers, with the places of the statements that are about them. Raises Undecided."""
        if not self.new.about_callers:
            yield ANYONE, frozenset(range(len(self.statements)))
            return
        named = [None if each.principals is None else PrincipalSet(each.principals) for _, each in self.statements]
        seen = set()
        for caller in callers([*self.new.documents, *self.old.documents]):
            self.budget.spend()
            covers = frozenset(at for at, each in enumerate(named) if each is None or self._is_about(at, each, caller))
            told = (covers, caller.ties, caller.principal.kind)
            if told not in seen and (self._wanted is None or self._wanted(caller)):
                seen.add(told)
                yield caller, covers

    def _is_about(self, at: int, named: PrincipalSet, caller: Caller) -> bool:
        who = caller.principal
        return bool(named.grants(who, False)) if self.statements[at][1].allow else named.denies(who, False)

    def boxes(self, env: Context | None) -> list[Box]:
        """What each statement asks of resource and context. `env`: values of variables; None leaves them open."""
        if env is not None:
            return [_box(of, statement, env) for of, statement in self.statements]
        if self._boxes is None:
            self._boxes = [_box(of, statement, None) for of, statement in self.statements]
        return self._boxes

    def ties(self, caller: Caller) -> Box:
        """What holds of a caller's keys."""
        return [(_fixed(condition), wanted) for condition, wanted in caller.ties]


def pins(env: Context, names: list[str]) -> Box:
    """Keys with the values that variables were given, or without one."""
    return [
        (
            _fixed(
                Condition("StringEquals", name, (value,)) if isinstance(value := env.get(name), str) else _absent(name)
            ),
            True,
        )
        for name in names
    ]


def _absent(name: str) -> Condition:
    return Condition("Null", name, ("true",))


def _box(of: Document, statement: Statement, env: Context | None) -> Box:
    variables = of.has_variables
    found: list[Literal] = list(on_resources(statement, variables, env))
    for condition in statement.conditions:
        if env is None:
            found.append((_kept(condition, variables, statement.allow), True))
        else:
            found.append((on_key(condition, variables, statement.allow, env), True))
    return found


def _without_variables(condition: Condition, variables: bool, allow: bool) -> OnKey:
    return on_key(condition, variables, allow, None)


def _weight(asked: tuple[Condition, bool, bool]) -> int:
    return weight((asked[0].key, asked[0].values))


_kept = Memo(_without_variables, _KEPT, _weight)


def _fixed(condition: Condition) -> OnKey:
    return _kept(condition, False, True)


_many = Memo(may_be_many, _KEPT)

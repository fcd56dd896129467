"""The graph of escalations: shortest ways to an administrator, and the changes that close most of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from iamd.analysis.escalation.asking import is_administrator
from iamd.analysis.escalation.edges import ADMINISTRATOR, Edge, Roles, edges_of
from iamd.analysis.escalation.estate import Actor, Estate

_CUTS = 40  # changes that are tried out


@dataclass(frozen=True, slots=True)
class Cut:
    """A change that closes ways: what is no longer allowed, and how many principals could not become administrators."""

    change: str
    saved: int


@dataclass(frozen=True, slots=True)
class Graph:
    """Who can become whom. `administrators` are so already."""

    administrators: frozenset[str]
    edges: tuple[Edge, ...]

    def paths(self) -> dict[str, tuple[Edge, ...]]:
        """For everyone who is no administrator and can become one, a shortest way; the nearest first."""
        onward = self._onward(())
        found = {}
        for source in onward:
            way = [onward[source]]
            while way[-1].target in onward:
                way.append(onward[way[-1].target])
            found[source] = tuple(way)
        return found

    def between(self, source: str, target: str) -> tuple[Edge, ...] | None:
        """A shortest way from one principal to another (or to ADMINISTRATOR), or None."""
        from_: dict[str, list[Edge]] = {}
        for edge in self.edges:
            from_.setdefault(edge.source, []).append(edge)
        came: dict[str, Edge | None] = {source: None}
        waiting = deque([source])
        while waiting:
            at = waiting.popleft()
            if at == target or (target == ADMINISTRATOR and at in self.administrators):
                return tuple(_back(came, at))
            for edge in from_.get(at, ()):
                if edge.target not in came:
                    came[edge.target] = edge
                    waiting.append(edge.target)
        return None

    def cuts(self) -> list[Cut]:
        """The single changes that keep most principals from becoming administrators, the best first."""
        before = self._onward(())
        used = Counter(change for path in self.paths().values() for edge in path for change in set(_changes(edge)))
        found = []
        for change, _ in used.most_common(_CUTS):
            closed = [edge for edge in self.edges if change in _changes(edge)]
            saved = len(before) - len(self._onward(closed))
            if saved:
                found.append(Cut(change, saved))
        return sorted(found, key=lambda cut: (-cut.saved, cut.change))

    def _onward(self, closed: Iterable[Edge]) -> dict[str, Edge]:
        """For everyone who can become an administrator the first edge of a shortest way, without some edges."""
        without = set(map(id, closed))
        into: dict[str, list[Edge]] = {}
        for edge in self.edges:
            if id(edge) not in without:
                into.setdefault(edge.target, []).append(edge)
        onward: dict[str, Edge] = {}
        waiting = deque([ADMINISTRATOR, *sorted(self.administrators)])
        while waiting:
            for edge in into.get(waiting.popleft(), ()):
                if edge.source not in onward and edge.source not in self.administrators:
                    onward[edge.source] = edge
                    waiting.append(edge.source)
        return onward


def _back(came: Mapping[str, Edge | None], at: str) -> Sequence[Edge]:
    """The edges by which a place was reached."""
    way: list[Edge] = []
    edge = came[at]
    while edge is not None:
        way.append(edge)
        edge = came[edge.source]
    return way[::-1]


def _changes(edge: Edge) -> Iterator[str]:
    """The changes each of which closes an edge: of statements that it rests on, or of a role's trust policy."""
    for step in edge.steps:
        for grant in step.statements:
            sid = f"sid {grant.sid}" if grant.sid else f"index {grant.index}"
            own = "" if grant.policy.startswith("arn:") else f" (of {edge.source})"
            yield f"take {step.action} out of statement {sid} of {grant.policy}{own}"
    if edge.method == "assuming":
        yield f"let {edge.target} be assumed by no one else"


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom one principal can become, step by step: each actor's edges once, the nearest actors first. `administrators`
    are those among them; it is not `complete` where the search was cut short."""

    edges: tuple[Edge, ...]
    administrators: frozenset[str]
    complete: bool


def reach(estate: Estate, source: str, go_on: Callable[[int], bool] = lambda asked: True) -> Reach:
    """Whom the principal of that ARN can become. `go_on` is asked before each actor, with how many have been looked at.
    An administrator can become everybody, so nothing is looked for behind one."""
    actors = {actor.arn: actor for actor in estate.actors}
    roles = Roles(estate)
    edges: list[Edge] = []
    administrators: set[str] = set()
    seen, waiting, asked = {source}, deque([source]), 0
    while waiting:
        if not go_on(asked):
            return Reach(tuple(edges), frozenset(administrators), complete=False)
        at, asked = actors.get(waiting.popleft()), asked + 1
        if at is None:  # ADMINISTRATOR, or nobody
            continue
        if is_administrator(at):
            administrators.add(at.arn)
            continue
        for edge in edges_of(at, estate, roles):
            edges.append(edge)
            if edge.target not in seen:
                seen.add(edge.target)
                waiting.append(edge.target)
    return Reach(tuple(edges), frozenset(administrators), complete=True)


def graph(estate: Estate, watch: Callable[[Iterable[Actor]], Iterable[Actor]] = iter) -> Graph:
    """The graph of an estate. `watch` is given the actors and gives them back, so that progress can be told."""
    roles = Roles(estate)
    administrators: set[str] = set()
    edges: list[Edge] = []
    for actor in watch(estate.actors):
        if is_administrator(actor):
            administrators.add(actor.arn)
        else:
            edges += edges_of(actor, estate, roles)
    return Graph(frozenset(administrators), tuple(edges))


def named_paths(found: Mapping[str, tuple[Edge, ...]]) -> list[dict[str, object]]:
    """Paths as plain values."""
    return [{"principal": source, "path": [edge_json(edge) for edge in path]} for source, path in found.items()]


def edge_json(edge: Edge) -> dict[str, object]:
    """An edge as plain values."""
    steps = [
        {
            "action": step.action,
            "resource": step.resource,
            "statements": [{"policy": each.policy, "index": each.index, "sid": each.sid} for each in step.statements],
            "needs": [change.to_json() for change in step.needs],
        }
        for step in edge.steps
    ]
    return {"source": edge.source, "target": edge.target, "method": edge.method, "steps": steps}

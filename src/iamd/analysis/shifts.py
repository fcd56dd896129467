"""What access changed between two states of the policies: asked of the engine, not read off the texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from iamd.analysis.access import Holder, Reach, candidates, covers, decided, open_conditions
from iamd.analysis.reading import about
from iamd.policy import Attached, Decision, Layers, Request
from iamd.policy.text import lower
from iamd.policy.wording import condition_of

_WILD = frozenset("*?$")


@dataclass(frozen=True, slots=True)
class State:
    """One state: a principal (None: it is not there), and where permissions are looked for."""

    holder: Holder | None
    reach: Reach


@dataclass(frozen=True, slots=True)
class Shift:
    """An action whose access changed on resources (as policies name them, most general only). `before` and `after` are
    None where it is denied, else on which conditions of keys that nothing is known of it is allowed (empty: none)."""

    action: str
    resources: tuple[str, ...]
    before: str | None
    after: str | None

    @property
    def gained(self) -> bool:
        """Whether there is more access than before."""
        return self.before is None or self.after == ""


def changed_policies(before: Layers, after: Layers) -> list[Attached]:
    """The policies that only one of the layers has, or has in another place; where a layer that narrows comes or goes
    altogether, those that it narrows, too."""
    changed: list[Attached] = []
    for old, new in zip(_placed(before), _placed(after), strict=True):
        changed += [each for key, each in (old | new).items() if (key in old) != (key in new)]
    if _narrowing(before) != _narrowing(after):
        changed += [*before.identity, *after.identity]
    return changed


def _placed(layers: Layers) -> list[dict[tuple[object, ...], Attached]]:
    """The policies of each layer by what tells them apart."""
    scps = [(level, each) for level, policies in enumerate(layers.scps) for each in policies]
    rcps = [(level, each) for level, policies in enumerate(layers.rcps) for each in policies]
    flat = [[(0, each) for each in group] for group in (layers.identity, layers.boundaries, layers.session or ())]
    return [
        {(level, each.name, each.policy.document.text): each for level, each in group} for group in (scps, rcps, *flat)
    ]


def _narrowing(layers: Layers) -> tuple[object, ...]:
    return bool(layers.boundaries), layers.session is None, len(layers.scps), len(layers.rcps)


def actions_of(policies: Iterable[Attached], known: Mapping[str, bool]) -> dict[str, bool]:
    """The actions that policies are about, and whether they work on resources: of `known` those that a statement covers,
    and those that are written out. What is not known is taken to work on resources."""
    found: dict[str, bool] = {}
    for attached in policies:
        named = [rule.services for rule in attached.policy.rules]
        services = None if None in named else {service for each in named for service in each or ()}
        near = (each for each in known.items() if services is None or each[0].partition(":")[0] in services)
        found |= {action: has for action, has in near if any(True for _ in about(attached, action))}
        spelled = set(map(lower, found))
        for statement in attached.policy.document.statements:
            written = () if statement.not_action else statement.actions
            found |= {each: True for each in written if _WILD.isdisjoint(each) and lower(each) not in spelled}
    return found


def shifts(before: State, after: State, actions: Mapping[str, bool]) -> Iterator[Shift]:
    """What changed for a principal, of those actions (whether they work on resources)."""
    for action, has_resources in actions.items():
        tried = list(
            dict.fromkeys(
                text
                for state in (before, after)
                if state.holder is not None
                for text in candidates(state.holder, action, has_resources, state.reach, _context(state))
            )
        )
        old, new = _outcomes(before, action, tried), _outcomes(after, action, tried)
        groups: dict[tuple[str | None, str | None], list[str]] = {}
        for text in tried:
            if old[text] != new[text]:
                groups.setdefault((old[text], new[text]), []).append(text)
        for (was, now), texts in groups.items():
            widest = [text for text in texts if not any(covers(other, text) for other in texts if other != text)]
            yield Shift(action, tuple(sorted(widest or texts)), was, now)


def _context(state: State) -> dict[str, str | tuple[str, ...]]:
    return {**(state.holder.context if state.holder else {}), **state.reach.context}


def _outcomes(state: State, action: str, resources: list[str]) -> dict[str, str | None]:
    """Whether an action is allowed on each resource, and on which conditions."""
    holder = state.holder
    if holder is None:
        return dict.fromkeys(resources)
    context = _context(state)
    decisions = decided(holder, action, resources, state.reach, context)
    return {text: _outcome(state, holder, action, text, decision) for text, decision in decisions.items()}


def _outcome(state: State, holder: Holder, action: str, resource: str, decision: Decision) -> str | None:
    if decision.allowed or not decision.missing:
        return "" if decision.allowed else None
    request = Request(holder.principal, action, resource, state.reach.owners.get(resource), _context(state))
    needs = open_conditions(request, holder.layers.about(state.reach.policies.get(resource)))
    return " and ".join(map(condition_of, needs)) or None

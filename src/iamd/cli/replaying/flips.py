"""Which recorded calls a change of policies would decide otherwise."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from iamd.analysis.reading import about, keys, policies_of
from iamd.audit.asked import Asked, Value, recorded
from iamd.cli.replaying.calls import Asking, Calls
from iamd.cli.replaying.worlds import Unknown, World
from iamd.guard.context import epoch, iso
from iamd.policy import Attached, Decision, Layers
from iamd.store.rows import moment

_TIME_KEYS = frozenset({"aws:currenttime", "aws:epochtime"})
_SHOWN = 3  # resources of a flip
_KNOWN = 100_000  # decisions that are remembered


@dataclass(slots=True)
class Flip:
    """Calls of one principal for one action, that would be decided otherwise, and by which decision."""

    principal: str
    action: str
    allowed: bool  # what they would be
    decision: Decision
    count: int = 0
    first: int = 0  # microseconds since 1970
    last: int = 0
    resources: list[str] = field(default_factory=list)
    sample: str = ""

    def add(self, calls: Calls, times: array[int], asked: Asked) -> None:
        self.count += len(times)
        first, last = (min(times), max(times)) if len(times) > 1 else (times[0], times[0])
        self.first, self.last = min(self.first or first, first), max(self.last, last)
        if len(self.resources) < _SHOWN and asked.resource not in self.resources:
            self.resources.append(asked.resource)
        self.sample = self.sample or calls.sample

    def join(self, other: Flip) -> None:
        """Take in the calls of another share of the record."""
        self.count += other.count
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.resources = list(dict.fromkeys([*self.resources, *other.resources]))[:_SHOWN]


@dataclass(slots=True)
class Outcome:
    """What came of a replay. `touched` calls are those that policies which change are about; `drifted` of them are
    decided otherwise than recorded by the present policies already; `unknown` tells why how many cannot be decided."""

    calls: int = 0
    touched: int = 0
    drifted: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    flips: dict[tuple[str, str, bool], Flip] = field(default_factory=dict)

    def join(self, other: Outcome) -> None:
        """Take in what came of another share of the record, an older one."""
        self.calls, self.touched = self.calls + other.calls, self.touched + other.touched
        self.drifted += other.drifted
        for why, count in other.unknown.items():
            self.unknown[why] = self.unknown.get(why, 0) + count
        for key, flip in other.flips.items():
            known = self.flips.setdefault(key, flip)
            if known is not flip:
                known.join(flip)


class Sight(NamedTuple):
    """What of a request matters to policies: condition keys, and whether it matters which resource it is about."""

    keys: frozenset[str]
    resources: bool


_UNSEEN = Sight(frozenset(), False)


class Replay:
    """Decides calls under the policies before and after a change."""

    def __init__(self, before: World, after: World) -> None:
        self._before = before
        self._after = after
        self._touches: dict[tuple[object, ...], Sight | None] = {}
        self._alike: dict[tuple[object, ...], Sight | None] = {}
        self._known: dict[tuple[object, ...], tuple[Decision, Decision]] = {}
        self.outcome = Outcome()

    def run(self, gathered: Iterable[Calls]) -> None:
        """Decide those calls, too; `outcome` tells what came of all."""
        for calls in gathered:
            self.outcome.calls += calls.count
            try:
                self._replay(calls)
            except Unknown as unknown:
                self.outcome.unknown[str(unknown)] = self.outcome.unknown.get(str(unknown), 0) + calls.count

    def _replay(self, calls: Calls) -> None:
        looked_at = [self._looked_at(calls.asking, asked) for asked in calls.asking.asked]
        if looked_at == [None]:  # as most are
            return
        seen = [each for each in looked_at if each is not None]
        if not seen:
            return
        self.outcome.touched += calls.count
        for each in seen:
            if not _TIME_KEYS.isdisjoint(each.keys):
                for times in _by_time(calls.times):
                    self._compare(calls, times, looked_at)
                return
        self._compare(calls, calls.times, looked_at)

    def _compare(self, calls: Calls, times: array[int], looked_at: list[Sight | None]) -> None:
        asking, when = calls.asking, moment(times[0])
        before = after = True
        flipped: tuple[Asked, Decision] | None = None
        for asked, needed in zip(asking.asked, looked_at, strict=True):
            old, new = self._decided(asking, asked, when, needed)
            was, would = old.allowed, new.allowed
            if was != would and flipped is None:
                flipped = asked, new
            before, after = before and was, after and would
        if before == calls.denied:
            self.outcome.drifted += len(times)
        if before != after and flipped is not None:
            asked, decision = flipped
            key = (asking.asker.caller.principal_arn, asked.action, after)
            flip = self.outcome.flips.get(key)
            if flip is None:
                flip = self.outcome.flips[key] = Flip(*key, decision)
            flip.add(calls, times, asked)

    def _looked_at(self, asking: Asking, asked: Asked) -> Sight | None:
        """What of an ask matters, before or after; None where no policy about it changes."""
        before, after, asker = self._before, self._after, asking.asker
        own, theirs = before.own_policy(asked), after.own_policy(asked)
        key = (id(asker), asked.action, asked.account_id, id(own), id(theirs))  # all of which are kept
        sight = self._touches.get(key, _UNSEEN)
        if sight is _UNSEEN:
            old, new = before.layers(asker, asked).about(own), after.layers(asker, asked).about(theirs)
            sight = self._touches[key] = self._compared(old, new, asked.action)
        return sight

    def _compared(self, old: Layers, new: Layers, action: str) -> Sight | None:
        key = (action, *map(id, (old.plans, new.plans, old.resource, new.resource)))  # each is of its layers alone
        if key not in self._alike:
            alike = _relevant(old, action) == _relevant(new, action)
            self._alike[key] = None if alike else _sight(old, new, action)
        return self._alike[key]

    def _decided(self, asking: Asking, asked: Asked, when: datetime, needed: Sight | None) -> tuple[Decision, Decision]:
        """The decision before and after."""
        if needed is None:  # it is of interest only whether it was allowed
            layers, own = self._before.layers(asking.asker, asked), self._before.own_policy(asked)
            context = _context(asking, asked, when, keys(policies_of(layers.about(own)), asked.action))
            decision = self._before.decide(asking.asker, asked, context)
            return decision, decision
        context = _context(asking, asked, when, needed.keys)
        place = (asked.action, asked.resource if needed.resources else "", asked.account_id, asked.had_policy)
        key = (id(asking.asker), *place, *context.items())  # always in the same order
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            before, after = (world.decide(asking.asker, asked, context) for world in (self._before, self._after))
            known = self._known[key] = before, after
        return known


def _sight(old: Layers, new: Layers, action: str) -> Sight:
    policies = (*policies_of(old), *policies_of(new))
    statements = [statement for each in policies for statement in about(each, action)]
    everywhere = all(each.resources in (None, ("*",)) and not each.not_resource for each in statements)
    own = old.resource is not None or new.resource is not None
    # A role's trust policy and a key's are asked whatever the caller's allow.
    return Sight(keys(policies, action), own or not everywhere or action.startswith(("sts:", "kms:")))


def _relevant(layers: Layers, action: str) -> list[object]:
    """What layers hold about an action, to be compared: every layer, level and policy that has a statement about it."""

    def told(policies: Iterable[Attached]) -> list[tuple[str, str, str]]:
        return [
            (each.name, each.policy.document.kind.value, each.policy.document.text)
            for each in policies
            if any(True for _ in about(each, action))
        ]

    session = None if layers.session is None else told(layers.session)
    own = None if layers.resource is None else layers.resource.policy.document.text
    levels = ([told(level) for level in layers.scps], [told(level) for level in layers.rcps])
    bounds = (bool(layers.boundaries), told(layers.boundaries))
    return [told(layers.identity), bounds, session, own, levels, layers.management_account]


def _by_time(times: array[int]) -> Iterator[array[int]]:
    """The times, second by second: what condition keys tell of them."""
    seconds: dict[int, array[int]] = {}
    for time in times:
        seconds.setdefault(time // 1_000_000, array("q")).append(time)
    yield from seconds.values()


# What the circumstances of a call tell, as the guard had it.
_CIRCUMSTANCES: Mapping[str, Callable[[Asking, Asked, datetime], str | None]] = {
    "aws:currenttime": lambda asking, asked, when: iso(when),
    "aws:epochtime": lambda asking, asked, when: epoch(when),
    "aws:securetransport": lambda asking, asked, when: "true" if asking.secure else "false",
    "aws:sourceip": lambda asking, asked, when: asking.ip or None,
    "aws:requestedregion": lambda asking, asked, when: asking.region,
    "aws:resourceaccount": lambda asking, asked, when: asked.account_id,
    "aws:useragent": lambda asking, asked, when: asking.agent or None,
}


def _context(asking: Asking, asked: Asked, when: datetime, needed: Iterable[str]) -> dict[str, Value]:
    """The condition keys of a request that are needed."""
    context: dict[str, Value] = {}
    for key in needed:
        value = recorded(asked, key)
        if value is None:
            value = asking.asker.context.get(key)
        if value is None and key in _CIRCUMSTANCES:
            value = _CIRCUMSTANCES[key](asking, asked, when)
        if value is not None:
            context[key] = value
    return context

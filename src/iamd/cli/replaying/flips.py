"""Which recorded calls a change of policies would decide otherwise."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from iamd.analysis.reading import about, keys, policies_of
from iamd.audit.asked import Asked, Value, opened_context
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

    def add(self, calls: Calls, times: Iterable[int], asked: Asked) -> None:
        for time in times:
            self.count += 1
            self.first, self.last = min(self.first or time, time), max(self.last, time)
        if asked.resource not in self.resources and len(self.resources) < _SHOWN:
            self.resources.append(asked.resource)
        self.sample = self.sample or calls.sample


@dataclass(slots=True)
class Outcome:
    """What came of a replay. `touched` calls are those that policies which change are about; `drifted` of them are
    decided otherwise than recorded by the present policies already; `unknown` tells why how many cannot be decided."""

    calls: int = 0
    touched: int = 0
    drifted: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    flips: dict[tuple[str, str, bool], Flip] = field(default_factory=dict)


class Replay:
    """Decides calls under the policies before and after a change."""

    def __init__(self, before: World, after: World) -> None:
        self._before = before
        self._after = after
        self._touches: dict[tuple[object, ...], frozenset[str] | None] = {}
        self._known: dict[tuple[object, ...], tuple[Decision, Decision]] = {}
        self.outcome = Outcome()

    def run(self, gathered: Iterable[Calls]) -> Outcome:
        """Decide all calls; returns what came of it."""
        for calls in gathered:
            self.outcome.calls += calls.count
            try:
                self._replay(calls)
            except Unknown as unknown:
                self.outcome.unknown[str(unknown)] = self.outcome.unknown.get(str(unknown), 0) + calls.count
        return self.outcome

    def _replay(self, calls: Calls) -> None:
        asking = calls.asking
        looked_at = [self._looked_at(asking, asked) for asked in asking.asked]
        if all(each is None for each in looked_at):
            return
        self.outcome.touched += calls.count
        timely = any(each is not None and not _TIME_KEYS.isdisjoint(each) for each in looked_at)
        for times in _by_time(calls.times) if timely else [calls.times]:
            self._compare(calls, times, looked_at)

    def _compare(self, calls: Calls, times: array[int], looked_at: list[frozenset[str] | None]) -> None:
        asking, when = calls.asking, moment(times[0])
        pairs = [
            self._decided(asking, asked, when, needed) for asked, needed in zip(asking.asked, looked_at, strict=True)
        ]
        before, after = (all(pair[at].allowed for pair in pairs) for at in (0, 1))
        if before == calls.denied:
            self.outcome.drifted += len(times)
        if before != after:
            at = next(at for at, pair in enumerate(pairs) if pair[0].allowed != pair[1].allowed)
            asked, decision = asking.asked[at], pairs[at][1]
            key = (asking.asker.caller.principal_arn, asked.action, after)
            flip = self.outcome.flips.setdefault(key, Flip(*key, decision))
            flip.add(calls, times, asked)

    def _looked_at(self, asking: Asking, asked: Asked) -> frozenset[str] | None:
        """The condition keys that matter to an ask, before or after; None where no policy about it changes."""
        caller, worlds = asking.asker.caller, (self._before, self._after)
        layers = [world.layers(caller, asked) for world in worlds]
        own = [world.own_policy(asked) for world in worlds]
        key = (asked.action, *map(id, layers), *map(id, own))  # the worlds keep these objects
        if key not in self._touches:
            old, new = (each.about(policy) for each, policy in zip(layers, own, strict=True))
            alike = _relevant(old, asked.action) == _relevant(new, asked.action)
            self._touches[key] = None if alike else keys((*policies_of(old), *policies_of(new)), asked.action)
        return self._touches[key]

    def _decided(
        self, asking: Asking, asked: Asked, when: datetime, needed: frozenset[str] | None
    ) -> tuple[Decision, Decision]:
        """The decision before and after."""
        context = _context(asking, asked, when)
        if needed is None:  # of no interest but that it is allowed
            decision = self._before.decide(asking.asker, asked, context)
            return decision, decision
        context = {key: value for key, value in context.items() if key in needed}
        place = (asked.action, asked.resource, asked.account_id, asked.had_policy)
        key = (id(asking.asker), *place, *context.items())  # always in the same order
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            before, after = (world.decide(asking.asker, asked, context) for world in (self._before, self._after))
            known = self._known[key] = before, after
        return known


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


def _context(asking: Asking, asked: Asked, when: datetime) -> dict[str, Value]:
    """The condition keys of a request, as the guard had them."""
    context: dict[str, Value] = {
        **asking.asker.context,
        "aws:currenttime": iso(when),
        "aws:epochtime": epoch(when),
        "aws:securetransport": "true" if asking.secure else "false",
        "aws:sourceip": asking.ip,
        "aws:requestedregion": asking.region,
        "aws:resourceaccount": asked.account_id,
    }
    if asking.agent:
        context["aws:useragent"] = asking.agent
    return {**context, **opened_context(asked)}

"""Recorded calls, put together where nothing but their time tells them apart."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from iamd.audit.asked import Asked, SessionPolicies
from iamd.audit.encoding import own_action
from iamd.audit.stored import opened_tail
from iamd.guard.askers import Asker, asker
from iamd.store.runs import Run

DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation"})
"""Codes under which AWS's services record that a caller may not."""
KINDS = 20_000
"""Kinds of calls that are held at a time: few enough to be quick to get at, many enough to meet again."""


class Asking(msgspec.Struct, frozen=True, eq=False):
    """Who asked for what, and from where; `asked`, never empty, spells actions and accounts out."""

    asker: Asker
    region: str
    ip: str
    agent: str
    secure: bool
    asked: tuple[Asked, ...]


class Calls(msgspec.Struct, eq=False):
    """Calls that asked alike: when (microseconds since 1970), and whether they were denied. `example` is an event's id,
    or a run and the number of its shape."""

    asking: Asking
    denied: bool
    times: array[int]
    example: str | tuple[Run, int]

    @property
    def sample(self) -> str:
        """The id of one of the events."""
        if isinstance(self.example, str):
            return self.example
        run, shape = self.example
        return run.samples([shape])[0].event_id

    @property
    def count(self) -> int:
        return len(self.times)


@dataclass(slots=True)
class Skipped:
    """Events that cannot be decided again: `undecided` of them tell of no decision, `strangers` were made by those
    whom no policy of an account is about: services, other accounts."""

    undecided: int = 0
    strangers: int = 0

    def join(self, other: Skipped) -> None:
        """Take in those of another share of the record."""
        self.undecided += other.undecided
        self.strangers += other.strangers


class Gathering:
    """Calls by what tells them apart."""

    def __init__(self) -> None:
        self.skipped = Skipped()
        self.places: dict[tuple[object, ...], Place] = {}
        self._askers: dict[tuple[object, ...], Asker | None] = {}
        self._found: dict[tuple[object, ...], Calls | str] = {}
        self.shapes: dict[tuple[str, bytes, bytes, bytes], Calls | str] = {}  # by account and shape

    @property
    def is_full(self) -> bool:
        """Whether there are so many that they had better be taken, before there are more than memory holds."""
        return max(len(self._found), len(self.shapes)) >= KINDS

    def take(self) -> list[Calls]:
        """What was gathered since the last time."""
        found, self._found, self.shapes = self._found, {}, {}
        return [calls for calls in found.values() if isinstance(calls, Calls) and calls.times]

    def asker(self, key: tuple[object, ...], make: Callable[[], Asker | None]) -> Asker | None:
        """The same object for calls of the same caller, as `key` tells; None for strangers."""
        if key not in self._askers:
            self._askers[key] = make()
        return self._askers[key]

    def of(self, place: Place, asked: bytes) -> Calls | None:
        """The calls of that place that asked for that, as it is stored, if there were any."""
        calls = self._found.get((place, asked))
        return calls if isinstance(calls, Calls) else None

    def knows(self, key: tuple[object, ...]) -> bool:
        """Whether there were calls of that key."""
        return key in self._found

    def note(self, key: tuple[object, ...], calls: Calls | None, why: str = "") -> None:
        """Tell what calls of a key are; None where they cannot be decided again, with a field of Skipped as the reason."""
        self._found[key] = calls if calls is not None else why

    def count(self, key: tuple[object, ...], time: int) -> None:
        """Count a call of a known key."""
        calls = self._found[key]
        if isinstance(calls, Calls):
            calls.times.append(time)
        else:
            self.skip(calls)

    def skip(self, why: str) -> None:
        """Count a call that cannot be decided again, with a field of Skipped as the reason."""
        setattr(self.skipped, why, getattr(self.skipped, why) + 1)


class _Parts(msgspec.Struct, array_like=True):
    """A StoredEvent, with what is the same for many calls unopened."""

    source: str
    name: str
    region: str
    request_id: msgspec.Raw
    read_only: bool
    identity: msgspec.Raw
    ip: str = ""
    agent: str = ""
    params: msgspec.Raw = msgspec.Raw()
    response: msgspec.Raw = msgspec.Raw()
    error_code: str | None = None
    error_message: msgspec.Raw = msgspec.Raw()
    additional: msgspec.Raw = msgspec.Raw()
    shared_id: msgspec.Raw = msgspec.Raw()
    secure_host: str | None = None
    type: msgspec.Raw = msgspec.Raw()
    asked: msgspec.Raw = msgspec.Raw()
    session_policies: msgspec.Raw = msgspec.Raw(b"\xc0")


class Place(msgspec.Struct, frozen=True, eq=False):
    """Who called what, from where, and whether it was denied: what calls have in common that are alike but for what was
    asked. `asker` is None for strangers."""

    asker: Asker | None
    account_id: str
    own_action: str
    region: str
    ip: str
    agent: str
    secure: bool
    denied: bool


_parts = msgspec.msgpack.Decoder(_Parts).decode
_asked = msgspec.msgpack.Decoder(tuple[Asked, ...]).decode
_session_policies = msgspec.msgpack.Decoder(SessionPolicies | None).decode
_NONE_ASKED = (b"", b"\x90")
_SAML = "AssumeRoleWithSAML"  # its provider stands among the parameters alone


def add(gathering: Gathering, run: Run, since: int, until: int) -> None:
    """Take in the events of a run from `since` until `until` (microseconds since 1970, both included)."""
    places = run.content.places
    shapes = [(run.account_id, *places[place], tail) for place, tail in run.content.shapes]
    known = []
    for number, shape in enumerate(shapes):
        calls = gathering.shapes.get(shape)
        if calls is None:
            calls = gathering.shapes[shape] = _calls(gathering, run, number)
        known.append(calls)
    for number, time in zip(run.content.of, run.moments(), strict=True):
        if since <= time <= until:
            calls = known[number]
            if isinstance(calls, Calls):
                calls.times.append(time)
            else:
                gathering.skip(calls)


def _calls(gathering: Gathering, run: Run, shape: int) -> Calls | str:
    """The calls that asked as events of that shape did; a field of Skipped where they cannot be decided again."""
    number, tail = run.content.shapes[shape]
    head, middle = run.content.places[number]
    if not middle:
        parts = _parts(head)
        asked = bytes(parts.asked)
        place = None if asked in _NONE_ASKED else _usual_place(gathering, run.account_id, parts)
    else:
        opened = opened_tail(head, tail)
        asked, policies = bytes(opened.asked), bytes(opened.session_policies)
        key = run.account_id, head, middle, bytes(opened.secure_host), policies
        place = gathering.places.get(key)
        if place is None and asked not in _NONE_ASKED:
            parts = _parts(run.samples([shape])[0].record)
            place = gathering.places[key] = _usual_place(gathering, run.account_id, parts)
    if place is None or asked in _NONE_ASKED:
        return "undecided"
    if place.asker is None:
        return "strangers"
    calls = gathering.of(place, asked)
    if calls is None:
        calls = _made(place, place.asker, asked, (run, shape))
        gathering.note((place, asked), calls)
    return calls


def _usual_place(gathering: Gathering, account_id: str, parts: _Parts) -> Place:
    """The same object for calls of the same place."""
    identity, policies = bytes(parts.identity), bytes(parts.session_policies)
    params = bytes(parts.params) if parts.name == _SAML else b""
    key = (
        *(account_id, parts.source, parts.name, parts.region, identity, parts.ip, parts.agent),
        *(parts.error_code in DENIALS, parts.secure_host is None, policies, params),
    )
    place = gathering.places.get(key)
    if place is None:
        who = gathering.asker((account_id, identity, policies, params), lambda: _asker(account_id, parts, params))
        place = gathering.places[key] = _place(account_id, parts, who)
    return place


def _asker(account_id: str, parts: _Parts, params: bytes) -> Asker | None:
    given = msgspec.msgpack.decode(params) if params else None
    policies = _session_policies(parts.session_policies)
    return asker(msgspec.msgpack.decode(parts.identity), policies, account_id, given or {})


def _place(account_id: str, parts: _Parts, who: Asker | None) -> Place:
    own, denied = own_action(parts.source, parts.name), parts.error_code in DENIALS
    return Place(who, account_id, own, parts.region, parts.ip, parts.agent, parts.secure_host is not None, denied)


def _made(place: Place, who: Asker, asked: bytes, example: tuple[Run, int]) -> Calls:
    account_id = place.account_id
    asks = tuple(
        [
            Asked(
                each.action or place.own_action,
                each.resource,
                each.account_id or account_id,
                each.context,
                each.had_policy,
            )
            for each in _asked(asked)
        ]
    )
    asking = Asking(who, place.region, place.ip, place.agent, place.secure, asks)
    return Calls(asking, place.denied, array("q"), example)

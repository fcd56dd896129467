"""Recorded calls, put together where nothing but their time tells them apart."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from iamd.audit.asked import Asked, SessionPolicies
from iamd.audit.encoding import own_action
from iamd.cli.replaying.askers import Asker, asker
from iamd.store.interface import Recorded
from iamd.store.rows import micros

DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation"})
"""Codes under which AWS's services record that a caller may not."""
KINDS = 100_000
"""Kinds of calls that are held at a time."""


class Asking(msgspec.Struct, frozen=True, eq=False):
    """Who asked for what, and from where; `asked`, never empty, spells actions and accounts out."""

    asker: Asker
    region: str
    ip: str
    agent: str
    secure: bool
    asked: tuple[Asked, ...]


class Calls(msgspec.Struct, eq=False):
    """Calls that asked alike: when (microseconds since 1970), and whether they were denied; `sample` is an event's id."""

    asking: Asking
    denied: bool
    times: array[int]
    sample: str

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

    @property
    def is_full(self) -> bool:
        """Whether there are so many that they had better be taken, before there are more than memory holds."""
        return len(self._found) >= KINDS

    def take(self) -> list[Calls]:
        """What was gathered since the last time."""
        found, self._found = self._found, {}
        return [calls for calls in found.values() if isinstance(calls, Calls)]

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
            setattr(self.skipped, calls, getattr(self.skipped, calls) + 1)


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


def add(gathering: Gathering, event: Recorded) -> None:
    """Take in an event of the store."""
    parts = _parts(event.record)
    asked = bytes(parts.asked)
    if asked in _NONE_ASKED:
        gathering.skipped.undecided += 1
        return
    identity, policies = bytes(parts.identity), bytes(parts.session_policies)
    params = bytes(parts.params) if parts.name == _SAML else b""
    key = (
        *(event.account_id, parts.source, parts.name, parts.region, identity, parts.ip, parts.agent),
        *(parts.error_code in DENIALS, parts.secure_host is None, policies, params),
    )
    place = gathering.places.get(key)
    if place is None:
        who = gathering.asker(
            (event.account_id, identity, policies, params), lambda: _asker(event.account_id, parts, params)
        )
        place = gathering.places[key] = _place(event.account_id, parts, who)
    if place.asker is None:
        gathering.skipped.strangers += 1
        return
    calls = gathering.of(place, asked)
    if calls is None:
        calls = _made(place, place.asker, asked, event.event_id)
        gathering.note((place, asked), calls)
    calls.times.append(micros(event.time))


def _asker(account_id: str, parts: _Parts, params: bytes) -> Asker | None:
    given = msgspec.msgpack.decode(params) if params else None
    policies = _session_policies(parts.session_policies)
    return asker(msgspec.msgpack.decode(parts.identity), policies, account_id, given or {})


def _place(account_id: str, parts: _Parts, who: Asker | None) -> Place:
    own, denied = own_action(parts.source, parts.name), parts.error_code in DENIALS
    return Place(who, account_id, own, parts.region, parts.ip, parts.agent, parts.secure_host is not None, denied)


def _made(place: Place, who: Asker, asked: bytes, sample: str) -> Calls:
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
    return Calls(asking, place.denied, array("q"), sample)

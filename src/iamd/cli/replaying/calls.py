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


class Gathering:
    """Calls by what tells them apart."""

    def __init__(self) -> None:
        self.skipped = Skipped()
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
    params = parts.params if parts.name == _SAML else b""
    key = (
        *(event.account_id, parts.source, parts.name, parts.region, bytes(parts.identity), parts.ip, parts.agent),
        *(parts.error_code in DENIALS, parts.secure_host is None, asked, bytes(parts.session_policies), bytes(params)),
    )
    if not gathering.knows(key):
        gathering.note(key, _made(gathering, event, parts), "strangers")
    gathering.count(key, micros(event.time))


def _asker(account_id: str, parts: _Parts) -> Asker | None:
    params = msgspec.msgpack.decode(parts.params) if parts.name == _SAML and parts.params else None
    policies = _session_policies(parts.session_policies)
    return asker(msgspec.msgpack.decode(parts.identity), policies, account_id, params or {})


def _made(gathering: Gathering, event: Recorded, parts: _Parts) -> Calls | None:
    params = bytes(parts.params) if parts.name == _SAML else b""
    key = (event.account_id, bytes(parts.identity), bytes(parts.session_policies), params)
    who = gathering.asker(key, lambda: _asker(event.account_id, parts))
    if who is None:
        return None
    own = own_action(parts.source, parts.name)
    asked = tuple(
        Asked(each.action or own, each.resource, each.account_id or event.account_id, each.context, each.had_policy)
        for each in _asked(parts.asked)
    )
    asking = Asking(who, parts.region, parts.ip, parts.agent, parts.secure_host is not None, asked)
    return Calls(asking, parts.error_code in DENIALS, array("q"), event.event_id)

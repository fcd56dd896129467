"""What a principal's layers hold about one action, merged ahead of the requests.

A plan leaves out every statement whose actions do not cover the action, and every gate that stands open to all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .text import lower
from .vocabulary import Attached, Entry, Layer


class Gate:
    """A set of policies one of which must allow: one level of control policies, a boundary, a session."""

    __slots__ = ("entries", "layer", "open")

    def __init__(self, layer: Layer, policies: Iterable[Attached], action: str) -> None:
        self.layer = layer
        found = [Entry(layer, each.name, rule) for each in policies for rule in each.policy.select(action).allows]
        self.entries = tuple(sorted(found, key=lambda entry: not entry.rule.free))  # what needs no look comes first
        self.open = bool(found) and self.entries[0].rule.free and self.entries[0].rule.principals is None


class Plan:
    """Denials and gates of all layers but the resource policy, for one action.

    `own_denies` are those of the principal's own policies, `denies` these and the SCPs'. A gate list holds only gates
    that are not open to all; `action` is in lower case; `boundary` and `session` are None where they cannot stop anything.
    """

    __slots__ = (
        "action",
        "boundary",
        "denies",
        "endpoint",
        "endpoint_denies",
        "identity",
        "own_denies",
        "rcp_denies",
        "rcps",
        "scps",
        "session",
        "session_denies_only",
    )

    def __init__(
        self,
        action: str,
        identity: Sequence[Attached],
        boundaries: Sequence[Attached],
        session: Sequence[Attached] | None,
        scps: Sequence[Sequence[Attached]],
        rcps: Sequence[Sequence[Attached]],
        endpoint: Sequence[Attached],
    ) -> None:
        self.action = lower(action)
        self.identity = Gate(Layer.IDENTITY, identity, action)
        self.boundary = _closed(Gate(Layer.BOUNDARY, boundaries, action)) if boundaries else None
        self.session = _closed(Gate(Layer.SESSION, session, action)) if session is not None else None
        self.session_denies_only = session is not None and not any(
            rule.allow for each in session for rule in each.policy.rules
        )
        self.scps = tuple(gate for level in scps if (gate := _closed(Gate(Layer.SCP, level, action))))
        self.rcps = tuple(gate for level in rcps if (gate := _closed(Gate(Layer.RCP, level, action))))
        door = _closed(Gate(Layer.ENDPOINT, endpoint, action)) if endpoint else None
        self.endpoint: tuple[Gate, ...] = () if door is None else (door,)
        self.own_denies = (
            *_denies(Layer.IDENTITY, identity, action),
            *_denies(Layer.BOUNDARY, boundaries, action),
            *_denies(Layer.SESSION, session or (), action),
        )
        self.denies = (*_denies(Layer.SCP, (each for level in scps for each in level), action), *self.own_denies)
        self.rcp_denies = _denies(Layer.RCP, (each for level in rcps for each in level), action)
        self.endpoint_denies = _denies(Layer.ENDPOINT, endpoint, action)


def _closed(gate: Gate) -> Gate | None:
    return None if gate.open else gate


def _denies(layer: Layer, policies: Iterable[Attached], action: str) -> tuple[Entry, ...]:
    return tuple(Entry(layer, each.name, rule) for each in policies for rule in each.policy.select(action).denies)

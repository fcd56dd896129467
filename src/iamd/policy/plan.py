"""What a principal's layers hold about one action, merged ahead of the requests.

A plan leaves out every statement whose actions do not cover the action, and every gate that stands open to all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .shelf import Shelf
from .text import lower
from .vocabulary import Attached, Entry, Layer


class Gate(Shelf[Entry]):
    """A set of policies one of which must allow: one level of control policies, a boundary, a session."""

    __slots__ = ("layer", "open")

    def __init__(self, layer: Layer, policies: Iterable[Attached], action: str) -> None:
        found = [Entry(layer, each, rule) for each in policies for rule in each.policy.select(action).allows]
        # what needs no look comes first
        free = [entry for entry in found if entry.rule.free]
        super().__init__([*free, *[entry for entry in found if not entry.rule.free]] if free else found)
        self.layer = layer
        self.open = bool(free) and free[0].rule.principals is None


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
        self.session_denies_only = bool(session) and not any(
            rule.allow for each in session or () for rule in each.policy.rules
        )
        self.scps = tuple(gate for level in scps if (gate := _closed(Gate(Layer.SCP, level, action))))
        self.rcps = tuple(gate for level in rcps if (gate := _closed(Gate(Layer.RCP, level, action))))
        door = _closed(Gate(Layer.ENDPOINT, endpoint, action)) if endpoint else None
        self.endpoint: tuple[Gate, ...] = () if door is None else (door,)
        own = [
            *_denies(Layer.IDENTITY, identity, action),
            *_denies(Layer.BOUNDARY, boundaries, action),
            *_denies(Layer.SESSION, session or (), action),
        ]
        controls = [entry for level in scps for entry in _denies(Layer.SCP, level, action)]
        self.own_denies = Shelf(own)
        self.denies = Shelf([*controls, *own]) if controls else self.own_denies
        self.rcp_denies = Shelf([entry for level in rcps for entry in _denies(Layer.RCP, level, action)])
        self.endpoint_denies = Shelf(_denies(Layer.ENDPOINT, endpoint, action))


def _closed(gate: Gate) -> Gate | None:
    return None if gate.open else gate


def _denies(layer: Layer, policies: Iterable[Attached], action: str) -> list[Entry]:
    return [Entry(layer, each, rule) for each in policies for rule in each.policy.select(action).denies]

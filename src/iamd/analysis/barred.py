"""Whether a caller may do something at all: an action that no request can succeed with, whatever it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from iamd.analysis.reading import about, policies_of
from iamd.policy import Attached, Layer, Layers, Statement


@dataclass(frozen=True, slots=True)
class Bar:
    """What keeps a caller from an action: the policy of a layer that denies it by name, or a layer that does not allow it
    (`denied_by` is None)."""

    layer: Layer
    denied_by: str | None = None


def barred(layers: Layers, action: str, *, is_root: bool = False) -> Bar | None:
    """What keeps a caller from an action on every resource and under all circumstances; None: some request may be
    allowed. The root user needs no policy that allows."""
    for attached in policies_of(layers):
        if any(_denies_everything(statement) for statement in about(attached, action)):
            return Bar(_layer_of(layers, attached), attached.name)
    needed: list[tuple[Layer, Iterable[Attached]]] = [(Layer.SCP, level) for level in layers.scps]
    if not is_root:
        needed.append((Layer.IDENTITY, layers.identity))
    if layers.boundaries:
        needed.append((Layer.BOUNDARY, layers.boundaries))
    if layers.session is not None:
        needed.append((Layer.SESSION, layers.session))
    return next((Bar(layer) for layer, policies in needed if not _allows_something(policies, action)), None)


def _denies_everything(statement: Statement) -> bool:
    everything = statement.resources in (None, ("*",)) and not statement.spares_resources
    return not statement.allow and everything and not statement.conditions and statement.principals is None


def _allows_something(policies: Iterable[Attached], action: str) -> bool:
    return any(statement.allow for each in policies for statement in about(each, action))


def _layer_of(layers: Layers, attached: Attached) -> Layer:
    if attached in layers.boundaries:
        return Layer.BOUNDARY
    if attached in (layers.session or ()):
        return Layer.SESSION
    return Layer.IDENTITY if attached in layers.identity else Layer.SCP

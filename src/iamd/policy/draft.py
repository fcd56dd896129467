"""Layers as they would be after a change: what would happen is decided, not guessed."""

from __future__ import annotations

from dataclasses import replace

from .compiled import Policy
from .document import LATEST_VERSION, Document, Kind, Position, Principals, Statement
from .elements import Cited
from .evaluate import Case
from .patterns import units
from .principals import Principal, PrincipalKind
from .request import Layers
from .vocabulary import Attached, Layer

Slot = tuple[Layer, int | None]

_NOWHERE = Position(0, 0)
_WHOLE = frozenset({Layer.IDENTITY, Layer.SCP, Layer.RCP})  # where a statement can come in a policy of its own
_KINDS = {
    Layer.SCP: Kind.SCP,
    Layer.RCP: Kind.RCP,
    Layer.ENDPOINT: Kind.ENDPOINT,
    Layer.RESOURCE: Kind.RESOURCE,
    Layer.TRUST: Kind.TRUST,
    Layer.IDENTITY: Kind.IDENTITY,
    Layer.BOUNDARY: Kind.BOUNDARY,
    Layer.SESSION: Kind.SESSION,
}


class Draft:
    """A copy of a case's layers to edit; `layers` gives them back."""

    def __init__(self, layers: Layers) -> None:
        self._base = layers
        self._policies: dict[Slot, list[Attached]] = {}

    def drop(self, slot: Slot, cited: Cited) -> None:
        """Take a statement out."""
        self._exchange(slot, cited, None)

    def unbind(self, slot: Slot, cited: Cited) -> None:
        """Take the conditions off a statement."""
        self._exchange(slot, cited, replace(cited.document.statements[cited.index], conditions=()))

    def _exchange(self, slot: Slot, cited: Cited, by: Statement | None) -> None:
        listed = self._at(slot)
        for at, attached in enumerate(listed):
            # Documents that were edited before are known by their text.
            if attached.policy.document.text == cited.document.text:
                others = [each for each in attached.policy.document.statements if each.index != cited.index]
                listed[at] = _written(attached, others if by is None else [*others, by])

    def add(self, slot: Slot, statement: Statement) -> None:
        """Put a statement into a layer."""
        listed = self._at(slot)
        if listed and slot[0] not in _WHOLE:
            last = len(listed[0].policy.document.statements)
            kept = [*listed[0].policy.document.statements, replace(statement, index=last)]
            listed[0] = _written(listed[0], kept)
        else:
            document = Document(_KINDS[slot[0]], "", LATEST_VERSION, None, (statement,))
            listed.append(Attached("new", Policy(document)))

    def layers(self) -> Layers:
        base = self._base
        resource = [listed for (layer, _), listed in self._policies.items() if layer in (Layer.RESOURCE, Layer.TRUST)]
        session = self._policies.get((Layer.SESSION, None))
        return Layers(
            identity=self._kept(Layer.IDENTITY, base.identity),
            boundaries=self._kept(Layer.BOUNDARY, base.boundaries),
            session=base.session if session is None else tuple(session),
            scps=tuple(self._kept(Layer.SCP, level, at) for at, level in enumerate(base.scps)),
            rcps=tuple(self._kept(Layer.RCP, level, at) for at, level in enumerate(base.rcps)),
            resource=resource[0][0] if resource and resource[0] else base.resource,
            endpoint=self._kept(Layer.ENDPOINT, base.endpoint),
            management_account=base.management_account,
        )

    def _kept(self, layer: Layer, policies: tuple[Attached, ...], level: int | None = None) -> tuple[Attached, ...]:
        return tuple(self._policies.get((layer, level), policies))

    def _at(self, slot: Slot) -> list[Attached]:
        if slot not in self._policies:
            self._policies[slot] = list(_found(self._base, slot))
        return self._policies[slot]


def _found(layers: Layers, slot: Slot) -> tuple[Attached, ...]:
    layer, level = slot
    if layer in (Layer.RESOURCE, Layer.TRUST):
        return () if layers.resource is None else (layers.resource,)
    if level is not None:
        return (layers.scps if layer is Layer.SCP else layers.rcps)[level]
    policies = {
        Layer.ENDPOINT: layers.endpoint,
        Layer.IDENTITY: layers.identity,
        Layer.BOUNDARY: layers.boundaries,
        Layer.SESSION: layers.session or (),
    }
    return policies[layer]


def _written(attached: Attached, statements: list[Statement]) -> Attached:
    return Attached(attached.name, Policy(replace(attached.policy.document, statements=tuple(statements))))


def granting(case: Case, slot: Slot) -> Statement:
    """The statement that allows just this request, as it would be written in that layer."""
    layer = slot[0]
    existing = _found(case.layers, slot)
    variables = layer in _WHOLE or not existing or existing[0].policy.document.has_variables
    return Statement(
        index=0,
        sid=None,
        allow=True,
        principals=_principals(case.who, layer),
        actions=(case.request.action,),
        not_action=False,
        resources=None if layer is Layer.TRUST else (_literal(case.resource, variables),),
        not_resource=False,
        conditions=(),
        start=_NOWHERE,
        end=_NOWHERE,
    )


def _principals(who: Principal, layer: Layer) -> Principals | None:
    if layer in (Layer.RCP, Layer.ENDPOINT):
        return Principals(everyone=True, bare=True)
    if layer not in (Layer.RESOURCE, Layer.TRUST):
        return None
    if who.kind is PrincipalKind.SERVICE:
        return Principals(service=(who.arn,))
    if who.kind is PrincipalKind.FEDERATED:
        return Principals(federated=(who.arn,))
    if who.kind is PrincipalKind.ANONYMOUS:
        return Principals(everyone=True, bare=True)
    return Principals(aws=(who.role_arn or who.arn,))


def _literal(resource: str, variables: bool) -> str:
    """A resource as a pattern that matches it: what a document cannot hold, or would not take literally, as `?`."""
    if resource == "*":
        return resource
    special = {"*": "${*}", "?": "${?}", "$": "${$}"} if variables else {"*": "?", "?": "?"}
    written = [special.get(char, char) if char <= "\xff" else "?" * len(units(char)) for char in resource]
    return "".join(written)


def to_json(statement: Statement) -> dict[str, object]:
    """A statement that `granting` made, as it is written in a document."""
    shown: dict[str, object] = {"Effect": "Allow"}
    who = statement.principals
    if who is not None:
        typed = {"AWS": who.aws, "Service": who.service, "Federated": who.federated, "CanonicalUser": who.canonical}
        listed = {name: _scalar(values) for name, values in typed.items() if values}
        shown["Principal"] = "*" if who.bare else listed
    shown["Action"] = _scalar(statement.actions)
    if statement.resources is not None:
        shown["Resource"] = _scalar(statement.resources)
    return shown


def _scalar(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)

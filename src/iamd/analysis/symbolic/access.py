"""What policies allow together, in the form that questions are asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iamd.policy import Attached, Document, Kind, Layers, Policy, load
from iamd.policy.parse import read_document

_ANYTHING = Attached(
    "any", load('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', Kind.IDENTITY)
)
_NOTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"%s}}'
_ABOUT_CALLERS = frozenset({Kind.RESOURCE, Kind.TRUST})


@dataclass(frozen=True, slots=True)
class Access:
    """What passes every gate: a statement of each allows it, and none denies it. `layers`: the same for the engine.

    A resource's or a role's own policy is looked at for callers of other accounts whose own policies allow everything,
    so that it alone decides.
    """

    gates: tuple[tuple[Document, ...], ...]
    layers: Layers
    kind: Kind

    @staticmethod
    def of(*gates: Document | Sequence[Document]) -> Access:
        """The access through documents of one kind, or (none about callers) through several gates of them."""
        listed = tuple((each,) if isinstance(each, Document) else tuple(each) for each in gates)
        kinds = {document.kind for gate in listed for document in gate}
        kind = min(kinds, key=lambda each: each not in _ABOUT_CALLERS, default=Kind.IDENTITY)
        if kind in _ABOUT_CALLERS:
            if len(listed) != 1 or len(listed[0]) != 1:
                raise ValueError("a resource's policy is looked at alone")
            return Access(listed, _open_to(_attached(listed[0])[0]), kind)
        first, *others = map(_attached, listed)
        return Access(listed, Layers(identity=first, scps=tuple(others)), kind)

    @property
    def documents(self) -> tuple[Document, ...]:
        return tuple(document for gate in self.gates for document in gate)

    @property
    def about_callers(self) -> bool:
        """Whether Principal elements count."""
        return self.kind in _ABOUT_CALLERS


def nothing_of(kind: Kind) -> Access:
    """The access that nobody has."""
    if kind is Kind.TRUST:
        text = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"*"}}'
        return Access.of(read_document(text, kind))
    return Access.of(read_document(_NOTHING % (',"Principal":"*"' if kind.names_principals else ""), kind))


def _open_to(policy: Attached) -> Layers:
    """The layers of callers whose own policies, those of their sessions included, allow everything."""
    return Layers(identity=(_ANYTHING,), session=(_ANYTHING,), resource=policy)


def _attached(documents: Sequence[Document]) -> tuple[Attached, ...]:
    return tuple(Attached(f"policy {at}", Policy(each)) for at, each in enumerate(documents))

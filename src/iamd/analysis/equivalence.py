"""Policies that mean the same, and what of a policy means nothing.

Two policies are the same when they allow the same and deny the same: what one denies counts also where another policy
allows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from iamd.analysis.symbolic import Access, Budget, Witness, new_access, nothing_of
from iamd.policy import Document, Kind, Position, Principals, Statement

_NOWHERE = Position(1, 1)
_EVERYTHING = Statement(0, None, True, None, ("*",), False, ("*",), False, (), _NOWHERE, _NOWHERE)


@dataclass(frozen=True, slots=True)
class Difference:
    """A request that one policy treats otherwise than another: `more` if the first allows it (or does not deny it, where
    `denied`) and the second does not."""

    witness: Witness
    more: bool
    denied: bool = False


def difference(one: Document, other: Document, budget: Budget | None = None) -> Difference | None:
    """How two policies of one kind differ, or None where it is proved that they do not. Raises Undecided."""
    for more, (new, old) in ((True, (one, other)), (False, (other, one))):
        witness = new_access(Access.of(new), Access.of(old), budget=budget)
        if witness is not None:
            return Difference(witness, more)
    named = (*one.statements, *other.statements)
    for more, (new, old) in ((True, (one, other)), (False, (other, one))):
        witness = new_access(_spared(new, named), _spared(old, named), budget=budget)
        if witness is not None:
            return Difference(witness, more, denied=True)
    return None


def dead(document: Document) -> tuple[int, ...]:
    """The places of statements that never do anything: an Allow of which nothing is left, a Deny of nothing.

    Raises Undecided.
    """
    denies = [each for each in document.statements if not each.allow]
    nothing = nothing_of(document.kind)
    found = []
    for statement in document.statements:
        if statement.allow:
            is_dead = new_access(Access.of(of_statements(document, [statement, *denies])), nothing) is None
        else:
            alone = of_statements(document, [statement])
            is_dead = new_access(_spared(of_statements(document, []), [statement]), _spared(alone, [])) is None
        if is_dead:
            found.append(statement.index)
    return tuple(found)


def redundant(document: Document) -> tuple[int, ...]:
    """The places of statements without which, all together, the policy would mean the same, dead ones left out.

    Raises Undecided.
    """
    useless = dead(document)
    kept = [each for each in document.statements if each.index not in useless]
    found = []
    for statement in reversed(kept.copy()):
        others = [each for each in kept if each is not statement]
        if difference(document, of_statements(document, others)) is None:
            kept = others
            found.append(statement.index)
    return tuple(sorted(found))


def of_statements(document: Document, statements: Iterable[Statement]) -> Document:
    """A document like another one, with other statements."""
    return replace(document, statements=tuple(replace(each, index=at) for at, each in enumerate(statements)))


def _spared(document: Document, named: Iterable[Statement]) -> Access:
    """All that a document does not deny. (`*` does not name identity providers' principals, so they are listed.)"""
    federated = tuple(text for each in named if each.principals is not None for text in each.principals.federated)
    denies = [each for each in document.statements if not each.allow]
    everything = replace(
        _EVERYTHING,
        principals=Principals(everyone=True, federated=federated) if document.kind.names_principals else None,
        resources=None if document.kind is Kind.TRUST else ("*",),
    )
    return Access.of(of_statements(document, [everything, *denies]))

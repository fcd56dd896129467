"""Checks for what adds nothing: actions, resources and statements that others cover."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.subject import Statement, Subject, covers
from iamd.analysis.validation.tree import Node

LONGEST = 50_000  # characters of a policy in which it is looked for, which is pair by pair; none that long is stored


def actions(policy: Subject, statement: Statement) -> Iterator[Note]:
    if len(policy.text) > LONGEST:
        return
    for node, other in _covered(statement.actions, fold=True):
        yield note("REDUNDANT_ACTION", node, action=node.text, other=other.text)


def resources(policy: Subject, statement: Statement) -> Iterator[Note]:
    if len(policy.text) > LONGEST:
        return
    for node, other in _covered(statement.resources, fold=False):
        yield note("REDUNDANT_RESOURCE", node, resource=node.text, other=other.text)


def _covered(nodes: list[Node], fold: bool) -> Iterator[tuple[Node, Node]]:
    """Every text that another covers, with that one; of equal ones the first stays."""
    if len(nodes) < 2:
        return
    texts = [node.text.lower() if fold else node.text for node in nodes]
    wild = [(text, node) for text, node in zip(texts, nodes, strict=True) if "*" in text or "?" in text]
    seen: dict[str, Node] = {}
    for text, node in zip(texts, nodes, strict=True):
        other = seen.setdefault(text, node)
        if other is node:
            other = next((by for pattern, by in wild if pattern != text and covers(pattern, text)), node)
        if other is not node:
            yield node, other


def statements(policy: Subject) -> Iterator[Note]:
    """Statements whose every request another one with the same effect covers."""
    if len(policy.text) > LONGEST:
        return
    known = [statement for statement in policy.statements if statement.action is not None]
    for at, statement in enumerate(known):
        for by, other in enumerate(known):
            if by == at or not _adds_nothing(statement, other) or (by > at and _adds_nothing(other, statement)):
                continue
            yield note("REDUNDANT_STATEMENT", statement.node, other=str(policy.statements.index(other) + 1))
            break


def _adds_nothing(statement: Statement, other: Statement) -> bool:
    """Whether the other covers all of a statement: more actions and resources under the same conditions, or none."""
    if statement.effect != other.effect or not _same(statement, other, "Principal", "NotPrincipal"):
        return False
    if other.conditions and not _same(statement, other, "Condition"):
        return False
    return _within(statement.actions, other.actions, statement, other, "NotAction", fold=True) and _within(
        statement.resources, other.resources, statement, other, "NotResource", fold=False
    )


def _same(one: Statement, other: Statement, *elements: str) -> bool:
    return all(one.plain(element) == other.plain(element) for element in elements)


def _within(
    nodes: list[Node], others: list[Node], statement: Statement, other: Statement, negation: str, fold: bool
) -> bool:
    if negation in statement.node.members or negation in other.node.members:
        return _same(statement, other, negation, negation.removeprefix("Not"))
    if not nodes:
        return not others
    wide = [each.text.lower() if fold else each.text for each in others]
    return all(any(covers(by, node.text.lower() if fold else node.text) for by in wide) for node in nodes)

"""What of a request policies look at: the statements about its action, and the condition keys that these name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamd.policy import Attached, Layers, Statement
from iamd.policy.text import lower
from iamd.policy.variables import bodies


def policies_of(layers: Layers) -> Iterator[Attached]:
    """All policies of the layers."""
    for level in (
        *layers.scps,
        *layers.rcps,
        layers.identity,
        layers.boundaries,
        layers.session or (),
        layers.endpoint,
    ):
        yield from level
    if layers.resource is not None:
        yield layers.resource


def about(attached: Attached, action: str) -> Iterator[Statement]:
    """The statements of a policy that cover an action."""
    selection = attached.policy.select(action)
    if selection.denies.entries or selection.allows.entries:
        statements = attached.policy.document.statements
        for rule in (*selection.denies, *selection.allows):
            yield statements[rule.index]


def keys(policies: Iterable[Attached], action: str) -> frozenset[str]:
    """The condition keys (lower case) on which decisions of the policies about an action can depend, variables too."""
    found: set[str] = set()
    for attached in policies:
        for statement in about(attached, action):
            found.update(lower(condition.key) for condition in statement.conditions)
            texts = [*(statement.resources or ()), *(value for each in statement.conditions for value in each.values)]
            found.update(lower(body.partition(",")[0].strip()) for text in texts for body in bodies(text))
    return frozenset(found)

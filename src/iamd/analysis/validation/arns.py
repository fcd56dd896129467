"""Whether ARNs of policies can be ARNs of a service, by the templates of its resource types."""

from __future__ import annotations

import re
from dataclasses import dataclass

from iamd.analysis.validation.subject import KEPT
from iamd.policy.memo import remembered
from iamd.reference import services

_HOLE = re.compile(r"\$\{[^}]*\}")
_WILD = "*?"
_UNLISTED = frozenset({("iam", "root")})  # a principal, but no resource type


@dataclass(frozen=True, slots=True)
class Fit:
    """The resource types that a resource part can be of: whether some have, and some have not, a Region (account)."""

    fits: bool
    regional: bool = True
    global_: bool = True
    owned: bool = True
    ownerless: bool = True


@remembered(KEPT)
def fit(service: str, resource: str) -> Fit:
    """How a resource part (variables and wildcards included) fits the ARNs of a service; whatever does for a service
    whose resource types are not known."""
    types = services.get(service)
    if types is None or not types.resource_types:
        return Fit(True)
    if (service, resource) in _UNLISTED:
        return Fit(True)
    pattern = _HOLE.sub("*", resource)
    templates = [template.arn.split(":", 5) for template in types.resource_types.values()]
    here = [fields for fields in templates if len(fields) == 6 and fields[2] in (service, "*", "${Service}")]
    if not here:
        return Fit(True)
    fitting = [fields for fields in here if overlap(_HOLE.sub("*", fields[5]), pattern)]
    return Fit(
        bool(fitting),
        any(fields[3] for fields in fitting),
        any(not fields[3] for fields in fitting),
        any(fields[4] for fields in fitting),
        any(not fields[4] for fields in fitting),
    )


def overlap(one: str, other: str) -> bool:
    """Whether some text matches both patterns.

    What stands before the first and behind the last wildcards of both has to agree; only what is left is looked
    through, in the product of the lengths.
    """
    start = 0
    while start < len(one) and start < len(other) and one[start] == other[start] and one[start] not in _WILD:
        start += 1
    one, other = one[start:], other[start:]
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] not in _WILD and other[0] not in _WILD:
        return False
    reached = _step_over({0}, other)
    for char in one:
        reached = _advance(reached, char, other)
        if not reached:
            return False
    return len(other) in reached


def _step_over(places: set[int], text: str) -> set[int]:
    """The places, and those behind the stars that begin there."""
    found = set(places)
    for place in sorted(places):
        while place < len(text) and text[place] == "*":
            place += 1
            found.add(place)
    return found


def _advance(places: set[int], char: str, other: str) -> set[int]:
    """Where one may be in `other` behind one more character of the first pattern."""
    if char == "*":  # takes any number of characters: every place from the first on
        return set(range(min(places), len(other) + 1))
    following = set()
    for place in places:
        if place < len(other):
            facing = other[place]
            if facing == "*":
                following.add(place)
            elif char == "?" or facing in ("?", char):
                following.add(place + 1)
    return _step_over(following, other)

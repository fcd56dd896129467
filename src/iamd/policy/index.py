"""Of many patterns, the few that a text can match at all.

A pattern's wildcards leave runs of literal text: at its start, at its end, in between. What it matches has all of them,
so it is enough to look for one: of a pattern's runs the one that it shares with the fewest others.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

from .patterns import ANY, MANY

FEW = 16  # up to so many, trying each costs less than asking which
_GRAM = 6  # characters of a run in between by which it is looked for

_WHOLE, _START, _END, _WITHIN = "=", "<", ">", "-"


def _anchors(marked: str) -> list[str]:
    """What a pattern can be looked for by, the cheapest first: its start, its end (backwards), parts in between."""
    runs = marked.replace(ANY, MANY).split(MANY)
    if len(runs) == 1:
        return [_WHOLE + marked]
    found = [_START + runs[0]] if runs[0] else []
    if runs[-1]:
        found.append(_END + runs[-1][::-1])
    for run in runs[1:-1]:
        found += [_WITHIN + run[at : at + _GRAM] for at in range(len(run) - _GRAM + 1)]
    return found


class Beginnings:
    """Texts, each with places: finds the places of all that a longer text begins with.

    Among the texts in order, those that a value begins with are the last that is not behind the value, if it does
    begin with it, and what that one begins with.
    """

    __slots__ = ("_parents", "_places", "_texts")

    def __init__(self, places: dict[str, list[int]]) -> None:
        self._texts = sorted(places)
        self._places = [places[text] for text in self._texts]
        self._parents: list[int] = []  # of each text, the longest other that it begins with, or -1
        for at, text in enumerate(self._texts):
            parent = at - 1
            while parent >= 0 and not text.startswith(self._texts[parent]):
                parent = self._parents[parent]
            self._parents.append(parent)

    def find(self, value: str, found: list[int]) -> None:
        texts = self._texts
        at = bisect_right(texts, value) - 1
        while at >= 0:
            if value.startswith(texts[at]):
                found.extend(self._places[at])
            at = self._parents[at]


class Index:
    """Finds the places whose patterns a text can match; `places` has the marked patterns of each, or None where no text
    may be left out."""

    __slots__ = ("_always", "_ends", "_firsts", "_skipped", "_starts", "_whole", "_within")

    def __init__(self, places: Iterable[Sequence[str] | None]) -> None:
        filed: dict[str, dict[str, list[int]]] = {_WHOLE: {}, _START: {}, _END: {}, _WITHIN: {}}
        self._always: list[int] = []
        anchored = [None if patterns is None else list(map(_anchors, patterns)) for patterns in places]
        shared = Counter(anchor for each in anchored for anchors in each or () for anchor in set(anchors))
        skipped = sys.maxsize
        for at, each in enumerate(anchored):
            if each is None or not all(each):
                self._always.append(at)
                continue
            for anchors in each:
                # Parts that begin with a separator are preferred: there are few places to look for them.
                rarest = min(anchors, key=lambda anchor: (shared[anchor], anchor[0] == _WITHIN and anchor[1].isalnum()))
                filed[rarest[0]].setdefault(rarest[1:], []).append(at)
                if rarest[0] == _WITHIN:
                    start = len(anchors[0]) - 1 if anchors[0][0] == _START else 0
                    skipped = min(skipped, start)
        self._whole = filed[_WHOLE]
        self._starts = Beginnings(filed[_START]) if filed[_START] else None
        self._ends = Beginnings(filed[_END]) if filed[_END] else None
        self._within = filed[_WITHIN]
        self._firsts = frozenset(gram[0] for gram in self._within)
        self._skipped = skipped  # of a text: what all starts cover of the patterns that are looked for within

    def near(self, value: str) -> list[int]:
        """The places in order; patterns elsewhere do not match."""
        found = self._always.copy()
        places = self._whole.get(value)
        if places is not None:
            found.extend(places)
        if self._starts is not None:
            self._starts.find(value, found)
        if self._ends is not None:
            self._ends.find(value[::-1], found)
        if self._firsts:
            self._look_within(value, found)
        return found if len(found) < 2 else sorted(set(found))

    def _look_within(self, value: str, found: list[int]) -> None:
        firsts, within = self._firsts, self._within
        for at in range(self._skipped, len(value) - _GRAM + 1):
            if value[at] in firsts:
                places = within.get(value[at : at + _GRAM])
                if places is not None:
                    found.extend(places)

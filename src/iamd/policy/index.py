"""Of many patterns, the few that a text can match at all.

A pattern's wildcards leave runs of literal text: at its start, at its end, in between. What it matches has all of them,
so it is enough to look for one: of a pattern's runs the one that it shares with the fewest others.
"""

from __future__ import annotations

import sys
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

    A tree: from a node, as many characters as the shortest of the texts behind it has left lead on to the next one.
    """

    __slots__ = ("_end", "_next", "_places", "_start")

    def __init__(self, start: int = 0) -> None:
        self._start = self._end = start
        self._places: list[int] = []  # of the text that ends here
        self._next: dict[str, Beginnings] = {}

    @staticmethod
    def of(places: dict[str, list[int]]) -> Beginnings:
        root = Beginnings()
        waiting = [(root, list(places))]
        while waiting:
            node, texts = waiting.pop()
            ahead = [text for text in texts if len(text) > node._start]
            if len(ahead) < len(texts):
                node._places = places[next(text for text in texts if len(text) == node._start)]
            node._end = min(map(len, ahead), default=node._start)
            behind: dict[str, list[str]] = {}
            for text in ahead:
                behind.setdefault(text[node._start : node._end], []).append(text)
            for step, group in behind.items():
                node._next[step] = Beginnings(node._end)
                waiting.append((node._next[step], group))
        return root

    def find(self, value: str, found: list[int]) -> None:
        node: Beginnings | None = self
        while node is not None:
            if node._places:
                found.extend(node._places)
            node = node._next.get(value[node._start : node._end])


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
        self._starts = Beginnings.of(filed[_START]) if filed[_START] else None
        self._ends = Beginnings.of(filed[_END]) if filed[_END] else None
        self._within = filed[_WITHIN]
        self._firsts = tuple({gram[0] for gram in self._within})
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
        return _in_order(found)

    def _look_within(self, value: str, found: list[int]) -> None:
        within = self._within
        for first in self._firsts:
            at = value.find(first, self._skipped)
            while at >= 0:
                places = within.get(value[at : at + _GRAM])
                if places is not None:
                    found.extend(places)
                at = value.find(first, at + 1)


def _in_order(places: list[int]) -> list[int]:
    """Each place once. They are few, and mostly in order."""
    before = -1
    for place in places:
        if place <= before:
            return sorted(set(places))
        before = place
    return places

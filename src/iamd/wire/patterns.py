"""The regular expressions of AWS's models, which are Java's, as compiled Python ones.

Java's `\\w`, `\\d` and `\\s` are ASCII, and classes such as `\\p{L}` name Unicode categories, which `re` does not know:
they become the ranges of the category. A value satisfies a pattern when the whole of it matches (`fullmatch`). The
patterns of the services that iamd answers have no ambiguous repetition, so matching takes time linear in the value.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import groupby
from operator import itemgetter

_TOKEN = re.compile(r"\\p\{(\w)\}|\\.|[\[\]]")
# Planes 4 to 13 are unassigned, planes 15 and 16 private use: neither holds letters, marks, numbers or separators.
_ASSIGNED = (range(0x40000), range(0xE0000, 0xF0000))


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern compiled with Java's meaning; `re.error` for a construct that Python does not have."""
    in_class = False

    def translate(token: re.Match[str]) -> str:
        nonlocal in_class
        if token[1] is not None:
            body = _ranges()[token[1]]
            return body if in_class else f"[{body}]"
        if token[0] in "[]":
            in_class = token[0] == "["
        return token[0]

    return re.compile(_TOKEN.sub(translate, pattern), re.ASCII)


@cache
def _ranges() -> dict[str, str]:
    """The body of a character class for each major Unicode category (`L`, `N`, `Z` ...)."""
    spans: dict[str, list[str]] = {}
    for plane in _ASSIGNED:
        start = plane.start
        for major, run in groupby(map(itemgetter(0), map(unicodedata.category, map(chr, plane)))):
            end = start + len(list(run))
            spans.setdefault(major, []).append(f"\\U{start:08x}-\\U{end - 1:08x}")
            start = end
    return {major: "".join(runs) for major, runs in spans.items()}

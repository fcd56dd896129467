"""Filters of lists: comparisons by `eq`, joined by `and`, which is all that AWS has of RFC 7644, 3.4.2.2."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from iamd.services.scim.errors import invalid

_COMPARISON = re.compile(
    r'\s*([A-Za-z][\w.:-]{0,200})\s+eq\s+("(?:[^"\\]|\\.){0,1024}"|true|false)\s*(?:(and)\b|$)', re.I
)
_LONGEST = 4_096


def comparisons(text: str | None, known: Sequence[str]) -> dict[str, str]:
    """What a filter wants, by attribute in lower case: nothing where there is none. Raises ScimError."""
    found: dict[str, str] = {}
    if text is None:
        return found
    at, more = 0, "and"
    if len(text) > _LONGEST:
        raise invalid("The filter is too long.", "invalidFilter")
    while more:
        match = _COMPARISON.match(text, at)
        if match is None:
            raise invalid("A filter compares by eq, and joins by and.", "invalidFilter")
        name, at, more = match[1].lower(), match.end(), match[3] or ""
        if name not in known or name in found:
            raise invalid(f"{match[1][:128]} cannot be filtered by.", "invalidFilter")
        try:
            found[name] = str(json.loads(match[2])) if match[2].startswith('"') else match[2].lower()
        except ValueError:
            raise invalid("A filter's text is written as in JSON.", "invalidFilter") from None
    return found

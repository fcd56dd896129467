"""What tags of Roles Anywhere may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iamd.store.records import Tags
from iamd.wire.errors import TooManyTagsException, ValidationException

MAX_TAGS = 50


def merged(present: Tags, given: Iterable[Mapping[str, str]]) -> Tags:
    """Tags after adding `given`, which replace those of the same key."""
    pairs = [(tag["key"], tag["value"]) for tag in given]
    keys = {key for key, _ in pairs}
    if len(keys) < len(pairs):
        raise ValidationException("Duplicate tag keys found")
    if any(key.lower().startswith("aws:") for key in keys):
        raise ValidationException("Tag keys that begin with aws: are reserved for use by AWS")
    result = (*((key, value) for key, value in present if key not in keys), *pairs)
    if len(result) > MAX_TAGS:
        raise TooManyTagsException(f"A resource has at most {MAX_TAGS} tags")
    return result

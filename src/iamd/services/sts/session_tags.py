"""Session tags: what a session is called besides its name, and what of it the next session in a chain inherits.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html; errors as seen of live AWS. Keys are compared
regardless of case and keep their spelling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from iamd.caller.session import Session
from iamd.store.records import Tags
from iamd.wire import patterns
from iamd.wire.errors import InvalidParameterValue

MOST_TAGS, LONGEST_KEY, LONGEST_VALUE = 50, 128, 256
_TEXT = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"  # as in the model of AssumeRole


class SessionTags(NamedTuple):
    """All tags of a session, inherited ones first; `transitive` are the keys that its successors inherit."""

    tags: Tags = ()
    transitive: tuple[str, ...] = ()


_NONE = SessionTags()


def is_tag(key: str, value: str) -> bool:
    """Whether a key and value may be a tag's: by length and characters, as the model of AssumeRole has them."""
    fits = 1 <= len(key) <= LONGEST_KEY and len(value) <= LONGEST_VALUE
    return fits and all(map(patterns.compiled(_TEXT).fullmatch, (key, value)))


def session_tags(
    calling: Session | None, given: Sequence[Mapping[str, str]], transitive_keys: Sequence[str]
) -> SessionTags:
    """The tags of a session that the calling one asks for. Raises InvalidParameterValue."""
    if not given and not transitive_keys and (calling is None or not calling.transitive):
        return _NONE
    tags = {tag["Key"].lower(): (tag["Key"], tag["Value"]) for tag in given}
    if len(tags) < len(given):
        raise InvalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    for key in tags:
        if key.startswith("aws:"):
            raise InvalidParameterValue(f"Tag keys that begin with aws: are reserved for use by AWS: {tags[key][0]}")
    passed_on = list(dict.fromkeys(key.lower() for key in transitive_keys))
    if not tags.keys() >= set(passed_on):
        raise InvalidParameterValue("The specified transitive tag key must be included in the requested tags.")
    inherited = _inherited(calling)
    if tags.keys() & {key.lower() for key, _ in inherited}:
        raise InvalidParameterValue(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
    return SessionTags(
        inherited + tuple(tags.values()),
        tuple(key for key, _ in inherited) + tuple(tags[key][0] for key in passed_on),
    )


def _inherited(calling: Session | None) -> Tags:
    if calling is None:
        return ()
    transitive = {key.lower() for key in calling.transitive}
    return tuple((key, value) for key, value in calling.tags if key.lower() in transitive)

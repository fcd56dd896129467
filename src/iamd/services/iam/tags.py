"""Tags of IAM resources: reserved keys, duplicates, the limit of 50.

Keys are unique regardless of case on users and roles only; other resources keep `Team` and `team` side by side
(seen of live AWS).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamd.services.iam import quotas
from iamd.services.paging import page_of
from iamd.store.records import Tags
from iamd.wire.errors import InvalidInput, LimitExceeded


def tag_views(tags: Tags) -> dict[str, Any]:
    """The `Tags` member as single resources show it: absent when there are none."""
    return {"Tags": views(tags)} if tags else {}


def views(tags: Tags) -> list[dict[str, str]]:
    """The elements of a `Tags` list."""
    return [{"Key": key, "Value": value} for key, value in tags]


def tag_page(tags: Tags, marker: str | None, max_items: int | None) -> dict[str, Any]:
    """One page of the tags of a resource, in the order that they were given.

    The marker is a position: a key may be longer, encoded, than a marker may be.
    """
    numbered = [(f"{number:02d}", tag) for number, tag in enumerate(views(tags))]
    return page_of("Tags", numbered, lambda pair: pair[0], lambda pair: pair[1], marker, max_items)


def new_tags(given: Iterable[Mapping[str, str]] | None, *, ignore_case: bool) -> Tags:
    """The tags of something that is being created: here, unlike in tagging, an empty list is none (clients send it).

    Raises InvalidInput, LimitExceeded.
    """
    pairs = list(given or ())
    return merged((), pairs, ignore_case=ignore_case) if pairs else ()


def merged(present: Tags, given: Iterable[Mapping[str, str]], *, ignore_case: bool) -> Tags:
    """Tags after adding `given`, which replace those of the same key, spelling included."""
    pairs = [(tag["Key"], tag["Value"]) for tag in given]
    if not pairs:
        raise InvalidInput("Error occurred while validating input. ")
    _refuse_reserved(key for key, _ in pairs)
    keys = [_fold(key, ignore_case) for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    kept = [(key, value) for key, value in present if _fold(key, ignore_case) not in keys]
    result = tuple(kept + pairs)
    if len(result) > quotas.TAGS:
        raise LimitExceeded("The number of tags has reached the maximum limit.")
    return result


def untagged(present: Tags, keys: Iterable[str], *, ignore_case: bool) -> Tags:
    """Tags without those keys; keys that are not there are ignored."""
    gone = {_fold(key, ignore_case) for key in keys}
    return tuple((key, value) for key, value in present if _fold(key, ignore_case) not in gone)


def merged_map(present: Tags, given: Iterable[Mapping[str, str]]) -> Tags:
    """As `merged`, for providers and server certificates: their keys differ by case, and they refuse no tags at all in
    words of their own."""
    pairs = list(given)
    if not pairs:
        raise InvalidInput("The provided tag map must not be null/empty.")
    return merged(present, pairs, ignore_case=False)


def untagged_map(present: Tags, keys: Iterable[str]) -> Tags:
    """As `untagged`, for providers and server certificates, which refuse no keys at all."""
    gone = list(keys)
    if not gone:
        raise InvalidInput("The provided tag keys must not be null/empty.")
    return untagged(present, gone, ignore_case=False)


def _fold(key: str, ignore_case: bool) -> str:
    return key.lower() if ignore_case else key


def _refuse_reserved(keys: Iterable[str]) -> None:
    if any(key.lower().startswith("aws:") for key in keys):
        raise InvalidInput("Tag keys beginning with aws: are reserved for system use.")

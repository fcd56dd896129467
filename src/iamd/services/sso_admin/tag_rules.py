"""What tags of Identity Center's resources may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iamd.store.records import Tags
from iamd.wire.errors import ValidationException
from iamd.wire.identity_errors import ServiceQuotaExceededException

MAX_TAGS = 50


def merged(present: Tags, given: Iterable[Mapping[str, str]] | None) -> Tags:
    """Tags after adding `given`, which replace those of the same key. Raises ValidationException and
    ServiceQuotaExceededException."""
    pairs = [(tag["Key"], tag["Value"]) for tag in given or ()]
    keys = {key for key, _ in pairs}
    if len(keys) < len(pairs):
        raise ValidationException("Duplicate tag keys found.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise ValidationException("Tag keys that begin with aws: are reserved for use by AWS.")
    result = (*((key, value) for key, value in present if key not in keys), *pairs)
    if len(result) > MAX_TAGS:
        raise ServiceQuotaExceededException(f"A resource has at most {MAX_TAGS} tags.")
    return result

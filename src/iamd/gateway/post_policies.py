"""POST policies: what the signer of a form allows to be uploaded with it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from iamd.wire.errors import AccessDenied
from iamd.wire.s3_errors import EntityTooLarge, EntityTooSmall, InvalidPolicyDocument

LARGEST = 5 << 30  # bytes of an object that is uploaded at once
_UNCONDITIONAL = frozenset({"file", "policy", "x-amz-signature"})
_EXPIRATION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z").fullmatch


class Condition(NamedTuple):
    """A field (lower-case name) that is to equal a value, or else to start with it."""

    equal: bool
    field: str
    value: str

    def __str__(self) -> str:
        """The condition as lists in policies write it."""
        return json.dumps(["eq" if self.equal else "starts-with", f"${self.field}", self.value])

    def met(self, fields: Mapping[str, str]) -> bool:
        """Whether it holds of a form's fields; one that is not there is empty. Of a list of content types each must
        start so."""
        given = fields.get(self.field, "")
        if self.equal:
            return given == self.value
        parts = given.split(",") if self.field == "content-type" else [given]
        return all(
            part.strip().startswith(self.value) if len(parts) > 1 else part.startswith(self.value) for part in parts
        )


class PostPolicy(NamedTuple):
    """A policy, understood: it holds until its `expiration`, for files from `smallest` to `largest` bytes."""

    expiration: datetime
    conditions: tuple[Condition, ...]
    smallest: int = 0
    largest: int = LARGEST

    def require(self, fields: Mapping[str, str], now: datetime) -> None:
        """Raise AccessDenied unless a form's fields (lower-case names, the bucket among them) are as the policy says."""
        if self.expiration <= now:
            raise _not_as_said("Policy expired.")
        for condition in self.conditions:
            if not condition.met(fields):
                raise _not_as_said(f"Policy Condition failed: {condition}")
        named = {condition.field for condition in self.conditions} | _UNCONDITIONAL | {"bucket"}
        extra = sorted(name for name in fields if name not in named and not name.startswith("x-ignore-"))
        if extra:
            raise _not_as_said(f"Extra input fields: {', '.join(extra)}")

    def require_length(self, length: int) -> None:
        """Raise EntityTooSmall or EntityTooLarge for a file that is not as long as the policy says."""
        if length < self.smallest:
            raise EntityTooSmall
        if length > self.largest:
            raise EntityTooLarge


def read(text: str) -> PostPolicy:
    """The policy out of a form's field; raises InvalidPolicyDocument."""
    try:
        document = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        raise InvalidPolicyDocument("Invalid JSON.") from None
    if not isinstance(document, dict):
        raise InvalidPolicyDocument("Invalid JSON.")
    conditions = document.get("conditions")
    if not isinstance(conditions, list):
        raise InvalidPolicyDocument("Policy missing conditions.")
    found: list[Condition] = []
    smallest, largest = 0, LARGEST
    for given in conditions:
        limits = _range(given)
        if limits is None:
            found += _conditions(given)
        else:
            smallest, largest = max(smallest, limits[0]), min(largest, limits[1])
    return PostPolicy(_expiration(document.get("expiration")), tuple(found), smallest, largest)


def _expiration(given: Any) -> datetime:
    named = _EXPIRATION(given) if isinstance(given, str) else None
    if named is None:
        raise InvalidPolicyDocument(f"Invalid 'expiration' value: '{str(given)[:64]}'.")
    try:
        return datetime.fromisoformat(named[1]).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidPolicyDocument(f"Invalid 'expiration' value: '{named[0]}'.") from None


def _conditions(given: Any) -> list[Condition]:
    if isinstance(given, dict) and given and all(isinstance(value, str) for value in given.values()):
        return [Condition(True, name.lower(), value) for name, value in given.items()]
    if isinstance(given, list) and len(given) == 3 and all(isinstance(part, str) for part in given):
        operator, field, value = given
        if operator.lower() in ("eq", "starts-with") and field.startswith("$"):
            return [Condition(operator.lower() == "eq", field[1:].lower(), value)]
    raise InvalidPolicyDocument(f"Invalid condition: {json.dumps(given)[:256]}")


def _range(given: Any) -> tuple[int, int] | None:
    """The limits of a `content-length-range`; None for another condition."""
    if not (isinstance(given, list) and given and str(given[0]).lower() == "content-length-range"):
        return None
    limits = [str(part) for part in given[1:]]
    if len(limits) != 2 or not all(part.isascii() and part.isdecimal() and len(part) <= 15 for part in limits):
        raise InvalidPolicyDocument(f"Invalid condition: {json.dumps(given)[:256]}")
    return int(limits[0]), int(limits[1])


def _not_as_said(what: str) -> AccessDenied:
    return AccessDenied(f"Invalid according to Policy: {what}")

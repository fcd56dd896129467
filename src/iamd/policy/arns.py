"""ARNs and ARN patterns: six fields, compared one by one.

A wildcard never reaches over one of the first five colons; inside the sixth field, the resource part, it crosses `/`
and `:` alike. A resource pattern with fewer fields is completed with `*`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_arns.html
"""

from __future__ import annotations

from .patterns import MANY, Pattern, has_wildcards, matches

FIELDS = 6


def split(arn: str) -> list[str] | None:
    """The six fields of an ARN, or None where the text is not one."""
    fields = arn.split(":", FIELDS - 1)
    return fields if len(fields) == FIELDS and fields[0] == "arn" else None


def account_of(arn: str) -> str | None:
    """The twelve-digit account in an ARN's fifth field, or None."""
    fields = split(arn)
    if fields is None:
        return None
    account = fields[4]
    return account if len(account) == 12 and account.isascii() and account.isdigit() else None


def completed(marked: str) -> str:
    """A marked resource pattern with the fields that it lacks filled with `*`."""
    return marked + (":" + MANY) * (FIELDS - 1 - marked.count(":"))


def matches_fields(marked: str, fields: list[str]) -> bool:
    """Whether a marked pattern of six fields matches an ARN's fields."""
    patterns = marked.split(":", FIELDS - 1)
    return len(patterns) == FIELDS and all(map(matches, patterns, fields))


class ArnPattern:
    """A compiled ARN pattern whose wildcards are not only at its end."""

    __slots__ = ("_exact", "_wild")

    def __init__(self, marked: str) -> None:
        exact: list[tuple[int, str]] = []
        wild: list[tuple[int, Pattern]] = []
        for at, field in enumerate(marked.split(":", FIELDS - 1)):
            if not has_wildcards(field):
                exact.append((at, field))
            elif field != MANY:
                wild.append((at, Pattern(field)))
        self._exact = tuple(exact)
        self._wild = tuple(wild)

    def matches(self, fields: list[str]) -> bool:
        for at, text in self._exact:
            if fields[at] != text:
                return False
        return all(pattern.matches(fields[at]) for at, pattern in self._wild)

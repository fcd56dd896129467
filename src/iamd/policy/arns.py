"""ARNs and ARN patterns: six fields.

Conditions compare them one by one: no wildcard reaches over one of the first five colons, while inside the sixth
field, the resource part, it crosses `/` and `:` alike. In the Resource element a `*` that ends a field may go on past
the colon, and a pattern with fewer fields is completed with `*`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_arns.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from .patterns import ANY, MANY, Matcher, Pattern, has_wildcards, matches, units

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
        for at, pattern in self._wild:  # noqa: SIM110 - a generator would cost more than the loop
            if not pattern.matches(fields[at]):
                return False
        return True


class SpanningPattern(Matcher):
    """A pattern with wildcards that may cross a colon and wildcards that may not.

    Bit n of the state says that the first n characters of the pattern, stars left out, match what has been read: one
    machine-word step a character, and no step is ever taken back.
    """

    __slots__ = ("_final", "_masks", "_other_loops", "_other_masks", "_span_loops", "_span_masks")

    def __init__(self, marked: str) -> None:
        text = units(marked)
        self._masks: dict[str, int] = {}
        self._other_loops = self._other_masks = 0  # of stars and `?` that take any character but a colon ...
        self._span_loops = self._span_masks = 0  # ... and a colon, too
        bit, colons = 1, 0
        for at, char in enumerate(text):
            inside = colons < FIELDS - 1
            if char == MANY:
                self._other_loops |= bit
                self._span_loops |= 0 if inside and text[at + 1] != ":" else bit
                continue
            if char == ANY:
                self._other_masks |= bit
                self._span_masks |= 0 if inside else bit
            else:
                self._masks[char] = self._masks.get(char, 0) | bit
                colons += char == ":"
            bit <<= 1
        self._final = bit

    def matches(self, value: str) -> bool:
        state = 1
        for char in units(value):
            wild, loops = (
                (self._span_masks, self._span_loops) if char == ":" else (self._other_masks, self._other_loops)
            )
            state = (state & (self._masks.get(char, 0) | wild)) << 1 | state & loops
        return bool(state & self._final)


def resource_pattern(marked: str) -> Matcher:
    """A marked pattern of the Resource element, completed, to be matched with a whole ARN."""
    head = marked.split(":", FIELDS - 1)[:-1]
    bound = any(has_wildcards(field.removesuffix(MANY)) for field in head)
    return SpanningPattern(marked) if bound else Pattern(marked)

"""Java's patterns in Python."""

from __future__ import annotations

import re
import time
import unicodedata
import warnings
from collections.abc import Iterator

import pytest

from iamd.wire import patterns
from iamd.wire.model import load


def _patterns() -> Iterator[str]:
    for service in ("iam", "sts"):
        for shape in load(service)._raw["shapes"].values():
            if "pattern" in shape:
                yield shape["pattern"]


PATTERNS = sorted(set(_patterns()))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_compiles_without_doubt(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        patterns.compiled(pattern)


# Long values that match all but their end are what makes an ambiguous pattern explode.
_HOSTILE = [
    "a",
    "/",
    "/a",
    "-",
    "a-",
    "0",
    "http://",
    "https://a?",
    "o-aaaaaaaaaa/r-aaaa",
    "v1.",
    "é",
    " ",
    "+=,.@-",
    "^",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_matching_stays_linear(pattern: str) -> None:
    match = patterns.compiled(pattern).fullmatch
    started = time.process_time()
    for piece in _HOSTILE:
        for end in ("", "\n", "\x00", "\U0010ffff", "/!"):
            match(piece * (20_000 // len(piece)) + end)
    assert time.process_time() - started < 2  # an exponential or quadratic one would take minutes


def test_words_and_digits_are_ascii() -> None:
    assert patterns.compiled(r"[\w+=,.@-]+").fullmatch("Ünal") is None
    assert patterns.compiled(r"[\d]+").fullmatch("٣") is None


def test_the_whole_value_must_match() -> None:
    match = patterns.compiled(r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$").fullmatch
    assert match("my-alias")
    assert not match("my--alias")
    assert not match("my-alias\n")


def test_unicode_categories() -> None:
    match = patterns.compiled(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*").fullmatch
    assert match("Ünïcode 中文 ٣ Ⅷ \u2028 \U00020000")
    for text in ("!", "\t", "\U0001f511", "\u0301", "a*"):
        assert not match(text)
    points = [*range(0x3000), *range(0x1F000, 0x1FA00), *range(0x2FFF0, 0x30010), *range(0xE0000, 0xE01F0)]
    for major in "LNZMPS":
        match = patterns.compiled(rf"\p{{{major}}}").fullmatch
        assert all((match(chr(p)) is not None) == (unicodedata.category(chr(p))[0] == major) for p in points)


def test_constructs_unknown_to_python_are_refused() -> None:
    with pytest.raises(re.error):
        patterns.compiled(r"\p{IsGreek}")

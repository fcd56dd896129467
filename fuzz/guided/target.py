"""What is fuzzed: a function of bytes that answers, refuses in its own words, or has a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "corpus"
MARK = b"\x00"
"""What stands between the fields of an input."""


@dataclass(frozen=True, slots=True)
class Target:
    """`run` takes any bytes; what it raises besides `refusals` is a fault, and so is every failed assertion in it.

    Its answer has the same `repr` in every process and on both forms of the engine. `words` are what inputs are made of;
    `samples` are inputs that cannot be kept, because they are signed for the day.
    """

    name: str
    run: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = ()
    words: Sequence[str] = ()
    samples: Callable[[], Sequence[bytes]] = tuple

    def answer(self, data: bytes) -> str:
        """What comes of these bytes. Raises what is a fault."""
        try:
            return repr(self.run(data))
        except self.refusals as refusal:
            return f"{type(refusal).__name__}: {refusal}"

    def kept(self) -> Iterator[Path]:
        """The inputs of the corpus, in the order of their names."""
        return iter(sorted((CORPUS / self.name).iterdir()))


def fields(data: bytes, number: int) -> list[bytes]:
    """So many fields of an input, the last with all that is left; those that are not there are empty."""
    found = data.split(MARK, number - 1)
    return found + [b""] * (number - len(found))


def texts(data: bytes, number: int) -> list[str]:
    """The same as texts."""
    return [field.decode("utf-8", "replace") for field in fields(data, number)]


def name_of(data: bytes) -> str:
    """The name of an input in the corpus."""
    return sha256(data).hexdigest()[:12]

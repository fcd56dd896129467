"""The search for a text by cvc5, for patterns that overlap in more ways than automata can follow.

It comes with the extra `analysis`; without it such questions stay undecided. What it answers is held against the
automata, and "there is none" is its proof. It runs in a process of its own (`smt_worker.py`), which may have so much
memory and time and no more: cvc5's own limits do not hold everywhere.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from iamd.analysis.symbolic.automaton import Automaton, Shape, casings
from iamd.analysis.symbolic.budget import Undecided
from iamd.policy.patterns import ANY, MANY
from iamd.policy.text import lower

MEMORY = 512 * 1024 * 1024  # bytes that cvc5 may have
SECONDS = 5.0  # that one answer may take
_WORKER = Path(__file__).with_name("smt_worker.py")
_CHAR, _FIELD_CHAR, _ALL, _ALL_FIELD = range(4)  # as the worker reads wildcards

_is_there = find_spec("cvc5") is not None


def is_there() -> bool:
    """Whether the extra is installed."""
    return _is_there


def find(inside: Sequence[Automaton], outside: Sequence[Automaton], filler: str, effort: int) -> str | None:
    """A text that all of `inside` accept and none of `outside`, or None when there is none. `filler` stands for the
    characters that no pattern names; `effort` limits what it may do, in units of cvc5's own, of which there are some hundred
    thousand in a second. Raises Undecided."""
    question = {"inside": list(map(_told, inside)), "outside": list(map(_told, outside)), "effort": effort}
    answer = _prover.ask(question)
    text = answer.get("found")
    if "found" in answer and text is None:
        return None
    found = None if text is None else _named(text, inside, outside, filler)
    if found is None or not _meets(found, inside, outside):
        raise Undecided("the patterns overlap in too many ways, for cvc5, too")
    return found


class _Prover:
    """The process, which is started when it is first asked, and again after it had to be ended."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # the process that started it: one that was forked off has its own

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer; an empty one where there is none within the limits."""
        with self._lock:
            try:
                line = self._exchanged(json.dumps(question).encode() + b"\n")
                answer: dict[str, Any] = json.loads(line)
            except (OSError, ValueError):
                self.end()
                return {}
            return answer

    def _exchanged(self, line: bytes) -> bytes:
        """The line that it answers. Raises OSError (TimeoutError) where it has ended or takes too long."""
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise BrokenPipeError
        process.stdin.write(line)
        process.stdin.flush()
        found = b""
        while not found.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], SECONDS)
            if not ready:
                raise TimeoutError
            more = os.read(process.stdout.fileno(), 65_536)
            if not more:
                raise BrokenPipeError
            found += more
        return found

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid():
            self._owner = os.getpid()
            self._process = subprocess.Popen(  # noqa: S603 - a script of ours, without a shell
                # Isolated: neither the environment nor the folder that the server was started in has a say.
                [sys.executable, "-I", str(_WORKER), str(MEMORY)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
            )
        return self._process

    def end(self) -> None:
        """End the process, if this one has started it."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        with suppress(OSError):
            process.communicate()


_prover = _Prover()
atexit.register(_prover.end)


def _named(text: str, inside: Sequence[Automaton], outside: Sequence[Automaton], filler: str) -> str:
    """The text with `filler` for every character that no pattern names: all such behave alike."""
    letters = frozenset[str]().union(*(each.letters for each in (*inside, *outside)), ":")
    return "".join(char if char in letters else filler for char in text)


def _meets(text: str, inside: Sequence[Automaton], outside: Sequence[Automaton]) -> bool:
    return all(each.accepts(text) for each in inside) and not any(each.accepts(text) for each in outside)


_Part = str | int | list[str]


def _told(automaton: Automaton) -> list[list[_Part]]:
    """The patterns of an automaton, as the worker reads them."""
    plain: list[list[_Part]] = [[text] for text in sorted(automaton.texts)]
    return plain + [_pattern(lower(text) if shape.fold else text, shape) for text, shape in automaton.wild]


def _pattern(text: str, shape: Shape) -> list[_Part]:
    """A marked pattern, as `Automaton` reads it."""
    parts: list[_Part] = []
    colons = 0
    for at, char in enumerate(text):
        inside = colons < shape.bound
        if char == MANY:
            spans = not inside or (shape.spans and text[at + 1 : at + 2] == ":")
            parts.append(_ALL if spans else _ALL_FIELD)
        elif char == ANY:
            parts.append(_FIELD_CHAR if inside else _CHAR)
        else:
            parts.append(list(casings(char)) if shape.fold else char)
            colons += char == ":"
    return parts

"""What is kept of answers about policies has a weight of its own, however long policies are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iamd.analysis.symbolic import automaton
from iamd.analysis.validation import actions, arns, keys, subject, tags
from iamd.policy import Kind, compiled, simulate, statement
from iamd.policy.memo import Memo
from tests.services.iam.documents import document
from tests.services.iam.documents import statement as stated


def test_an_answer_is_found_once_while_it_is_kept() -> None:
    asked: list[str] = []
    memo: Memo[[str], None] = Memo(asked.append, 10_000)
    for text in ("a", "b", "a", "b"):
        assert memo(text) is None
    assert asked == ["a", "b"]
    memo.clear()
    memo("a")
    assert asked == ["a", "b", "a"]


def test_what_is_asked_for_again_stays_while_the_rest_goes() -> None:
    asked: list[str] = []
    memo: Memo[[str], None] = Memo(asked.append, 10_000)
    for number in range(1_000):
        memo("again")
        memo(f"{number}")
    assert asked.count("again") == 1
    assert memo.kept <= 10_000 / 200


def test_what_is_too_long_is_not_kept() -> None:
    memo = Memo(len, 10_000)
    for _ in range(2):
        assert memo("x" * 5_000) == 5_000
    assert memo.kept == 0


def test_what_is_named_is_found_and_not_kept() -> None:
    def read(text: str, base: int = 10) -> int:
        return int(text, base)

    memo = Memo(read, 10_000)
    assert (memo("11", base=2), memo("11")) == (3, 11)


MEMOS = {
    "policies": (compiled.load, lambda text: compiled.load(document(stated(f"s3:{text}")), Kind.IDENTITY), 16_000_000),
    "simulated": (
        simulate.load_simulated,
        lambda text: simulate.load_simulated(document(stated(f"s3:{text}")), Kind.IDENTITY),
        4_000_000,
    ),
    "actions": (statement._actions, lambda text: statement._actions((f"s3:{text}",), False), 500_000),
    "actions that exist": (actions.matching, lambda text: actions.matching(f"s3:{text}"), 1_000_000),
    "resources that fit": (arns.fit, lambda text: arns.fit("s3", text), 1_000_000),
    "keys that exist": (keys.find, keys.find, 1_000_000),
    "keys that are sent": (keys.sends, lambda text: keys.sends("s3", "getobject", text), 1_000_000),
    "patterns": (subject._compiled, subject._compiled, 1_000_000),
    "tags": (tags._tagged, tags._tagged, 1_000_000),
    "automata": (automaton._kept, lambda text: automaton.machine([(f"{text}*", automaton.TEXT)]), 300_000),
}


@pytest.mark.parametrize(("memo", "ask", "most"), MEMOS.values(), ids=MEMOS)
def test_long_policies_fill_no_memory(memo: Any, ask: Callable[[str], Any], most: int) -> None:
    length = most // 40
    for number in range(60):
        ask(f"{number:06d}".ljust(length, "x"))
    assert memo.kept * length <= most

"""What coverage-guided fuzzing has found or reached is tried again; both forms of the engine answer alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fuzz.guided.catalogue import catalogue
from fuzz.guided.kept import worth_keeping
from fuzz.guided.target import CORPUS, Target

_SLOW = 2.0  # seconds of CPU that no input may take
_OTHER = """
import json
from fuzz.guided.catalogue import catalogue
found = {f"{t.name}/{p.name}": t.answer(p.read_bytes()) for t in catalogue().values() for p in t.kept()}
print(json.dumps(found))
"""


@pytest.mark.filterwarnings("ignore:deprecated string literal:PendingDeprecationWarning")  # jmespath's
def test_every_input_of_the_corpus_is_answered_in_time_and_alike_by_the_plain_form():
    environment = {**os.environ, "IAMD_ENGINE": "pure", "PYTHONPATH": os.pathsep.join(sys.path)}
    other = subprocess.Popen([sys.executable, "-c", _OTHER], env=environment, stdout=subprocess.PIPE)
    answers = {}
    with other:
        for target in catalogue().values():
            for path in target.kept():
                began = time.process_time()
                answers[f"{target.name}/{path.name}"] = target.answer(path.read_bytes())
                assert time.process_time() - began < _SLOW, path
            for sample in target.samples():
                target.answer(sample)
        told, _ = other.communicate()
    assert json.loads(told) == json.loads(json.dumps(answers))


def test_every_target_has_inputs_that_lead_it_on_and_small_ones():
    assert {folder.name for folder in CORPUS.iterdir()} == set(catalogue())
    for target in catalogue().values():
        sizes = [path.stat().st_size for path in target.kept()]
        assert sizes
        assert sum(sizes) < 200_000


def test_what_reaches_no_further_is_not_kept():
    target = catalogue()["shorthand"]  # which is never compiled: lines of machine code are not seen
    kept = [path.read_bytes() for path in target.kept()]
    assert list(worth_keeping(target, kept, kept)) == []
    assert list(worth_keeping(target, [], [b"a=b", b"c=d"])) == [b"a=b"]


def test_what_a_reader_raises_besides_its_refusals_is_a_fault(tmp_path: Path):
    class Refused(Exception):
        """A refusal."""

    def run(data: bytes) -> object:
        if data == b"no":
            raise Refused("no")
        return data.decode()

    target = Target("t", run, (Refused,))
    assert target.answer(b"no") == "Refused: no"
    assert target.answer(b"a") == "'a'"
    try:
        target.answer(b"\xff")
    except UnicodeDecodeError:
        return
    raise AssertionError("a fault was hidden")

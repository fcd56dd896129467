"""Some hundred requests that are broken as bytes, to every door."""

from __future__ import annotations

import json
import random

import pytest

from fuzz.broken.__main__ import main
from fuzz.broken.breaking import broken
from fuzz.broken.whole import Requests
from fuzz.server import ROOT


@pytest.mark.timeout(120)
def test_broken_requests_are_refused_and_nothing_fails(capsys):
    assert main(["--number", "800", "--seed", "20261122", "--patience", "3", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["requests"] == 800
    assert report["failures"] == []
    assert report["statuses"]["200"] > 5  # what was broken where it does not matter comes through
    assert report["statuses"]["400"] > 100


def test_every_request_is_broken_another_way():
    whole = Requests("127.0.0.1:1", ROOT).all()
    choice = random.Random(7)
    tried = {broken(request, whole, choice) for request in whole for _ in range(20)}
    assert len(tried) > 0.9 * 20 * len(whole)

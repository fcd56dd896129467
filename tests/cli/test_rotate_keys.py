"""`iamd rotate-keys`: a new key for session tokens, while servers run and sessions live."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamd.cli.main import main
from tests.live import live


def test_living_sessions_go_on_and_new_ones_are_sealed_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with live(in_memory=False, data_dir=str(tmp_path)) as server:
        sts = server.client("sts")
        before = sts.get_session_token()["Credentials"]
        assert main(["rotate-keys", "--data-dir", str(tmp_path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"tokenKeys": 2}
        after = sts.get_session_token()["Credentials"]
        assert before["SessionToken"][:8] != after["SessionToken"][:8], "the key's number is in the token"
        for credentials in (before, after):
            assert server.client("sts", credentials).get_caller_identity()["Arn"].endswith(":root")
    assert main(["rotate-keys", "--data-dir", str(tmp_path)]) == 0
    assert "2 older ones still open" in capsys.readouterr().out


@pytest.mark.embedded("its file is not there")
def test_there_must_be_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rotate-keys", "--data-dir", str(tmp_path)]) == 2
    assert "there is no database" in capsys.readouterr().err

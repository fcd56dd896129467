"""`iamd edge`: tokens for edge nodes, and what one cannot be."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from iamd.cli.main import main
from iamd.server.edges import Edges
from iamd.settings import SettingsError, load
from tests.live import ACCOUNT

EDGE = {"IAMD_EDGE_TOKEN": "the-token", "IAMD_CONTROL_PLANE": "https://iam.example.com/"}


def test_a_new_token_is_told_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    for more, accounts in (([], None), (["--account", ACCOUNT], [ACCOUNT])):
        assert main(["edge", "--new-token", "tokyo", "--json", *more]) == 0
        told = json.loads(capsys.readouterr().out)
        digest = hashlib.sha256(told["token"].encode()).hexdigest()
        assert told == {"name": "tokyo", "token": told["token"], "tokenSha256": digest, "accounts": accounts}


def test_a_new_token_comes_with_the_lines_by_which_the_control_plane_knows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["edge", "--new-token", "tokyo", "--account", ACCOUNT]) == 0
    told = capsys.readouterr().out
    token = next(line for line in told.splitlines() if line.startswith("IAMD_EDGE_TOKEN=")).partition("=")[2]
    file = tmp_path / "edges.toml"
    file.write_text(told[told.index("[edges.") :])
    found = Edges(file).of(token)
    assert found is not None
    assert (found.name, found.accounts) == ("tokyo", frozenset({ACCOUNT}))
    assert token not in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "say whose edge node it is"),
        (["--account", ACCOUNT], "--account is for --new-token"),
        (["--new-token", "a b"], "letters, digits"),
        (["--new-token", "zürich"], "letters, digits"),
        (["--new-token", "tokyo", "--account", '12"34'], "twelve digits"),
        (["--from", "http://iam.example.com"], "must be an https URL"),
        (["--from", "https://iam.example.com"], "`control_plane` is set without `edge_token`"),
    ],
)
def test_what_makes_no_edge_node_is_refused(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["edge", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_an_edge_node_has_no_database_of_its_own_and_one_worker() -> None:
    assert load({}, EDGE).control_plane == "https://iam.example.com"
    for wrong in ({"in_memory": True}, {"workers": "2"}, {"edges": "edges.toml"}, {"max_staleness": "1"}):
        with pytest.raises(SettingsError, match=f"(?i){next(iter(wrong)).replace('_', '.')}"):
            load(wrong, EDGE)
    with pytest.raises(SettingsError, match="without path"):
        load({}, EDGE | {"IAMD_CONTROL_PLANE": "https://iam.example.com/api"})

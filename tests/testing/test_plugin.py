"""The fixtures, in a run of pytest of their own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iamd.testing import Moto, StartError

TESTS = """
import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize("name", ["alice", "alice"])
def test_each_test_has_an_account_of_its_own(iamd_account, name):
    assert iamd_account.user(name).arn == "arn:aws:iam::111122223333:user/alice"


def test_the_account_is_the_gateways_where_that_is_asked_for(iamd_account, iamd_gateway, iamd_server):
    assert iamd_account is iamd_gateway
    assert iamd_account is not iamd_server
    with pytest.raises(ClientError, match="not authorized to perform: s3:ListAllMyBuckets"):
        iamd_account.user("alice").client("s3").list_buckets()


def test_what_is_allowed_goes_to_the_upstream_that_was_named(iamd_gateway):
    with pytest.raises(ClientError, match="ServiceUnavailable|503"):
        iamd_gateway.client("s3", config=__import__("botocore").config.Config(retries={"max_attempts": 0})).list_buckets()
"""
INI = "[pytest]\niamd_account_id = 111122223333\niamd_upstream = *=http://127.0.0.1:1\n"


def test_the_fixtures_follow_their_options(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text(INI)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("IAMD_", "PYTEST_"))}
    environ["PYTHONPATH"] = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "iamd.testing.plugin"]
    ran = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "4 passed" in ran.stdout


def test_without_moto_one_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StartError, match=r"pip install 'moto\[server\]', or name another upstream"), Moto():
        pass

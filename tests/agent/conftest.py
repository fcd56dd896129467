"""A server, a user whose keys an agent may have, and agents as processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import structlog
from structlog.testing import LogCapture

from iamd.agent.config import Config
from iamd.agent.remote import StsSource
from iamd.agent.serving import serving
from tests.live import Live, live
from tests.services.roles import make_role, permit, trusting, user_arn

IAMD = [sys.executable, "-m", "iamd.cli.main"]


@dataclass
class Process:
    """A running agent and what it said when it was ready."""

    url: str
    said: str


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the endpoints log in this process, wherever an earlier test made the log go."""
    captured = LogCapture()
    for module in ("keeper", "door"):
        log = structlog.wrap_logger(None, [captured], structlog.BoundLogger)
        monkeypatch.setattr(f"iamd.agent.{module}.log", log)
    return captured.entries


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live() as running:
        yield running


@pytest.fixture(scope="module")
def web(server: Live) -> str:
    """The ARN of a role that the agent's user may assume, and that may list users."""
    iam = server.client("iam")
    iam.create_user(UserName="agent")
    arn = make_role(iam, "web", trusting(user_arn("agent")))
    permit(iam, "web", "iam:ListUsers")
    return arn


@pytest.fixture(scope="module")
def environ(server: Live, web: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process with that user's keys, and no other configuration."""
    key = server.client("iam").create_access_key(UserName="agent")["AccessKey"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "IAMD_"))}
    return clean | {
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def _until_blank(lines: Iterable[str]) -> Iterator[str]:
    """What the agent says: a heading, a blank line, the variables, a blank line."""
    blank = 0
    for line in lines:
        yield line
        blank += not line.strip()
        if blank == 2:
            return


@contextmanager
def agent_process(environ: dict[str, str], *flags: str) -> Iterator[Process]:
    """`iamd agent` on a free port, until the block ends; it must end well."""
    command = [*IAMD, "agent", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = "".join(_until_blank(process.stdout))
        try:
            assert "http://" in said, process.stderr.read()
            yield Process(re.findall(r"http://[\d.:]+", said)[0], said)
        finally:
            process.terminate()
            assert process.wait(10) == 0


@pytest.fixture
def agent_here(
    server: Live, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Config], str]]:
    """`agent_here(config)`: an agent with that user's keys in this process, until the test ends; returns its URL.

    It has the keys from a profile, which no workload here looks at.
    """
    (tmp_path / ".aws").mkdir()
    keys = (environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"])
    profile = "[agent]\naws_access_key_id = {}\naws_secret_access_key = {}\n".format(*keys)
    (tmp_path / ".aws" / "credentials").write_text(profile)
    monkeypatch.setenv("HOME", str(tmp_path))
    stack = AsyncExitStack()

    def start(config: Config) -> str:
        source = StsSource("eu-west-1", server.endpoint, "agent")
        (url,) = server.run(stack.enter_async_context(serving(config, source)))
        return url

    yield start
    server.run(stack.aclose())


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("token") / "token"
    file.write_text("a-token-of-some-length")
    return file


@pytest.fixture(scope="module")
def agent(environ: dict[str, str], web: str, token_file: Path) -> Iterator[Process]:
    flags = ("--role-arn", web, "--listen", "127.0.0.1:0", "--container-token-file", str(token_file))
    with agent_process(environ, *flags) as process:
        yield process


@pytest.fixture
def workload(server: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """`workload(AWS_...=...)`: a botocore session that finds nothing but what those variables lead to."""

    def session(**variables: str) -> Any:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(tmp_path))
        for name, value in {
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            **variables,
        }.items():
            monkeypatch.setenv(name, value)
        return botocore.session.Session()

    return session

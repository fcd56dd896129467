"""iamd in memory for a test session, as it was at its start for every test."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest


@pytest.fixture(scope="session")
def server() -> Iterator[dict[str, str]]:
    """What the AWS SDK needs to reach the server as the root user."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY"}
    settings = {
        "IAMD_IN_MEMORY": "true",
        "IAMD_PORT": "0",  # a free one
        "IAMD_ACCOUNT_ID": "111122223333",
        "IAMD_ROOT_ACCESS_KEY_ID": keys["AWS_ACCESS_KEY_ID"],
        "IAMD_ROOT_SECRET_ACCESS_KEY": keys["AWS_SECRET_ACCESS_KEY"],
    }
    command = [sys.executable, "-m", "iamd.cli.main", "serve"]
    with subprocess.Popen(command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True) as process:
        # It prints its endpoint when it takes requests.
        line = next(line for line in process.stdout if line.split()[:1] == ["endpoint"])
        yield {"endpoint_url": line.split()[1], **{name.lower(): value for name, value in keys.items()}}
        process.terminate()


@pytest.fixture
def aws(server: dict[str, str]) -> Callable[..., Any]:
    """Make clients: `aws("iam")` as root, `aws("iam", **key)` with an access key as the API gives it."""
    reset = urllib.request.Request(f"{server['endpoint_url']}/_iamd/reset", method="POST")
    urllib.request.urlopen(reset).close()

    def client(service: str, **key: Any) -> Any:
        given = dict(server)
        if key:
            given |= {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
            given |= {"aws_session_token": key["SessionToken"]} if "SessionToken" in key else {}
        return boto3.client(service, region_name="us-east-1", **given)

    return client

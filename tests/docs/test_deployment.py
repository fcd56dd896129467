"""The manifests and the dashboard agree with the program: settings are settings, metrics are told, codes are errors."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from iamd import __version__
from iamd.settings import load
from iamd.wire import errors
from tests.live import live
from tests.server.test_tls import write

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module", params=["iamd", "postgresql"])
def pod(request: pytest.FixtureRequest) -> Any:
    documents = list(yaml.safe_load_all((EXAMPLES / f"kubernetes/{request.param}.yaml").read_text()))
    assert [each["kind"] for each in documents if each["kind"] != "PodDisruptionBudget"] == [
        "Service",
        "StatefulSet",
        "NetworkPolicy",
    ]
    return documents[1]["spec"]["template"]["spec"]


def test_the_manifest_sets_what_there_is(pod: Any) -> None:
    (container,) = pod["containers"]
    chosen = load({}, {each["name"]: each.get("value", "postgresql://iamd@db/iamd") for each in container["env"]})
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    assert ports == {"https": chosen.port, "metrics": (chosen.metrics_listener or ("", 0))[1]}
    mounts = {Path(each["mountPath"]) for each in container["volumeMounts"]}
    for file in (chosen.master_key_file, chosen.tls_certificate, chosen.tls_key):
        assert file is not None
        assert file.parent in mounts
    assert chosen.data_dir in mounts
    assert container["image"] == f"iamd:{__version__}"


def test_the_pod_has_the_least_privileges(pod: Any) -> None:
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    user = re.search(r"--uid (\d+)", (EXAMPLES / "compose/Dockerfile").read_text())
    assert user is not None
    assert pod["securityContext"]["runAsUser"] == int(user[1])


def _unit(name: str) -> list[str]:
    lines = (EXAMPLES / "systemd" / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "["))]


def test_the_units_run_what_there_is() -> None:
    for name, command, flags in (
        ("iamd.service", "serve", {"data_dir", "master_key_file"}),
        ("iamd-edge.service", "edge", {"data_dir", "master_key_file", "host"}),
        ("iamd-backup.service", "backup", {"data_dir", "master_key_file"}),
    ):
        (start,) = (line for line in _unit(name) if line.startswith("ExecStart="))
        assert re.search(rf"/opt/iamd/.venv/bin/iamd {command} ", start), start
        assert {flag.replace("-", "_") for flag in re.findall(r"--([a-z-]+)", start)} - {"from"} == flags
        load(dict.fromkeys(flags, "/somewhere"), {})


def test_the_units_have_the_same_few_privileges() -> None:
    server, edge = (
        unit[unit.index("StateDirectoryMode=0700") :] for unit in map(_unit, ("iamd.service", "iamd-edge.service"))
    )
    assert server == edge
    assert {"NoNewPrivileges=yes", "CapabilityBoundingSet=", "SystemCallFilter=~@privileged @resources"} <= set(server)


def test_the_units_may_read_and_reload_the_files_of_tls() -> None:
    server, tls = _unit("iamd.service"), _unit("iamd-tls.conf")
    files = dict(each.split("=") for line in tls if line.startswith("Environment=") for each in line[12:].split())
    assert load({}, files).tls_key is not None
    (group,) = (line.partition("=")[2] for line in tls if line.startswith("SupplementaryGroups="))
    page = (EXAMPLES.parent / "docs/how-to/service.md").read_text()
    for file in files.values():
        assert re.search(
            rf"install -m 640 -g {group} .*\b{Path(file).name}\b.* {Path(file).parent}/$", page, re.MULTILINE
        )
    assert f"groupadd --system {group}\nchgrp {group} /etc/iamd && chmod 750 /etc/iamd" in page
    assert {"ExecReload=/bin/kill -HUP $MAINPID"} <= set(tls) - set(server)  # without TLS a hangup ends the server


@pytest.mark.parametrize("tls", [False, True])
def test_the_container_is_healthy_while_its_server_answers(tls: bool, tmp_path: Path) -> None:
    check = [sys.executable, str(EXAMPLES / "compose/healthy.py")]
    write(tmp_path)
    flags = {f"tls_{each}": tmp_path / f"tls.{end}" for each, end in (("certificate", "crt"), ("key", "key")) if tls}
    with live(**flags) as server:
        port = server.endpoint.rpartition(":")[2]
        environ = {"IAMD_PORT": port, **({"IAMD_TLS_CERTIFICATE": "tls.crt"} if tls else {})}
        assert subprocess.run(check, env=environ).returncode == 0
    assert subprocess.run(check, env=environ, stderr=subprocess.DEVNULL).returncode == 1


def test_the_image_is_built_by_older_builders_too() -> None:
    healthy = re.search(r"^HEALTHCHECK (.*)$", (EXAMPLES / "compose/Dockerfile").read_text(), re.MULTILINE)
    assert healthy is not None
    # Podman and Docker before 25 end the build at --start-interval.
    assert set(re.findall(r"--[a-z-]+", healthy[1])) <= {"--interval", "--start-period", "--timeout", "--retries"}


def test_the_dashboard_shows_what_is_measured() -> None:
    expressions = re.findall(r'"expr": "(.*)"', (EXAMPLES / "grafana/iamd.json").read_text())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with live(metrics=address) as server:
        server.client("iam").get_user()
        with urllib.request.urlopen(f"http://{address}/metrics") as answer:
            told = set(re.findall(r"^# TYPE (\w+)", answer.read().decode(), re.MULTILINE))
    for expression in expressions:
        for name in re.findall(r"\b((?:iamd|process)_\w+)", expression):
            assert name.removesuffix("_bucket") in told, name


def test_the_dashboard_asks_for_codes_that_there_are() -> None:
    own = {each.code for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "code")}
    # At the gateway refusals have the services' own codes; EC2's stands for them.
    catalogue = {each for each in own if isinstance(each, str)} | {"UnauthorizedOperation"}
    for codes in re.findall(r'code=~\\"(.*?)\\"', (EXAMPLES / "grafana/iamd.json").read_text()):
        for code in codes.split("|"):
            assert any(re.fullmatch(code, each) for each in catalogue), code


def test_the_dashboard_is_json() -> None:
    panels = json.loads((EXAMPLES / "grafana/iamd.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)

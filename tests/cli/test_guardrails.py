"""`iamd guardrails`: the library holds what it says, and attaches to a served organization."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from iamd.cli.guardrails.library import FILES, guardrails
from iamd.cli.main import main
from iamd.policy import Kind, parse
from tests.live import ROOT_KEY, ROOT_SECRET, Live, live

KINDS = {"SCP": Kind.SCP, "RCP": Kind.RCP}


@pytest.fixture(scope="module")
def running() -> Iterator[Live]:
    with live() as server:
        yield server


@pytest.fixture
def server(running: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    running.reset()
    for name, value in (
        ("AWS_ENDPOINT_URL", running.endpoint),
        ("AWS_ACCESS_KEY_ID", ROOT_KEY),
        ("AWS_SECRET_ACCESS_KEY", ROOT_SECRET),
    ):
        monkeypatch.setenv(name, value)
    return running


@pytest.fixture
def root_id(server: Live) -> str:
    organizations = server.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = str(organizations.list_roots()["Roots"][0]["Id"])
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        organizations.enable_policy_type(RootId=root, PolicyType=kind)
    return root


def attached(server: Live, root: str, kind: str = "SERVICE_CONTROL_POLICY") -> dict[str, Any]:
    client = server.client("organizations")
    listed = client.list_policies_for_target(TargetId=root, Filter=kind)["Policies"]
    return {
        each["Name"]: json.loads(client.describe_policy(PolicyId=each["Id"])["Policy"]["Content"]) for each in listed
    }


def test_every_guardrail_holds_its_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert {file.name.removesuffix(".test.yaml") for file in FILES.glob("*.test.yaml")} == set(guardrails())
    assert main(["test", str(FILES), "--coverage", "--fail-under", "100", "--jobs", "1"]) == 0
    assert "100 %" in capsys.readouterr().out


@pytest.mark.parametrize("name", guardrails())
def test_every_guardrail_is_a_policy_with_its_parameters(name: str) -> None:
    chosen = guardrails()[name]
    parse(json.dumps(chosen.document({})), KINDS[chosen.type])
    values = {key: "first,second" if isinstance(value, list) else "other" for key, value in chosen.parameters.items()}
    text = json.dumps(chosen.document(values))
    assert all(word in text for value in values.values() for word in value.split(","))
    assert len(text) < 5_000


def test_they_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guardrails", "list"]) == 0
    assert "root-lock" in capsys.readouterr().out
    assert main(["guardrails", "list", "--json"]) == 0
    assert {each["name"] for each in json.loads(capsys.readouterr().out)} == set(guardrails())
    assert main(["guardrails", "show", "region-lock", "--set", "regions=af-south-1"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["Statement"][0]["Condition"]["StringNotEquals"]["aws:RequestedRegion"] == ["af-south-1"]


def test_one_is_attached_once_and_kept_up_to_date(server: Live, root_id: str) -> None:
    asked = ["guardrails", "attach", "region-lock", "--target", root_id]
    for regions in ("eu-west-1", "eu-west-1", "eu-west-1,eu-west-2"):
        assert main([*asked, "--set", f"regions={regions}"]) == 0
        (statement,) = attached(server, root_id)["guardrail-region-lock"]["Statement"]
        assert statement["Condition"]["StringNotEquals"]["aws:RequestedRegion"] == regions.split(",")
    names = [
        each["Name"]
        for each in server.client("organizations").list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    ]
    assert sorted(names) == ["FullAWSAccess", "guardrail-region-lock"]


def test_other_targets_are_not_changed_unasked(server: Live, root_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    units = server.client("organizations").create_organizational_unit
    one, two = (units(ParentId=root_id, Name=name)["OrganizationalUnit"]["Id"] for name in ("One", "Two"))

    def attach(target: str, regions: str, *more: str) -> tuple[int, str, str]:
        code = main(["guardrails", "attach", "region-lock", "--target", target, "--set", f"regions={regions}", *more])
        return (code, *capsys.readouterr())

    def regions_of(target: str, name: str = "guardrail-region-lock") -> Any:
        return attached(server, target)[name]["Statement"][0]["Condition"]["StringNotEquals"]["aws:RequestedRegion"]

    assert f": attached to {one}" in attach(one, "eu-west-1")[1]
    assert f": changed, is attached to {one}" in attach(one, "eu-west-2")[1]
    code, _, said = attach(two, "us-east-1")
    assert code == 2
    assert f"guardrail-region-lock says something else now, and would change for {one}, too" in said
    assert "guardrail-region-lock" not in attached(server, two)
    assert regions_of(one) == ["eu-west-2"]
    assert attach(two, "us-east-1", "--as", "LockUs")[0] == 0
    assert regions_of(two, "LockUs") == ["us-east-1"]
    assert f"changed, attached to {two}" in attach(two, "us-east-1", "--everywhere")[1]
    assert regions_of(one) == ["us-east-1"]


def test_every_one_can_be_attached_by_itself(server: Live, root_id: str) -> None:
    organization = server.client("organizations").describe_organization()["Organization"]["Id"]
    account = "123456789012"
    for name, chosen in guardrails().items():
        given = {key: value for key, value in chosen.parameters.items() if key != "organization"}
        sets = [f"--set={key}={','.join(value)}" for key, value in given.items()]
        policy = ["guardrails", "attach", name, "--target", account, *sets]
        assert main(policy) == 0
        kind = f"{'SERVICE' if chosen.type == 'SCP' else 'RESOURCE'}_CONTROL_POLICY"
        text = json.dumps(attached(server, account, kind)[chosen.policy_name])
        assert "organization" not in chosen.parameters or organization in text
        client = server.client("organizations")
        listed = client.list_policies_for_target(TargetId=account, Filter=kind)["Policies"]
        client.detach_policy(
            PolicyId=next(x["Id"] for x in listed if x["Name"] == chosen.policy_name), TargetId=account
        )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show"], "name the guardrail"),
        (["show", "nonsense"], "there is no guardrail nonsense"),
        (["show", "root-lock", "--set", "x=1"], "root-lock has no parameter x; it has none"),
        (["show", "region-lock", "--set", "regions"], "--set takes NAME=VALUE"),
        (["show", "region-lock", "--set", "regions=a,,b"], "separated by single commas"),
        (["attach", "root-lock"], "--target ID"),
        (["attach", "region-lock", "--target", "r-ab12"], "--set regions=eu-central-1,eu-west-1"),
        (["attach", "root-lock", "--target", "r-ab12"], "not a member of an organization"),
    ],
)
def test_what_cannot_be_done_is_told(
    server: Live, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["guardrails", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_policy_type_must_be_enabled(server: Live, capsys: pytest.CaptureFixture[str]) -> None:
    server.client("organizations").create_organization(FeatureSet="ALL")
    assert main(["guardrails", "attach", "root-lock", "--target", "r-ab12"]) == 2
    assert "aws organizations enable-policy-type --root-id" in capsys.readouterr().err

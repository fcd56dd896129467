"""Services of one's own: what a file may say, and where they are known then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from iamd.cli.main import main
from iamd.reference import actions, condition_keys, custom, services
from iamd.settings import SettingsError, load
from iamd.testing import Server
from tests.authorization.conftest import Asker

EXAMPLE = Path("examples/custom-services/todo.yaml")
OWNED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["todo:read", "todo:update"],
            "Resource": "arn:aws:todo::123456789012:item/*",
            "Condition": {"StringEquals": {"todo:Owner": "${aws:username}"}},
        }
    ],
}


@pytest.fixture
def registered() -> Iterator[None]:
    services.register(custom.read(EXAMPLE.read_text()))
    yield
    services.register(())


@pytest.mark.usefixtures("registered")
def test_they_are_known_like_awss() -> None:
    assert "todo" in services.prefixes()
    assert services.name("todo") == "Todo list"
    found = actions.find("todo", "Update")
    assert found is not None
    assert (found.name, found.access_level, found.resource_types[0].name) == ("update", "Write", "item")
    key = condition_keys.find("TODO:sharedwith")
    assert key is not None
    assert key.multivalued


def test_they_are_gone_when_others_are_registered() -> None:
    assert services.get("todo") is None
    with pytest.raises(ValueError, match="of AWS"):
        services.register([services.Service("s3", "S3", False, {}, {}, {})])


def test_iamds_own_actions_are_known_and_in_no_list() -> None:
    assert actions.find("iamd", "Evaluate") is not None
    assert condition_keys.find("authzen:ResourceProperty/owner") is not None
    assert not {"iamd", "authzen"} & set(services.prefixes())


def example(**changes: Any) -> str:
    service = yaml.safe_load(EXAMPLE.read_text())["services"][0]
    return yaml.safe_dump({"services": [{**service, **changes}]})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file must be a mapping"),
        ("services: []", "must have a list"),
        ("services: [1]", r"services\[0\] must be a mapping"),
        ("service: []", "has no `service`; it has services"),
        ("a: [", "is not YAML"),
        ("services: 1\nservices: 2", "a name is there twice"),
        (example(prefix="s3"), "`s3` is AWS's"),
        (example(prefix="iamd"), "`iamd` is AWS's"),
        (example(prefix="Todo"), "prefix must be of lower-case"),
        (example(name=7), "name must be a text"),
        (example(colour="red"), "has no `colour`"),
        (example(actions={}), "must name at least one action"),
        (example(actions={"a:b": {}}), "an action's name"),
        (example(actions={"a": {"access": "Execute"}}), "access must be one of"),
        (example(actions={"a": {"resources": ["list"]}}), "there is no type `list`"),
        (example(actions={"a": {"resources": "item"}}), "must be a list"),
        (example(actions={"a": {"keys": ["todo:Colour"]}}), "no condition key `todo:Colour`"),
        (example(actions={"a": {"keys": ["s3:prefix"]}}), "no condition key `s3:prefix`"),
        (example(resources={"item": "arn:aws:todo:::x"}), "must begin with"),
        (example(resources={"item": "arn:${Partition}:todo:x"}), "six fields"),
        (example(resources={"item": {"arn": "arn:${Partition}:todo:::x", "keys": ["a"]}}), "no condition key `a`"),
        (example(keys={"s3:prefix": "String"}), "must begin with `todo:`"),
        (example(keys={"todo:Owner": "Text"}), "must be one of"),
        (yaml.safe_dump({"services": yaml.safe_load(EXAMPLE.read_text())["services"] * 2}), "prefix twice"),
    ],
)
def test_files_that_are_not_right(text: str, told: str) -> None:
    with pytest.raises(custom.BadServices, match=told):
        custom.read(text)


def test_global_keys_may_be_named() -> None:
    made = custom.read(example(actions={"a": {"keys": ["aws:SourceIp"]}, "b": None}))
    assert made[0].actions["a"].condition_keys == ("aws:SourceIp",)


def test_a_server_refuses_to_start_with_a_bad_file(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("services: []")
    with pytest.raises(SettingsError, match="--custom-services names a file that is not right: must have a list"):
        load({"custom_services": str(bad)}, {})
    with pytest.raises(SettingsError, match="cannot be read"):
        load({"custom_services": str(tmp_path / "none")}, {})


def test_validation_knows_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(OWNED))
    try:
        assert main(["validate", "--findings", "--custom-services", str(EXAMPLE), str(policy)]) == 0
        assert capsys.readouterr().out == f"{policy}: no findings\n"
        policy.write_text(json.dumps(OWNED).replace("todo:update", "todo:updat"))
        assert main(["validate", "--findings", "--custom-services", str(EXAMPLE), str(policy)]) == 1
        assert "todo:update" in capsys.readouterr().out
        assert main(["validate", "--findings", "--custom-services", str(policy), str(policy)]) == 2
        assert "has no `Statement`" in capsys.readouterr().err
    finally:
        services.register(())
    policy.write_text(json.dumps(OWNED))
    assert main(["validate", "--findings", str(policy)]) == 1


def test_a_server_knows_them() -> None:
    with Server(custom_services=EXAMPLE.absolute()) as server:
        iam = server.client("iam")
        alice = server.user("alice", {**OWNED["Statement"][0]})  # type: ignore[dict-item]
        item = "arn:aws:todo::123456789012:item/1"
        owner = {"ContextKeyName": "todo:Owner", "ContextKeyType": "string", "ContextKeyValues": ["alice"]}
        simulated = iam.simulate_principal_policy(
            PolicySourceArn=alice.arn,
            ActionNames=["todo:read", "todo:delete"],
            ResourceArns=[item, "arn:aws:todo::123456789012:list/1"],
            ContextEntries=[owner],
        )["EvaluationResults"]
        read, delete = ([each["EvalResourceDecision"] for each in r["ResourceSpecificResults"]] for r in simulated)
        assert read == ["allowed", "implicitDeny"]
        assert delete == ["implicitDeny", "implicitDeny"]
        checked = server.client("accessanalyzer").validate_policy(
            policyDocument=json.dumps(OWNED), policyType="IDENTITY_POLICY"
        )
        assert checked["findings"] == []
        job = iam.generate_service_last_accessed_details(Arn=alice.arn)["JobId"]
        accessed = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
        assert [each["ServiceName"] for each in accessed] == ["Todo list"]


def test_questions_are_about_them(tmp_path: Path) -> None:
    with Server(custom_services=EXAMPLE.absolute()) as server:
        alice = server.user(
            "alice",
            {"Action": "todo:*", "Resource": "arn:aws:todo::123456789012:item/1"},
            {"Action": "iamd:*", "Resource": "*"},
        )
        iam = server.client("iam")
        made = iam.create_service_specific_credential(UserName="alice", ServiceName="iamd")
        asker = Asker(server.endpoint_url, made["ServiceSpecificCredential"]["ServiceCredentialSecret"])
        assert asker.may("alice", "share", "todo:item", "1")
        assert not asker.may("alice", "share", "todo:item", "2")
        asked = {"subject": {"type": "user", "id": "alice"}, "resource": {"type": "todo:item", "id": "1"}}
        found = asker("search/action", asked).json["results"]
        assert [each["name"] for each in found] == ["delete", "list", "read", "share", "update"]
        asked["action"] = {"name": "read"}
        assert asker("search/resource", {**asked, "resource": {"type": "todo:item"}}).json["results"] == [
            asked["resource"]
        ]
        job = iam.generate_service_last_accessed_details(Arn=alice.arn, Granularity="ACTION_LEVEL")["JobId"]
        details = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
        todo = next(each for each in details if each["ServiceNamespace"] == "todo")
        assert todo["LastAuthenticated"]

"""`iamd init`: the organization of the example, made as a new user would, and what is done when it is done again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.main import main
from tests.live import Live, live
from tests.services.organizations.support import ACCESS_ROLE

EXAMPLE = Path("examples/organization/organization.yaml")
EVIL, ONE = "{Effect: Dny, Action: '*', Resource: '*'}", "{email: one@example.com}"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(scope="module")
def running() -> Iterator[Live]:
    with live() as server:
        yield server


@pytest.fixture
def admin(running: Live, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A user of the management account who may do everything, whose keys are in the environment."""
    running.reset()
    iam = running.client("iam")
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName="admin")["AccessKey"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    return key


def steps(capsys: pytest.CaptureFixture[str], file: Path) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main(["init", str(file), "--plan", "--json"])
    return code, json.loads(capsys.readouterr().out)["steps"]


def test_the_example_is_made_and_made_once(
    running: Live, admin: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, planned = steps(capsys, EXAMPLE)
    assert (code, planned[0]) == (1, "create the organization")
    assert "attach policy OnlyEurope to root/Work" in planned
    before = running.run(running.realm.store.load("123456789012")).revision
    assert steps(capsys, EXAMPLE) == (1, planned), "a plan changes nothing"
    assert running.run(running.realm.store.load("123456789012")).revision == before
    assert main(["init", str(EXAMPLE), "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == planned
    made = running.run(running.realm.store.load("123456789012")).revision
    assert steps(capsys, EXAMPLE) == (0, [])
    assert main(["init", str(EXAMPLE), "--yes"]) == 0
    assert capsys.readouterr().out == "nothing to do\n"
    assert running.run(running.realm.store.load("123456789012")).revision == made
    _look_around(running, admin)


def _look_around(running: Live, admin: Any) -> None:
    organizations = running.client("organizations", admin)
    accounts = {each["Name"]: each["Id"] for each in organizations.list_accounts()["Accounts"]}
    assert {"Audit", "Play", "Shop"} <= set(accounts)
    attached = organizations.list_policies_for_target(
        TargetId=organizations.list_parents(ChildId=accounts["Play"])["Parents"][0]["Id"],
        Filter="SERVICE_CONTROL_POLICY",
    )["Policies"]
    assert {each["Name"] for each in attached} == {"FullAWSAccess", "NoServers"}
    assume = running.client("sts", admin).assume_role
    arn = f"arn:aws:iam::{accounts['Shop']}:role/"
    session = assume(RoleArn=arn + ACCESS_ROLE, RoleSessionName="me")["Credentials"]
    role = running.client("iam", session).get_role_policy(RoleName="deployer", PolicyName="deploy")
    assert role["PolicyDocument"]["Statement"]["Action"] == ["lambda:*", "s3:*"]
    assume(RoleArn=arn + "deployer", RoleSessionName="me")


def test_what_differs_is_changed_and_what_is_not_named_stays(
    running: Live, admin: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "o.yaml"
    statement = "{Effect: Deny, Action: 's3:*', Resource: '*'}"
    text = f"""
policyTypes: [SERVICE_CONTROL_POLICY]
policies: {{P: {{document: {{Version: 2012-10-17, Statement: {statement}}}}}}}
root:
  policies: [P]
  units: {{A: {{accounts: {{X: {{email: x@example.com}}}}}}, B: {{}}}}
management: {{users: {{ann: {{inlinePolicies: {{own: {{Version: 2012-10-17, Statement: {statement}}}}}}}}}}}
"""
    file.write_text(text)
    assert main(["init", str(file), "--yes"]) == 0
    running.client("iam").create_user(UserName="other")
    assert main(["init", str(file), "--yes"]) == 0
    described = text.replace("P: {document", "P: {description: What it is for, document")
    file.write_text(
        described.replace("policyTypes", "trustedServices: [account.amazonaws.com]\npolicyTypes").replace("X:", "Y:")
    )
    changes = ["trust account.amazonaws.com", "change policy P", "rename account X to Y"]
    assert steps(capsys, file) == (1, changes)
    assert main(["init", str(file), "--yes"]) == 0
    assert steps(capsys, file) == (0, [])
    moved = "  units: {A: {}, B: {accounts: {X: {email: X@example.com}}}}"
    changed = text.replace("s3:*", "sqs:*").replace(next(x for x in text.splitlines() if "units" in x), moved)
    file.write_text(changed)
    assert steps(capsys, file) == (
        1,
        ["change policy P", "rename account Y to X", "move account root/B/X", "put policy own of user management/ann"],
    )
    assert main(["init", str(file), "--yes"]) == 0
    assert steps(capsys, file) == (0, [])
    assert running.client("iam").get_user(UserName="other")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("root: {units: {A: {colour: red}}}", "unknown field `colour` - at `$.root.units[...]`"),
        ("roots: {}", "unknown field `roots`"),
        ("policyTypes: [SCP]", "SCP is no type of policy: there are SERVICE_CONTROL_POLICY, "),
        (
            f"policies: {{P: {{document: {{Version: 2012-10-17, Statement: {EVIL}}}}}}}",
            "policy P: `Effect` must be `Allow`",
        ),
        ("policies: {P: {type: S3_POLICY, document: {s3: {}}}}", "policy P: The provided policy document does not"),
        (
            f"root: {{accounts: {{A: {ONE}}}, units: {{B: {{accounts: {{C: {ONE}}}}}}}}}",
            "root/A and root/B/C have the same",
        ),
        ("root: " + "{units: {A: " * 6 + "{}" + "}}" * 6, "root/A/A/A/A/A/A: units are nested 5 deep at most"),
        (
            "management: {roles: {r: {trust: anybody}}}",
            "role management/r: trust is a policy document, or `management`",
        ),
        (
            "root: {accounts: {A: {email: a@b.example, roles: {r: {trust: {Statement: []}}}}}}",
            "role root/A/r: trust: ",
        ),
        (
            f"management: {{users: {{u: {{inlinePolicies: {{p: {{Statement: {EVIL}}}}}}}}}}}",
            "user management/u: policy p: ",
        ),
        ("root: {policies: [P]}", "root: there is no policy P in the file"),
        ("root: {accounts: {A: {}}}", "missing required field `email`"),
        ("root: {}\npolicies: {P: {}}", "policy P: give it one of document, file and guardrail"),
        ("root: {}\npolicies: {P: {file: none.json}}", "none.json"),
        ("root: {}\npolicies: {P: {guardrail: region-lock}}", "needs `set: {regions: ...}`"),
        ("root: [", ":1: no YAML"),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str) -> None:
    file = tmp_path / "o.yaml"
    file.write_text(text)
    assert main(["init", str(file), "--plan"]) == 2
    assert said in capsys.readouterr().err


def test_a_policy_without_effect_is_told(
    running: Live, admin: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "o.yaml"
    text = "policies: {P: {type: TAG_POLICY, document: {tags: {}}}}\nroot: {policies: [P]}"
    file.write_text(text)
    assert main(["init", str(file), "--plan"]) == 2
    assert "root: policy P has no effect: add TAG_POLICY to policyTypes" in capsys.readouterr().err
    file.write_text("policyTypes: [TAG_POLICY]\n" + text)
    assert main(["init", str(file), "--yes"]) == 0
    file.write_text(text)
    assert steps(capsys, file) == (0, [])


def test_an_account_is_renamed_where_its_service_is_trusted(
    running: Live, admin: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "o.yaml"
    file.write_text(f"root: {{accounts: {{A: {ONE}}}}}")
    assert main(["init", str(file), "--yes"]) == 0
    file.write_text(f"root: {{accounts: {{B: {ONE}}}}}")
    assert main(["init", str(file), "--yes"]) == 2
    said = capsys.readouterr().err
    assert "rename account A to B" in said
    assert "trust account.amazonaws.com" in said


def test_what_the_management_account_lets(running: Live, admin: Any, tmp_path: Path) -> None:
    file = tmp_path / "o.yaml"
    file.write_text("root: {accounts: {A: {email: one@example.com, roles: {r: {trust: management}}}}}")
    assert main(["init", str(file), "--yes"]) == 0
    (account,) = [
        each["Id"] for each in running.client("organizations").list_accounts()["Accounts"] if each["Name"] == "A"
    ]
    arn = f"arn:aws:iam::{account}:role/r"
    assert running.client("sts", admin).assume_role(RoleArn=arn, RoleSessionName="me")["AssumedRoleUser"]


def test_no_server_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert main(["init", str(EXAMPLE), "--plan"]) == 2
    assert "is iamd running there?" in capsys.readouterr().err


def test_nobody_is_asked_where_nobody_is(running: Live, admin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(EXAMPLE), "--json"]) == 2
    assert "--yes" in capsys.readouterr().err


def test_root_may_assume_no_roles(
    running: Live, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    running.reset()
    key = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_ENDPOINT_URL": running.endpoint}
    for name, value in {**key, "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}.items():
        monkeypatch.setenv(name, value)
    assert main(["init", str(EXAMPLE), "--plan"]) == 2
    assert "which root may not" in capsys.readouterr().err

"""`iamd replay --cloudtrail`: AWS's own log files, with an account that was imported."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.main import main

EXAMPLE = Path("examples/imported-account")
ACCOUNT = "111122223333"
IAM = f"arn:aws:iam::{ACCOUNT}:"
Replay = Callable[..., tuple[int, Any]]


def user(name: str, id: str) -> dict[str, Any]:
    return {
        "type": "IAMUser",
        "principalId": id,
        "arn": f"{IAM}user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": f"AKIA{name.upper()}",
        "userName": name,
    }


ANN, BOB = user("ann", "AIDAANNAAAAAAAAAAAAAA"), user("bob", "AIDABOBAAAAAAAAAAAAAA")


def web(key: str) -> dict[str, Any]:
    issuer = {
        "type": "Role",
        "principalId": "AROAWEBAAAAAAAAAAAAAA",
        "arn": f"{IAM}role/apps/web",
        "accountId": ACCOUNT,
        "userName": "web",
    }
    attributes = {"creationDate": "2026-11-01T10:00:00Z", "mfaAuthenticated": "false"}
    return {
        "type": "AssumedRole",
        "principalId": "AROAWEBAAAAAAAAAAAAAA:i-1",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/web/i-1",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {"sessionIssuer": issuer, "attributes": attributes},
    }


def event(who: dict[str, Any], source: str, name: str, parameters: Any, **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": who,
        "eventTime": "2026-11-01T10:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2",
        "requestParameters": parameters,
        "responseElements": None,
        "eventID": f"{name}-1",
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        **more,
    }


def read(who: dict[str, Any], key: str, **more: Any) -> dict[str, Any]:
    about = [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::reports/{key}"}]
    return event(who, "s3", "GetObject", {"bucketName": "reports", "key": key}, resources=about, **more)


NARROW = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
)
RECORDS = [
    read(ANN, "red/1"),
    read(ANN, "red/1", eventTime="2026-11-02T10:00:00Z"),
    read(ANN, "blue/1", errorCode="AccessDenied"),
    read(BOB, "blue/1"),
    read(BOB, "blue/2", sourceIPAddress="198.51.100.1", errorCode="AccessDenied"),
    read(web("ASIAWIDE"), "x/1"),
    event(web("ASIAWIDE"), "s3", "PutObject", {"bucketName": "reports", "key": "x/1"}),
    event(web("ASIANARROW"), "s3", "PutObject", {"bucketName": "reports", "key": "x/1"}, errorCode="AccessDenied"),
    event(web("ASIAWIDE"), "s3", "ListObjects", {"bucketName": "reports"}),
    event(ANN, "sts", "AssumeRole", {"roleArn": f"{IAM}role/auditor", "roleSessionName": "ann"}),
    event(ANN, "lambda", "ListFunctions20150331", None, errorCode="AccessDenied"),
    event(BOB, "iam", "GetUser", {"userName": "ann"}, errorCode="AccessDenied"),
    event(BOB, "ec2", "RunInstances", {"bogus": 1}, errorCode="Client.UnauthorizedOperation"),
    event(BOB, "nothing", "Unheard", {}),
    event({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "sts", "AssumeRole", {}),
]  # fmt: skip
ISSUED = event(
    {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
    "sts",
    "AssumeRole",
    {"roleArn": f"{IAM}role/apps/web", "roleSessionName": "i-1", "policy": NARROW},
    responseElements={"credentials": {"accessKeyId": "ASIANARROW"}},
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imported") / "data"
    given = ["--service-control-policies", str(EXAMPLE / "scps.json")]
    given += ["--resource-policies", str(EXAMPLE / "resource-policies.json"), "--data-dir", str(folder)]
    assert main(["import", "aws-authorization-details", str(EXAMPLE / "account.json"), *given]) == 0
    return folder


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A bucket's folder: log files, the last one about what was first, and a digest, which is none."""
    day = tmp_path / "logs" / "AWSLogs" / ACCOUNT / "CloudTrail" / "eu-west-1" / "2026" / "11" / "01"
    digest = tmp_path / "logs" / "AWSLogs" / ACCOUNT / "CloudTrail-Digest"
    day.mkdir(parents=True)
    digest.mkdir()
    (day / "a.json.gz").write_bytes(gzip.compress(json.dumps({"Records": RECORDS}).encode()))
    (day / "b.json").write_text(json.dumps({"Records": [ISSUED]}))
    (digest / "d.json.gz").write_bytes(b"no log file")
    return tmp_path / "logs"


@pytest.fixture
def replay(data: Path, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Replay:
    def replay(change: dict[str, Any], *flags: str) -> tuple[int, Any]:
        file = tmp_path / "change.json"
        file.write_text(json.dumps(change))
        capsys.readouterr()
        asked = ["--change", str(file), "--cloudtrail", str(logs), "--data-dir", str(data), "--json", *flags]
        code = main(["replay", *asked])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else told.err

    return replay


def flips(told: Any) -> list[tuple[str, str, str, int]]:
    return [
        (each["principal"].split(":", 5)[5], each["action"], each["would"], each["calls"]) for each in told["flips"]
    ]


def denying(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}}


def level(*documents: dict[str, Any]) -> list[dict[str, Any]]:
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    named = [{"name": f"p{at}", "document": each} for at, each in enumerate((everything, *documents))]
    return [{"target": "r-root", "policies": named}]


def test_every_call_is_decided_as_aws_did(replay: Replay) -> None:
    """A control policy about everything that changes nothing has all calls decided again."""
    nothing = denying("*", Condition={"Bool": {"aws:nothing": "true"}})
    code, told = replay({"serviceControlPolicies": level(nothing)})
    assert (code, told["flips"], told["driftedBefore"]) == (0, [], 0)
    assert (told["calls"], told["touched"]) == (13, 13)
    assert told["notDecided"] == {"noDecision": 1, "strangers": 2}


def test_a_new_control_policy(replay: Replay) -> None:
    region = denying("s3:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    code, told = replay({"serviceControlPolicies": level(region)})
    assert (code, flips(told)) == (
        1,
        [
            ("user/ann", "s3:GetObject", "deny", 2),
            ("role/apps/web", "s3:GetObject", "deny", 1),
            ("role/apps/web", "s3:ListBucket", "deny", 1),
            ("role/apps/web", "s3:PutObject", "deny", 1),
            ("user/bob", "s3:GetObject", "deny", 1),
        ],
    )
    assert told["flips"][0]["last"] == "2026-11-02T10:00:00Z"
    assert told["flips"][0]["settledBy"] == "service control"


def test_policies_and_resource_policies(replay: Replay) -> None:
    detached = {"iam:DetachRolePolicy": {"RoleName": "web", "PolicyArn": f"{IAM}policy/edge"}}
    assert flips(replay({"changes": [detached]})[1]) == [
        ("role/apps/web", "s3:GetObject", "deny", 1),
        ("role/apps/web", "s3:PutObject", "deny", 1),
    ]
    everybody = {**denying("s3:GetObject")["Statement"], "Principal": "*", "Resource": "arn:aws:s3:::reports/*"}
    bucket = {"arn:aws:s3:::reports": {"Version": "2012-10-17", "Statement": everybody}}
    found = flips(replay({"resourcePolicies": bucket})[1])
    assert ("role/apps/web", "s3:ListBucket", "deny", 1) in found
    assert ("user/ann", "s3:GetObject", "deny", 2) in found


def test_what_would_be_allowed(replay: Replay) -> None:
    allowed = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": ["lambda:List*", "iam:Get*"], "Resource": "*"},
    }
    changes = [
        {"iam:PutUserPolicy": {"UserName": name, "PolicyName": "x", "PolicyDocument": allowed}}
        for name in ("ann", "bob")
    ]
    assert flips(replay({"changes": changes})[1]) == [
        ("user/ann", "lambda:ListFunctions", "allow", 1),
        ("user/bob", "iam:GetUser", "allow", 1),
    ]


def test_only_of_a_time(replay: Replay) -> None:
    code, told = replay({"changes": []}, "--since", "2026-11-02", "--until", "2026-11-03")
    assert (code, told["calls"]) == (0, 1)


@pytest.mark.parametrize("content", [b"{}", b"\x1f\x8bbroken", b"[1]"])
def test_a_file_that_is_no_log_file(replay: Replay, logs: Path, content: bytes) -> None:
    (logs / "other.json.gz").write_bytes(content)
    code, said = replay({"changes": []})
    assert code == 2
    assert "other.json.gz" in said


def test_no_files(replay: Replay, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, said = replay({"changes": []}, "--cloudtrail", str(tmp_path / "empty"))
    assert code == 2
    assert "there are no CloudTrail log files" in said


def test_log_files_make_policies_without_a_server(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "report", "--cloudtrail", str(logs), "--json"]) == 0
    told = capsys.readouterr()
    found = {each["principal"].split(":", 5)[5]: each for each in json.loads(told.out)}
    assert found.keys() == {"user/ann", "user/bob", "role/apps/web"}
    assert found["user/ann"]["calls"] == 3
    assert found["user/ann"]["policy"]["Statement"] == [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/red/1"},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"{IAM}role/auditor"},
    ]
    assert "iamd learn: 1 calls of nothing.amazonaws.com Unheard are left out" in told.err
    denied = ["--with-denied", "--principal", "ann", "--until", "2026-11-01T12:00:00"]
    assert main(["learn", "report", "--cloudtrail", str(logs), "--json", *denied]) == 0
    (ann,) = json.loads(capsys.readouterr().out)
    assert ann["calls"] == 4
    assert [each["Action"] for each in ann["policy"]["Statement"]] == ["lambda:ListFunctions", "s3:GetObject", "sts:AssumeRole"]  # fmt: skip
    assert main(["learn", "report", "--cloudtrail", str(logs / "none")]) == 2

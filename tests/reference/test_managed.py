import json
from datetime import UTC

import pytest

from iamd.reference import managed

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_a_policy_is_found_by_its_arn() -> None:
    policy = managed.get(ADMINISTRATOR)
    assert policy is not None
    assert (policy.name, policy.path, policy.default_version) == ("AdministratorAccess", "/", "v1")
    assert policy.created.tzinfo == UTC
    assert policy.attachable
    assert json.loads(policy.document) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }


@pytest.mark.parametrize(
    "arn",
    [
        "",
        ADMINISTRATOR.lower(),
        ADMINISTRATOR + " ",
        "arn:aws:iam::123456789012:policy/AdministratorAccess",
        "arn:aws-cn:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/service-role/AdministratorAccess",
    ],
)
def test_other_arns_find_nothing(arn: str) -> None:
    assert managed.get(arn) is None


def test_paths_are_part_of_the_arn() -> None:
    policy = managed.get("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    assert policy is not None
    assert (policy.name, policy.path) == ("AWSLambdaBasicExecutionRole", "/service-role/")


def test_policies_of_service_linked_roles_are_not_attachable() -> None:
    policy = managed.get("arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy")
    assert policy is not None
    assert not policy.attachable


def test_all_policies_are_sorted_complete_and_well_formed() -> None:
    policies = managed.all()
    assert len(policies) > 1_500
    assert [policy.name for policy in policies] == sorted(policy.name for policy in policies)
    assert len({policy.id for policy in policies}) == len(policies)
    for policy in policies:
        assert managed.get(policy.arn) is policy
        assert policy.arn == f"arn:aws:iam::aws:policy{policy.path}{policy.name}"
        assert len(policy.id) == 21
        assert policy.id.startswith("ANPA")
        assert policy.created <= policy.updated


def test_documents_have_their_members_in_the_order_that_aws_writes() -> None:
    policy = managed.get("arn:aws:iam::aws:policy/PowerUserAccess")
    assert policy is not None
    document = json.loads(policy.document)
    assert list(document) == ["Version", "Statement"]
    assert list(document["Statement"][0]) == ["Effect", "NotAction", "Resource"]

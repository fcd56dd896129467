import pytest

from iamd.reference import actions, condition_keys, principals, services
from iamd.reference.global_keys import GLOBAL_KEYS


def test_an_action_is_found_whatever_its_case() -> None:
    action = actions.find("IAM", "createuser")
    assert action is not None
    assert (action.service, action.name, action.access_level) == ("iam", "CreateUser", "Write")
    assert [(resource.name, resource.required) for resource in action.resource_types] == [("user", True)]
    assert "iam:PermissionsBoundary" in action.condition_keys


@pytest.mark.parametrize(
    ("service", "name"), [("iam", "CreateUnicorn"), ("unicorn", "CreateUser"), ("", ""), ("iam", "*")]
)
def test_unknown_actions_find_nothing(service: str, name: str) -> None:
    assert actions.find(service, name) is None


def test_dependent_actions_are_known() -> None:
    action = actions.find("ec2", "RunInstances")
    assert action is not None
    assert "iam:PassRole" in action.dependent_actions


def test_the_most_specific_access_level_counts() -> None:
    attach, tag = actions.find("iam", "AttachUserPolicy"), actions.find("iam", "TagUser")
    assert attach is not None
    assert tag is not None
    assert (attach.access_level, tag.access_level) == ("Permissions management", "Tagging")


def test_services_tell_their_name_resources_and_reach() -> None:
    iam, s3 = services.get("iam"), services.get("S3")
    assert iam is not None
    assert s3 is not None
    assert iam.name == "AWS Identity and Access Management (IAM)"
    assert iam.resource_types["role"].arn == "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
    assert (iam.resource_control, s3.resource_control) == (False, True)
    assert services.get("unicorn") is None


def test_every_service_reads() -> None:
    levels = set()
    for prefix in services.prefixes():
        service = services.get(prefix)
        assert service is not None
        levels |= {action.access_level for action in service.actions.values()}
        assert all(folded == action.name.lower() for folded, action in service.actions.items())
    assert levels == {"List", "Read", "Write", "Tagging", "Permissions management"}


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("AWS:sourceip", "aws:SourceIp"),
        ("aws:RequestTag/team", "aws:RequestTag/${TagKey}"),
        ("iam:PassedToService", "iam:PassedToService"),
        ("s3:ExistingObjectTag/colour", "s3:ExistingObjectTag/${key}"),
        ("kms:EncryptionContext:purpose", "kms:EncryptionContext:${EncryptionContextKey}"),
        ("codebuild:fileSystemLocations/a.type", "codebuild:fileSystemLocations/${identifier}.type"),
        ("saml:aud", "saml:aud"),
        ("agent.example.buildkite.dev:cluster_id", "agent.${Domain}.buildkite.dev:cluster_id"),
    ],
)
def test_condition_keys_are_found_with_their_variable_filled_in(name: str, listed: str) -> None:
    key = condition_keys.find(name)
    assert key is not None
    assert key.name == listed


@pytest.mark.parametrize("name", ["", "aws:", "aws:Unicorn", "aws:RequestTag/", "iam:unicorn", "unicorn:key", "s3"])
def test_unknown_condition_keys_find_nothing(name: str) -> None:
    assert condition_keys.find(name) is None


def test_global_keys_have_types_and_are_unique() -> None:
    assert len({key.name.lower() for key in GLOBAL_KEYS}) == len(GLOBAL_KEYS)
    assert {key.type for key in GLOBAL_KEYS} == {"String", "ARN", "Bool", "Numeric", "Date", "IPAddress"}
    by_name = {key.name: key for key in GLOBAL_KEYS}
    assert by_name["aws:TagKeys"].multivalued
    assert not by_name["aws:SourceArn"].multivalued
    assert by_name["aws:PrincipalOrgID"].sensitive


def test_service_principals_are_listed() -> None:
    assert {"lambda.amazonaws.com", "ec2.amazonaws.com"} <= principals.all()
    assert "lambda" not in principals.all()

"""What the role of a deployment pipeline may and may not do, asked of iamd instead of an account of AWS."""

import json

import pytest
from botocore.exceptions import ClientError

from iamd.testing import Identity, Server

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }
)


@pytest.fixture
def deployer(iamd_account: Server) -> Identity:
    """A session of the pipeline's role."""
    may = {"Action": ["iam:CreateRole", "iam:TagRole"], "Resource": "arn:aws:iam::*:role/apps/*"}
    return iamd_account.role("deployer", may)


def test_it_makes_roles_for_apps(deployer: Identity) -> None:
    made = deployer.client("iam").create_role(Path="/apps/", RoleName="web", AssumeRolePolicyDocument=TRUST)
    assert made["Role"]["Arn"] == "arn:aws:iam::123456789012:role/apps/web"


def test_it_makes_no_others(deployer: Identity) -> None:
    with pytest.raises(ClientError, match="is not authorized to perform: iam:CreateRole") as refused:
        deployer.client("iam").create_role(RoleName="admin", AssumeRolePolicyDocument=TRUST)
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_every_test_begins_with_an_empty_account(iamd_account: Server) -> None:
    assert iamd_account.client("iam").list_roles()["Roles"] == []

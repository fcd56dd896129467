"""Two accounts: a bucket's policy lets a role of the other account write, and IAM there must allow it, too."""

import json

import pytest
from botocore.exceptions import ClientError

from iamd.testing import Account, Server

WRITE = {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::inbox/*"}


@pytest.fixture
def partner(iamd_account: Server) -> Account:
    return iamd_account.account("partner")


@pytest.fixture(autouse=True)
def inbox(iamd_gateway: Server, partner: Account) -> None:
    s3 = iamd_gateway.client("s3")
    s3.create_bucket(Bucket="inbox")
    grant = {**WRITE, "Effect": "Allow", "Principal": {"AWS": partner.account_id}}
    s3.put_bucket_policy(Bucket="inbox", Policy=json.dumps({"Version": "2012-10-17", "Statement": grant}))


def test_the_partners_uploader_writes(partner: Account) -> None:
    partner.role("uploader", WRITE).client("s3").put_object(Bucket="inbox", Key="a.txt", Body=b"a")


def test_the_partners_other_roles_do_not(partner: Account) -> None:
    with pytest.raises(ClientError, match="not authorized to perform: s3:PutObject"):
        partner.role("reader").client("s3").put_object(Bucket="inbox", Key="a.txt", Body=b"a")


def test_others_do_not_whatever_they_may_at_home(iamd_account: Server) -> None:
    stranger = iamd_account.account("stranger").user("mallory", WRITE)
    with pytest.raises(ClientError, match="not authorized to perform: s3:PutObject"):
        stranger.client("s3").put_object(Bucket="inbox", Key="a.txt", Body=b"a")

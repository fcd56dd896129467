"""Whether the policies of a program are enough for it, and no more than that. moto answers; iamd decides."""

import pytest
import reports
from botocore.exceptions import ClientError

from iamd.testing import Identity, Server

READ = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
WRITE = {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*"}


@pytest.fixture(autouse=True)
def bucket(iamd_gateway: Server) -> None:
    iamd_gateway.client("s3").create_bucket(Bucket="reports")


@pytest.fixture
def reader(iamd_account: Server) -> Identity:
    return iamd_account.user("reader", READ)


def test_the_publisher_publishes_and_the_reader_reads(iamd_account: Server, reader: Identity) -> None:
    with iamd_account.role("publisher", WRITE).acting():
        reports.publish("monday.txt", "All is well.")
    with reader.acting():
        assert reports.read("monday.txt") == "All is well."


def test_the_reader_publishes_nothing(reader: Identity) -> None:
    with reader.acting(), pytest.raises(ClientError, match="not authorized to perform: s3:PutObject"):
        reports.publish("monday.txt", "All is lost.")

"""The AWS CLI, s5cmd and boto3's transfers through the gateway, to a server of S3 that verifies signatures."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from tests.gateway.policies import allow, document, refused
from tests.live import Live, live

BIN = Path(sys.executable).parent
_STARTED = re.compile(r"server on \[(http://[0-9.:]+)").search
KEY, SECRET = "UPSTREAMKEY", "upstreamsecret"


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The URL of `rclone serve s3`, and the folder whose folders are its buckets."""
    folder = tmp_path_factory.mktemp("buckets")
    (folder / "bucket").mkdir()
    command = [BIN / "rclone", "serve", "s3", "--auth-key", f"{KEY},{SECRET}", "--addr", "127.0.0.1:0", folder]
    environment = {"PATH": os.environ["PATH"], "RCLONE_CONFIG": "/dev/null", "HOME": str(folder)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            url = next(found[1] for line in process.stderr if (found := _STARTED(line)))
            yield url, folder
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def gateway(rclone: tuple[str, Path]) -> Iterator[Live]:
    with live(upstream={"s3": rclone[0]}, upstream_credentials=f"s3={KEY}:{SECRET}", upstream_timeout=20) as server:
        yield server


@pytest.fixture(scope="module")
def alice(gateway: Live) -> dict[str, str]:
    """A user that may list the bucket, and read and write below `ours/`."""
    iam = gateway.client("iam")
    iam.create_user(UserName="alice")
    objects = allow("s3:*", "arn:aws:s3:::bucket/ours/*")
    lists = allow(["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], "arn:aws:s3:::bucket")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document(objects, lists))
    key: dict[str, str] = iam.create_access_key(UserName="alice")["AccessKey"]
    return key


def run(gateway: Live, key: dict[str, str], *command: Any, tmp: Path) -> tuple[int, str]:
    """Exit code and output of a program with the user's key and the gateway as its endpoint."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp),
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_ENDPOINT_URL": gateway.endpoint,
        "S3_ENDPOINT_URL": gateway.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
    }
    found = subprocess.run(
        [str(part) for part in command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return found.returncode, found.stdout + found.stderr


def test_the_cli_copies_there_and_back(
    gateway: Live, rclone: tuple[str, Path], alice: dict[str, str], tmp_path: Path
) -> None:
    large = tmp_path / "large"
    large.write_bytes(os.urandom(9 << 20))  # in two parts
    code, told = run(gateway, alice, BIN / "aws", "s3", "cp", large, "s3://bucket/ours/cli/large", tmp=tmp_path)
    assert code == 0, told
    assert (rclone[1] / "bucket/ours/cli/large").read_bytes() == large.read_bytes()
    code, told = run(gateway, alice, BIN / "aws", "s3", "cp", large, "s3://bucket/theirs/large", tmp=tmp_path)
    assert code != 0
    assert "not authorized to perform: s3:PutObject on resource: arn:aws:s3:::bucket/theirs/large" in told
    assert not (rclone[1] / "bucket/theirs").exists()
    back = tmp_path / "back"
    code, told = run(gateway, alice, BIN / "aws", "s3", "cp", "s3://bucket/ours/cli/large", back, tmp=tmp_path)
    assert (code, back.read_bytes()) == (0, large.read_bytes()), told


def test_s5cmd_copies_lists_and_removes(
    gateway: Live, rclone: tuple[str, Path], alice: dict[str, str], tmp_path: Path
) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(str(number))
    there = "s3://bucket/ours/s5/"
    code, told = run(gateway, alice, BIN / "s5cmd", "cp", f"{tmp_path}/*.txt", there, tmp=tmp_path)
    assert code == 0, told
    assert (rclone[1] / "bucket/ours/s5/3.txt").read_text() == "3"
    code, told = run(gateway, alice, BIN / "s5cmd", "ls", there, tmp=tmp_path)
    assert (code, told.count(".txt")) == (0, 5), told
    code, told = run(gateway, alice, BIN / "s5cmd", "cp", f"{tmp_path}/1.txt", "s3://bucket/theirs/1", tmp=tmp_path)
    assert code != 0
    assert "AccessDenied" in told
    code, told = run(gateway, alice, BIN / "s5cmd", "rm", f"{there}*", tmp=tmp_path)
    assert code == 0, told
    assert not list((rclone[1] / "bucket/ours").glob("s5/*.txt"))


def client(gateway: Live, key: dict[str, str], **config: Any) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=gateway.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=Config(retries={"max_attempts": 0}, **config),
    )


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256", None])
def test_uploads_with_checksums(
    gateway: Live, rclone: tuple[str, Path], alice: dict[str, str], algorithm: str | None
) -> None:
    """boto3 sends them in trailers over TLS, and before the body else; a stream that it cannot rewind, in chunks."""
    s3, body = client(gateway, alice), os.urandom(300_000)
    named = {"ChecksumAlgorithm": algorithm} if algorithm else {}
    s3.put_object(Bucket="bucket", Key="ours/checked", Body=body, **named)
    assert (rclone[1] / "bucket/ours/checked").read_bytes() == body


def test_a_transfer_in_parts_at_once(
    gateway: Live, rclone: tuple[str, Path], alice: dict[str, str], tmp_path: Path
) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(os.urandom(12 << 20))
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, max_concurrency=3)
    s3 = client(gateway, alice)
    s3.upload_file(str(source), "bucket", "ours/parts", Config=config)
    assert (rclone[1] / "bucket/ours/parts").read_bytes() == source.read_bytes()
    s3.download_file("bucket", "ours/parts", str(back), Config=config)
    assert back.read_bytes() == source.read_bytes()


def test_a_presigned_upload(gateway: Live, rclone: tuple[str, Path], alice: dict[str, str]) -> None:
    s3 = client(gateway, alice, signature_version="s3v4", s3={"addressing_style": "path"})
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "bucket", "Key": "ours/presigned"})
    with urllib.request.urlopen(urllib.request.Request(url, data=b"signed before", method="PUT")) as answer:
        assert answer.status == 200
    assert (rclone[1] / "bucket/ours/presigned").read_bytes() == b"signed before"


def test_subresources_that_the_upstream_takes_for_the_object_never_reach_it(
    gateway: Live, rclone: tuple[str, Path], alice: dict[str, str]
) -> None:
    s3 = client(gateway, alice)
    s3.put_object(Bucket="bucket", Key="ours/kept", Body=b"kept")
    tagging = {"TagSet": [{"Key": "a", "Value": "b"}]}
    refused(s3.put_object_tagging, "NotImplemented", Bucket="bucket", Key="ours/kept", Tagging=tagging)
    refused(s3.delete_object_tagging, "NotImplemented", Bucket="bucket", Key="ours/kept")
    refused(s3.get_object_acl, "NotImplemented", Bucket="bucket", Key="ours/kept")
    assert (rclone[1] / "bucket/ours/kept").read_bytes() == b"kept"


def test_the_cli_calls_other_services(moto: str, tmp_path: Path) -> None:
    with live(upstream={"*": moto}) as server:
        root = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
        for command in (
            ["sqs", "create-queue", "--queue-name", "cli"],
            ["dynamodb", "list-tables"],
            ["kms", "create-key"],
            ["ec2", "describe-instances"],
            ["secretsmanager", "create-secret", "--name", "cli", "--secret-string", "x"],
            ["logs", "create-log-group", "--log-group-name", "/cli"],
            ["apigateway", "get-rest-apis"],
        ):
            code, told = run(server, root, BIN / "aws", "--endpoint-url", server.endpoint, *command, tmp=tmp_path)
            assert code == 0, told
            assert not told.strip() or json.loads(told)

"""What users may and may not do at services behind the gateway, as boto3 sees it."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamd.server.gate import Gate
from tests.gateway.policies import allow, refused
from tests.live import ACCOUNT, Live, live

Make = Callable[..., Callable[[str], Any]]


@pytest.fixture
def bucket(gateway: Live, request: pytest.FixtureRequest) -> str:
    """A bucket with two objects."""
    name = f"bucket-{abs(hash(request.node.nodeid)) % 10**9}"
    s3 = gateway.client("s3")
    s3.create_bucket(Bucket=name)
    for key in ("home/alice/a b+ü", "home/bob/b"):
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    return name


def test_short_requests_are_decided_as_soon_as_they_are_there(
    gateway: Live, user: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = gateway.client("sqs").create_queue(QueueName="short")["QueueUrl"]
    sqs = user("alice", allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:short"))("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="the queue's policy is known now")
    monkeypatch.setattr(Gate, "__call__", None)  # the way of those that have to wait for their bodies
    sqs.send_message(QueueUrl=url, MessageBody="x" * 10_000)
    assert "sqs:PurgeQueue" in refused(sqs.purge_queue, QueueUrl=url)


class TestS3:
    def test_a_prefix_is_ones_own(self, user: Make, bucket: str) -> None:
        s3 = user("alice", allow("s3:*Object", f"arn:aws:s3:::{bucket}/home/${{aws:username}}/*"))("s3")
        assert s3.get_object(Bucket=bucket, Key="home/alice/a b+ü")["Body"].read() == "home/alice/a b+ü".encode()
        s3.put_object(Bucket=bucket, Key="home/alice/new", Body=b"x" * 300_000)
        assert s3.head_object(Bucket=bucket, Key="home/alice/new")["ContentLength"] == 300_000
        s3.delete_object(Bucket=bucket, Key="home/alice/new")
        message = refused(s3.get_object, Bucket=bucket, Key="home/bob/b")
        assert f"s3:GetObject on resource: arn:aws:s3:::{bucket}/home/bob/b" in message
        refused(s3.put_object, Bucket=bucket, Key="home/bob/b", Body=b"x")
        refused(s3.head_object, "403", Bucket=bucket, Key="home/bob/b")

    def test_a_list_is_bound_to_its_prefix(self, user: Make, bucket: str) -> None:
        only = {"StringLike": {"s3:prefix": "home/alice/*"}}
        s3 = user("alice", allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", **only))("s3")
        assert s3.list_objects_v2(Bucket=bucket, Prefix="home/alice/")["KeyCount"] == 1
        refused(s3.list_objects_v2, Bucket=bucket, Prefix="home/")
        refused(s3.list_objects_v2, Bucket=bucket)

    def test_a_copy_needs_its_source(self, user: Make, bucket: str) -> None:
        mine = f"arn:aws:s3:::{bucket}/home/alice/*"
        s3 = user("alice", allow(["s3:GetObject", "s3:PutObject"], mine))("s3")
        source = {"Bucket": bucket, "Key": "home/alice/a b+ü"}
        s3.copy_object(Bucket=bucket, Key="home/alice/copy", CopySource=source)
        refused(s3.copy_object, Bucket=bucket, Key="home/alice/copy", CopySource=f"{bucket}/home/bob/b")
        refused(s3.copy_object, Bucket=bucket, Key="home/bob/copy", CopySource=source)

    def test_what_headers_set_besides_is_decided_on(self, user: Make, bucket: str) -> None:
        s3 = user("alice", allow("s3:PutObject"))("s3")
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
        refused(s3.put_object, Bucket=bucket, Key="k", Body=b"", ACL="public-read")
        refused(s3.put_object, Bucket=bucket, Key="k", Body=b"", Tagging="a=b")

    def test_objects_are_deleted_together_or_not_at_all(self, user: Make, bucket: str) -> None:
        s3 = user("alice", allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/home/alice/*"))("s3")
        both = {"Objects": [{"Key": "home/alice/a b+ü"}, {"Key": "home/bob/b"}]}
        refused(s3.delete_objects, Bucket=bucket, Delete=both)
        assert "Errors" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": both["Objects"][:1]})

    def test_parts_are_put_as_one_object(self, user: Make, bucket: str) -> None:
        s3 = user("alice", allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/up/*"))("s3")
        key = {"Bucket": bucket, "Key": "up/large"}
        upload = s3.create_multipart_upload(**key)["UploadId"]
        tag = s3.upload_part(**key, UploadId=upload, PartNumber=1, Body=b"y" * 100)["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
        s3.complete_multipart_upload(**key, UploadId=upload, MultipartUpload=parts)
        assert s3.get_object(**key)["ContentLength"] == 100
        refused(s3.list_parts, **key, UploadId=upload)

    def test_a_presigned_url_is_its_signers(self, user: Make, bucket: str) -> None:
        s3 = user("alice", allow("s3:GetObject", f"arn:aws:s3:::{bucket}/home/alice/*"))("s3")

        signer = boto3.client(
            "s3",
            endpoint_url=s3.meta.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=s3._request_signer._credentials.access_key,
            aws_secret_access_key=s3._request_signer._credentials.secret_key,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )

        def get(key: str) -> int:
            url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
            try:
                with urllib.request.urlopen(url) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                return error.code

        assert get("home/alice/a b+ü") == 200
        assert get("home/bob/b") == 403

    def test_a_role_acts_by_its_policies(self, gateway: Live, bucket: str) -> None:
        iam, trust = (
            gateway.client("iam"),
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
            },
        )
        arn = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.create_user(UserName="alice")
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        document = {"Version": "2012-10-17", "Statement": [allow("sts:AssumeRole", arn)]}
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=json.dumps(document))
        document = {"Version": "2012-10-17", "Statement": [allow("s3:GetObject", f"arn:aws:s3:::{bucket}/home/*")]}
        iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=json.dumps(document))
        sts = gateway.client("sts", key)
        session = sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        assert gateway.client("s3", session).get_object(Bucket=bucket, Key="home/bob/b")["ContentLength"]
        refused(gateway.client("s3", session).delete_object, Bucket=bucket, Key="home/bob/b")
        refused(gateway.client("s3", key).get_object, Bucket=bucket, Key="home/bob/b")


def test_a_queue(gateway: Live, user: Make) -> None:
    url = gateway.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    other = gateway.client("sqs").create_queue(QueueName="invoices")["QueueUrl"]
    sqs = user("alice", allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"))("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "y"}])
    refused(sqs.receive_message, QueueUrl=url)
    refused(sqs.send_message, QueueUrl=other, MessageBody="x")


def test_a_topic(gateway: Live, user: Make) -> None:
    arn = gateway.client("sns").create_topic(Name="news")["TopicArn"]
    sns = user("alice", allow("sns:Publish", arn))("sns")
    sns.publish(TopicArn=arn, Message="x")
    assert "sns:Publish on resource: *" in refused(sns.publish, "AccessDenied", PhoneNumber="+15550100", Message="x")
    refused(sns.delete_topic, "AccessDenied", TopicArn=arn)


def _table(gateway: Live, name: str) -> None:
    keys = [{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}]
    kinds = [{"AttributeName": each["AttributeName"], "AttributeType": "S"} for each in keys]
    client = gateway.client("dynamodb")
    client.create_table(TableName=name, KeySchema=keys, AttributeDefinitions=kinds, BillingMode="PAY_PER_REQUEST")


def test_items_by_their_leading_keys(gateway: Live, user: Make) -> None:
    _table(gateway, "notes")
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/notes"
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "${aws:username}"}}
    dynamodb = user("alice", allow("dynamodb:*", arn, **own))("dynamodb")
    item = {"owner": {"S": "alice"}, "id": {"S": "1"}}
    dynamodb.put_item(TableName="notes", Item=item)
    assert dynamodb.get_item(TableName="notes", Key=item)["Item"] == item
    by_owner = {"KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"}}
    assert dynamodb.query(TableName="notes", **by_owner, ExpressionAttributeValues={":o": {"S": "alice"}})["Count"] == 1
    refused(dynamodb.query, TableName="notes", **by_owner, ExpressionAttributeValues={":o": {"S": "bob"}})
    refused(dynamodb.put_item, TableName="notes", Item=item | {"owner": {"S": "bob"}})
    refused(dynamodb.scan, TableName="notes")
    write = {"PutRequest": {"Item": item | {"owner": {"S": "bob"}}}}
    refused(dynamodb.batch_write_item, RequestItems={"notes": [write]})
    refused(
        dynamodb.transact_write_items,
        TransactItems=[{"Put": {"TableName": "notes", "Item": write["PutRequest"]["Item"]}}],
    )
    refused(dynamodb.execute_statement, Statement="SELECT * FROM notes")


def test_a_batch_needs_every_table(gateway: Live, user: Make) -> None:
    _table(gateway, "first")
    _table(gateway, "second")
    dynamodb = user("alice", allow("dynamodb:BatchGetItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/first"))(
        "dynamodb"
    )
    keys = {"Keys": [{"owner": {"S": "a"}, "id": {"S": "1"}}]}
    dynamodb.batch_get_item(RequestItems={"first": keys})
    refused(dynamodb.batch_get_item, RequestItems={"first": keys, "second": keys})


def test_an_alias_is_the_key_that_it_names(gateway: Live, user: Make) -> None:
    kms = gateway.client("kms")
    ours, theirs = (kms.create_key()["KeyMetadata"] for _ in range(2))
    kms.create_alias(AliasName="alias/theirs", TargetKeyId=theirs["KeyId"])
    client = user("alice", allow("kms:*", ours["Arn"]), allow("kms:*", f"arn:aws:kms:*:{ACCOUNT}:alias/*"))("kms")
    blob = client.encrypt(KeyId=ours["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert client.decrypt(KeyId=ours["Arn"], CiphertextBlob=blob)["Plaintext"] == b"x"
    refused(client.encrypt, KeyId="alias/theirs", Plaintext=b"x")
    assert "KeyId" in refused(client.decrypt, CiphertextBlob=blob)


def test_a_secret_by_its_name_is_decided_on_by_its_arn(gateway: Live, user: Make) -> None:
    admin = gateway.client("secretsmanager")
    arn = admin.create_secret(Name="db/password", SecretString="x")["ARN"]
    admin.create_secret(Name="db/other", SecretString="y")
    secrets = user("alice", allow("secretsmanager:GetSecretValue", arn))("secretsmanager")
    assert secrets.get_secret_value(SecretId="db/password")["SecretString"] == "x"
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "x"
    refused(secrets.get_secret_value, SecretId="db/other")
    refused(secrets.delete_secret, SecretId="db/password")


def test_parameters_by_their_paths(gateway: Live, user: Make) -> None:
    admin = gateway.client("ssm")
    for name in ("/app/a", "/ops/b"):
        admin.put_parameter(Name=name, Value="v", Type="String")
    ssm = user("alice", allow("ssm:GetParameter*", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/app*"))("ssm")
    assert ssm.get_parameter(Name="/app/a")["Parameter"]["Value"] == "v"
    assert len(ssm.get_parameters_by_path(Path="/app")["Parameters"]) == 1
    refused(ssm.get_parameter, Name="/ops/b")
    refused(ssm.get_parameters, Names=["/app/a", "/ops/b"])


def test_a_function_is_given_only_roles_that_may_be_passed(gateway: Live, user: Make) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def f(*_): pass")
    roles = {name: f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("worker", "admin")}
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    client = user("alice", allow("lambda:*"), allow("iam:PassRole", roles["worker"], **to_lambda))("lambda")
    function = {"FunctionName": "f", "Runtime": "python3.11", "Handler": "f.f", "Code": {"ZipFile": code.getvalue()}}
    message = refused(client.create_function, **function, Role=roles["admin"])
    assert f"iam:PassRole on resource: {roles['admin']}" in message
    refused(user("bob", allow("lambda:Get*"))("lambda").invoke, FunctionName="f")


def test_tags_in_the_request(gateway: Live, user: Make) -> None:
    only = {"StringEquals": {"aws:RequestTag/team": "blue"}}
    sqs = user("alice", allow(["sqs:CreateQueue", "sqs:TagQueue"], **only))("sqs")
    sqs.create_queue(QueueName="blue", tags={"team": "blue"})
    refused(sqs.create_queue, QueueName="red", tags={"team": "red"})
    refused(sqs.create_queue, QueueName="none")
    untagged = user("bob", allow("sqs:CreateQueue"))("sqs")
    untagged.create_queue(QueueName="none")
    assert "sqs:TagQueue" in refused(untagged.create_queue, QueueName="green", tags={"team": "green"})


def test_another_account_has_nothing_of_the_upstream(gateway: Live) -> None:
    stranger = gateway.add_account("210987654321")
    gateway.client("sqs").create_queue(QueueName="orders")
    url = f"http://sqs/{ACCOUNT}/orders"
    refused(gateway.client("sqs", stranger).send_message, QueueUrl=url, MessageBody="x")
    refused(gateway.client("s3", stranger).list_objects_v2, Bucket="any-bucket")


def test_what_is_not_mapped_is_refused(user: Make) -> None:
    everything = user("alice", allow("*"))
    assert "cannot tell" in refused(everything("logs").get_log_record, logRecordPointer="x")
    wrong = gateway_error(everything("glue").get_table_version, DatabaseName="d", TableName="t")
    assert wrong in ("AccessDeniedException", "EntityNotFoundException")


def gateway_error(call: Callable[..., Any], **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value.response["Error"]["Code"])


def test_services_are_on_record_as_accessed(gateway: Live, user: Make, bucket: str) -> None:
    s3 = user("alice", allow(["s3:GetObject", "sqs:*", "sns:*"]))("s3")
    s3.get_object(Bucket=bucket, Key="home/bob/b")
    refused(s3.list_objects_v2, Bucket=bucket)
    iam = gateway.client("iam")
    job = iam.generate_service_last_accessed_details(Arn=f"arn:aws:iam::{ACCOUNT}:user/alice")["JobId"]
    listed = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    accessed = {each["ServiceNamespace"]: "LastAuthenticated" in each for each in listed}
    assert accessed == {"s3": True, "sns": False, "sqs": False}


def test_too_many_requests_are_told_of_in_the_services_own_way(moto: str) -> None:
    with live(upstream={"*": moto}, throttle="forwarded=1", metrics="public") as server:
        for service, call, code in (("s3", "list_buckets", "SlowDown"), ("sqs", "list_queues", "ThrottlingException")):
            for _ in range(5):
                getattr(server.client(service), call)()
            refused(getattr(server.client(service), call), code, "Throttling", "RequestThrottled")
        with urllib.request.urlopen(f"{server.endpoint}/_iamd/metrics") as answer:
            told = answer.read()
    assert b'iamd_requests_total{code="OK",operation="ListBuckets",service="s3"}' in told
    assert b'iamd_requests_total{code="Throttling",operation="ListBuckets",service="s3"}' in told

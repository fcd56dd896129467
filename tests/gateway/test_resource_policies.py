"""Policies of upstreams' resources count, in their own account and between accounts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from moto.server import ThreadedMotoServer

from tests.gateway.policies import allow, deny, document, refused, to
from tests.live import ACCOUNT, Live, live

Make = Callable[..., Callable[[str], Any]]
OTHER = "210987654321"
_AS_OTHER = "x-moto-account-id", OTHER


@dataclass
class World:
    """An iamd whose upstream keeps two accounts apart; the second owns the buckets whose names begin with `theirs`."""

    server: Live
    other: Any
    moto: str

    def user(self, name: str, *statements: dict[str, Any]) -> Any:
        """The access key of a new user of the first account with those permissions."""
        iam = self.server.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return iam.create_access_key(UserName=name)["AccessKey"]


@pytest.fixture(scope="module")
def two() -> Iterator[tuple[Live, str]]:
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    owners = f"arn:aws:s3:::theirs*={OTHER}"
    url = f"http://{host}:{port}"
    with live(upstream={"*": url, "s3control": url}, upstream_owners=owners, upstream_accounts="*=moto") as running:
        yield running, url
    moto.stop()


@pytest.fixture
def world(two: tuple[Live, str]) -> World:
    server, moto = two
    server.reset()
    return World(server, server.add_account(OTHER), moto)


def test_a_bucket_policy_alone_lets_a_user_of_the_account_in(world: World) -> None:
    root, key = world.server.client("s3"), world.user("alice")
    root.create_bucket(Bucket="ours-1")
    root.put_object(Bucket="ours-1", Key="k", Body=b"x")
    s3 = world.server.client("s3", key)
    refused(s3.get_object, Bucket="ours-1", Key="k")
    statement = to(f"arn:aws:iam::{ACCOUNT}:user/alice", allow("s3:GetObject", "arn:aws:s3:::ours-1/*"))
    root.put_bucket_policy(Bucket="ours-1", Policy=document(statement))
    assert s3.get_object(Bucket="ours-1", Key="k")["Body"].read() == b"x"
    root.delete_bucket_policy(Bucket="ours-1")
    refused(s3.get_object, Bucket="ours-1", Key="k")


def test_a_bucket_policy_denies_whom_identity_policies_allow(world: World) -> None:
    root, key = world.server.client("s3"), world.user("alice", allow("s3:*"))
    root.create_bucket(Bucket="ours-2")
    plain = to("*", deny("s3:*", ["arn:aws:s3:::ours-2", "arn:aws:s3:::ours-2/*"]))
    root.put_bucket_policy(Bucket="ours-2", Policy=document(plain))
    s3 = world.server.client("s3", key)
    message = refused(s3.put_object, Bucket="ours-2", Key="a*b?", Body=b"")
    assert "with an explicit deny in a resource-based policy" in message
    refused(s3.delete_bucket_policy, Bucket="ours-2")
    root.delete_bucket_policy(Bucket="ours-2")  # root of the owning account is not locked out
    s3.put_object(Bucket="ours-2", Key="a*b?", Body=b"")


def test_between_accounts_both_must_allow(world: World) -> None:
    theirs = world.server.client("s3", world.other)
    theirs.create_bucket(Bucket="theirs-1")
    key = world.user("alice", allow("s3:*"))
    s3 = world.server.client("s3", key)
    assert "resource-based policy" in refused(s3.put_object, Bucket="theirs-1", Key="k", Body=b"x")
    account = to(f"arn:aws:iam::{ACCOUNT}:root", allow("s3:PutObject", "arn:aws:s3:::theirs-1/*"))
    theirs.put_bucket_policy(Bucket="theirs-1", Policy=document(account))
    s3.put_object(Bucket="theirs-1", Key="k", Body=b"x")
    refused(s3.get_object, Bucket="theirs-1", Key="k")
    bob = world.server.client("s3", world.user("bob"))
    assert "identity-based policy" in refused(bob.put_object, Bucket="theirs-1", Key="k", Body=b"x")
    assert theirs.get_object(Bucket="theirs-1", Key="k")["Body"].read() == b"x"


def test_between_accounts_a_grant_stands_for_the_keys_policy_only(world: World) -> None:
    theirs = world.server.client("kms", world.other)
    key = theirs.create_key()["KeyMetadata"]["Arn"]
    alice, bob = (world.server.client("kms", world.user(*each)) for each in (("alice", allow("kms:*")), ("bob",)))
    assert "resource-based policy" in refused(alice.describe_key, KeyId=key)
    for name in ("alice", "bob"):
        grantee = f"arn:aws:iam::{ACCOUNT}:user/{name}"
        theirs.create_grant(KeyId=key, GranteePrincipal=grantee, Operations=["DescribeKey"])
    alice.describe_key(KeyId=key)
    refused(alice.get_public_key, KeyId=key)
    assert "identity-based policy" in refused(bob.describe_key, KeyId=key)


@pytest.mark.parametrize("way", ["role of the other account", "bucket policy"])
def test_a_role_reads_a_table_here_and_writes_a_bucket_there(world: World, way: str) -> None:
    """The use case that all this began with."""
    server, theirs = world.server, world.server.client("s3", world.other)
    bucket = f"theirs-{way[0]}-results"
    theirs.create_bucket(Bucket=bucket)
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    attributes = [{"AttributeName": "id", "AttributeType": "S"}]
    dynamodb, table = server.client("dynamodb"), f"jobs-{way[0]}"
    dynamodb.create_table(TableName=table, **keys, AttributeDefinitions=attributes)
    dynamodb.put_item(TableName=table, Item={"id": {"S": "1"}})
    reads = allow("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}")
    writes = allow("s3:PutObject", f"arn:aws:s3:::{bucket}/out/*")
    assumes = allow("sts:AssumeRole", f"arn:aws:iam::{OTHER}:role/writer")
    worker = _role(server, None, "worker", ACCOUNT, reads, writes if way == "bucket policy" else assumes)
    start = server.client("sts", world.user("alice", allow("sts:AssumeRole", worker)))
    here = there = start.assume_role(RoleArn=worker, RoleSessionName="job")["Credentials"]
    if way == "bucket policy":
        theirs.put_bucket_policy(Bucket=bucket, Policy=document(to(worker, writes)))
    else:
        writer = _role(server, world.other, "writer", worker, writes)
        there = server.client("sts", here).assume_role(RoleArn=writer, RoleSessionName="job")["Credentials"]
    assert server.client("dynamodb", here).get_item(TableName=table, Key={"id": {"S": "1"}})["Item"]
    refused(server.client("dynamodb", here).put_item, TableName=table, Item={"id": {"S": "2"}})
    server.client("s3", there).put_object(Bucket=bucket, Key="out/1", Body=b"done")
    refused(server.client("s3", there).put_object, Bucket=bucket, Key="elsewhere", Body=b"done")
    assert theirs.get_object(Bucket=bucket, Key="out/1")["Body"].read() == b"done"


def _role(server: Live, key: Any, name: str, trusted: str, *statements: dict[str, Any]) -> str:
    iam = server.client("iam", key)
    trust = document({"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    return str(arn)


def _queue(client: Any) -> tuple[str, Callable[[str], Any]]:
    url = client.create_queue(QueueName="shared")["QueueUrl"]
    return url, lambda policy: client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def test_a_queue_of_another_account(world: World) -> None:
    url, set_policy = _queue(world.server.client("sqs", world.other))
    world.server.client("sqs").create_queue(QueueName="shared")  # of the same name, and not what is meant
    sqs = world.server.client("sqs", world.user("alice", allow("sqs:*")))
    refused(sqs.send_message, QueueUrl=url, MessageBody="x")
    set_policy(document(to(ACCOUNT, allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OTHER}:shared"))))
    sqs.send_message(QueueUrl=url, MessageBody="x")
    refused(sqs.receive_message, QueueUrl=url)
    theirs = world.server.client("sqs", world.other)
    assert len(theirs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_a_topic_a_function_a_key_a_secret_a_table_a_stream_and_a_repository(world: World) -> None:
    """Each refuses a user without permissions, and lets it in by its own policy alone."""
    key = world.user("alice")
    me = f"arn:aws:iam::{ACCOUNT}:user/alice"
    for service, make, action, call in _RESOURCES:
        root, mine = world.server.client(service), world.server.client(service, key)
        arn, set_policy = make(root)
        refused(call, "AccessDenied", "AccessDeniedException", "AuthorizationError", client=mine, arn=arn)
        set_policy(document(to(me, allow(action, arn))))
        call(client=mine, arn=arn)


def _topic(sns: Any) -> tuple[str, Callable[[str], Any]]:
    arn = sns.create_topic(Name="news")["TopicArn"]
    return arn, lambda policy: sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _key(kms: Any) -> tuple[str, Callable[[str], Any]]:
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    return arn, lambda policy: kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=policy)


def _secret(secrets: Any) -> tuple[str, Callable[[str], Any]]:
    arn = secrets.create_secret(Name="password", SecretString="x")["ARN"]
    return arn, lambda policy: secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy)


def _table(dynamodb: Any) -> tuple[str, Callable[[str], Any]]:
    arn = dynamodb.create_table(
        TableName="diary",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    return arn, lambda policy: dynamodb.put_resource_policy(ResourceArn=arn, Policy=policy)


def _stream(kinesis: Any) -> tuple[str, Callable[[str], Any]]:
    kinesis.create_stream(StreamName="events", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/events"
    return arn, lambda policy: kinesis.put_resource_policy(ResourceARN=arn, Policy=policy)


def _repository(ecr: Any) -> tuple[str, Callable[[str], Any]]:
    arn = ecr.create_repository(repositoryName="images")["repository"]["repositoryArn"]

    def set_policy(policy: str) -> None:
        statement = json.loads(policy)["Statement"][0]
        del statement["Resource"]  # of such a policy the resource is the repository
        ecr.set_repository_policy(repositoryName="images", policyText=document(statement))

    return arn, set_policy


_RESOURCES: list[tuple[str, Any, str, Callable[..., Any]]] = [
    ("sns", _topic, "sns:Publish", lambda client, arn: client.publish(TopicArn=arn, Message="x")),
    ("kms", _key, "kms:Encrypt", lambda client, arn: client.encrypt(KeyId=arn, Plaintext=b"x")),
    ("secretsmanager", _secret, "secretsmanager:GetSecretValue", lambda client, arn: client.get_secret_value(SecretId=arn)),
    ("dynamodb", _table, "dynamodb:Scan", lambda client, arn: client.scan(TableName="diary")),
    ("kinesis", _stream, "kinesis:DescribeStreamSummary", lambda client, arn: client.describe_stream_summary(StreamName="events")),
    ("ecr", _repository, "ecr:ListImages", lambda client, arn: client.list_images(repositoryName="images")),
]  # fmt: skip


def test_a_function_of_another_account(world: World) -> None:
    # moto wants to know the role itself. It takes the account from its own keys.
    keys = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    unguarded = boto3.client("iam", endpoint_url=world.moto, **keys)
    unguarded.meta.events.register("before-sign.iam", lambda request, **_: request.headers.add_header(*_AS_OTHER))
    role = unguarded.create_role(RoleName="runs", AssumeRolePolicyDocument=document())["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def f(*_): pass")
    function = {"FunctionName": "f", "Runtime": "python3.11", "Handler": "f.f", "Code": {"ZipFile": code.getvalue()}}
    owner = world.server.client("lambda", world.other)
    arn = owner.create_function(**function, Role=role)["FunctionArn"]
    mine = world.server.client("lambda", world.user("alice", allow("lambda:*")))
    refused(mine.get_function, FunctionName=arn)
    permission = {"FunctionName": arn, "StatementId": "a", "Action": "lambda:GetFunction", "Principal": ACCOUNT}
    owner.add_permission(**permission)
    assert mine.get_function(FunctionName=arn)["Configuration"]["FunctionName"] == "f"
    refused(mine.delete_function, FunctionName=arn)


def test_an_arn_of_another_region_is_refused(world: World) -> None:
    sns = world.server.client("sns", world.user("alice", allow("sns:*", "arn:aws:sns:eu-west-1:*")))
    message = refused(sns.publish, "AccessDenied", TopicArn=f"arn:aws:sns:eu-west-1:{ACCOUNT}:news", Message="x")
    assert "is not in us-east-1" in message


class TestBlockPublicAccess:
    def blocked(self, world: World, bucket: str, setting: str) -> Any:
        s3 = world.server.client("s3", world.other)
        s3.create_bucket(Bucket=bucket)
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={setting: True})
        return s3

    def test_public_policies_are_not_taken(self, world: World) -> None:
        s3 = self.blocked(world, "theirs-policy", "BlockPublicPolicy")
        everyone = to("*", allow("s3:GetObject", "arn:aws:s3:::theirs-policy/*"))
        told = refused(s3.put_bucket_policy, Bucket="theirs-policy", Policy=document(everyone))
        assert "BlockPublicPolicy block public access setting" in told
        inside = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
        narrow = to("*", allow("s3:GetObject", "arn:aws:s3:::theirs-policy/*", **inside))
        s3.put_bucket_policy(Bucket="theirs-policy", Policy=document(narrow))

    def test_public_policies_let_nobody_else_in(self, world: World) -> None:
        s3 = self.blocked(world, "theirs-restricted", "RestrictPublicBuckets")
        s3.put_object(Bucket="theirs-restricted", Key="k", Body=b"x")
        everyone = to("*", allow("s3:GetObject", "arn:aws:s3:::theirs-restricted/*"))
        s3.put_bucket_policy(Bucket="theirs-restricted", Policy=document(everyone))
        mine = world.server.client("s3", world.user("alice", allow("s3:*")))
        assert "RestrictPublicBuckets" in refused(mine.get_object, Bucket="theirs-restricted", Key="k")
        s3.delete_public_access_block(Bucket="theirs-restricted")
        mine.get_object(Bucket="theirs-restricted", Key="k")

    def test_public_acls_are_not_taken(self, world: World) -> None:
        s3 = self.blocked(world, "theirs-acl", "BlockPublicAcls")
        refused(s3.put_object, Bucket="theirs-acl", Key="k", Body=b"x", ACL="public-read")
        s3.put_object(Bucket="theirs-acl", Key="k", Body=b"x", ACL="private")
        group = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
        refused(s3.put_bucket_acl, Bucket="theirs-acl", GrantRead=group)

    def test_the_accounts_configuration_counts_beside_the_buckets(self, world: World) -> None:
        s3 = self.blocked(world, "theirs-both", "BlockPublicAcls")
        s3.put_object(Bucket="theirs-both", Key="k", Body=b"x")
        readable = to("*", allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::theirs-both*"]))
        s3.put_bucket_policy(Bucket="theirs-both", Policy=document(readable))
        mine = world.server.client("s3", world.user("alice", allow("s3:*")))
        mine.get_object(Bucket="theirs-both", Key="k")
        refused(mine.get_object, "NoSuchKey", Bucket="theirs-both", Key="missing")
        control = _control(world)
        settings = {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}
        control.put_public_access_block(AccountId=OTHER, PublicAccessBlockConfiguration=settings)
        assert "RestrictPublicBuckets" in refused(mine.get_object, Bucket="theirs-both", Key="k")
        assert "RestrictPublicBuckets" in refused(mine.get_object, Bucket="theirs-both", Key="missing")
        refused(s3.put_bucket_policy, Bucket="theirs-both", Policy=document(readable))
        refused(s3.put_object, Bucket="theirs-both", Key="k", Body=b"x", ACL="public-read")  # as the bucket's has it
        control.delete_public_access_block(AccountId=OTHER)
        mine.get_object(Bucket="theirs-both", Key="k")
        refused(s3.put_object, Bucket="theirs-both", Key="k", Body=b"x", ACL="public-read")

    def test_analyzers_know_the_accounts_configuration(self, world: World) -> None:
        s3, api = (world.server.client(service, world.other) for service in ("s3", "accessanalyzer"))
        s3.create_bucket(Bucket="theirs-public")
        everyone = to("*", allow("s3:GetObject", "arn:aws:s3:::theirs-public/*"))
        s3.put_bucket_policy(Bucket="theirs-public", Policy=document(everyone))
        arn = api.create_analyzer(analyzerName="outside", type="ACCOUNT")["arn"]

        def is_found() -> bool:
            only = {"status": {"eq": ["ACTIVE"]}, "resource": {"eq": ["arn:aws:s3:::theirs-public"]}}
            return bool(api.list_findings(analyzerArn=arn, filter=only)["findings"])

        assert is_found()
        settings = {"RestrictPublicBuckets": True}
        _control(world).put_public_access_block(AccountId=OTHER, PublicAccessBlockConfiguration=settings)
        assert not is_found()
        _control(world).delete_public_access_block(AccountId=OTHER)


def _control(world: World) -> Any:
    """S3 Control for the other account's root user; boto3 would put the account before the host's name."""
    client = world.server.client("s3control", world.other)
    client.meta.events.register("before-sign.s3-control", _at_the_endpoint)
    return client


def _at_the_endpoint(request: AWSRequest, **_: Any) -> None:
    request.url = request.url.replace(f"//{OTHER}.", "//")


@pytest.mark.parametrize(
    ("service", "operation", "params", "code"),
    [
        ("s3", "put_bucket_policy", {"Bucket": "ours-malformed", "Policy": "{"}, "MalformedPolicy"),
        ("sqs", "create_queue", {"QueueName": "q", "Attributes": {"Policy": "no"}}, "InvalidAttributeValue"),
        ("kms", "create_key", {"Policy": '{"Statement": [{"Effect": "Perhaps"}]}'}, "MalformedPolicyDocumentException"),
    ],
)
def test_a_policy_that_means_nothing_is_not_passed_on(
    world: World, service: str, operation: str, params: dict[str, Any], code: str
) -> None:
    if service == "s3":
        world.server.client("s3").create_bucket(Bucket=params["Bucket"])
    refused(getattr(world.server.client(service), operation), code, **params)

"""Grants of KMS keys allow what they say, where nothing else does, and nothing denies it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from iamd.caller.caller import Caller, CallerKind
from iamd.gateway.facts.facts import Facts
from iamd.gateway.key_grants import allowed_by, with_grant
from iamd.gateway.mapped import KeyUse, Need
from iamd.policy import Kind, load
from iamd.wire.gateway_errors import NotKnown
from tests.gateway.policies import allow, deny, document, refused
from tests.live import ACCOUNT, Live, live

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SNS = {"AccessKeyId": "SNSUPSTREAMKEY01", "SecretAccessKey": "its own secret"}


@pytest.fixture(scope="module")
def running(moto: str) -> Iterator[Live]:
    services = f"sns.amazonaws.com={SNS['AccessKeyId']}:{SNS['SecretAccessKey']}"
    with live(upstream={"*": moto}, upstream_services=services, upstream_timeout=50) as server:
        yield server


@pytest.fixture
def server(running: Live) -> Live:
    running.reset()
    return running


@pytest.fixture
def key(server: Live) -> str:
    """The id of a key whose policy leaves everything to identity policies."""
    made: str = server.client("kms").create_key()["KeyMetadata"]["KeyId"]
    return made


def user(server: Live, name: str, *statements: dict[str, Any]) -> tuple[Any, str]:
    """KMS as a new user with those permissions sees it, and their ARN."""
    iam = server.client("iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    return server.client("kms", iam.create_access_key(UserName=name)["AccessKey"]), arn


def event(server: Live, name: str) -> Any:
    """The latest event of that name."""
    asked = [{"AttributeKey": "EventName", "AttributeValue": name}]
    found = server.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
    return json.loads(found[0]["CloudTrailEvent"])


def test_a_grant_allows_its_operations_until_it_is_revoked(server: Live, key: str) -> None:
    root, (alice, arn) = server.client("kms"), user(server, "alice")
    bob, _ = user(server, "bob")
    assert "because no" in refused(alice.generate_data_key, KeyId=key, KeySpec="AES_256")
    made = root.create_grant(KeyId=key, GranteePrincipal=arn, Operations=["GenerateDataKey", "DescribeKey"])
    alice.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert event(server, "GenerateDataKey")["additionalEventData"] == {"grantIds": [made["GrantId"]]}
    alice.describe_key(KeyId=key)
    assert event(server, "DescribeKey")["additionalEventData"] == {"grantIds": [made["GrantId"]]}
    refused(bob.describe_key, KeyId=key)
    refused(alice.encrypt, KeyId=key, Plaintext=b"x")
    refused(alice.list_grants, KeyId=key)
    root.revoke_grant(KeyId=key, GrantId=made["GrantId"])
    refused(alice.generate_data_key, KeyId=key, KeySpec="AES_256")
    root.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert "additionalEventData" not in event(server, "GenerateDataKey")


def test_encryption_contexts_constrain_a_grant(server: Live, key: str) -> None:
    root, (alice, arn) = server.client("kms"), user(server, "alice")
    ask = {"KeyId": key, "KeySpec": "AES_256"}
    constraints = {"EncryptionContextSubset": {"App": "a"}}
    operations = ["GenerateDataKey", "DescribeKey"]
    root.create_grant(KeyId=key, GranteePrincipal=arn, Operations=operations, Constraints=constraints)
    alice.generate_data_key(**ask, EncryptionContext={"App": "a", "more": "b"})
    alice.describe_key(KeyId=key)  # has no encryption context
    for wrong in ({}, {"App": "b"}, {"app": "a"}):
        refused(alice.generate_data_key, **ask, EncryptionContext=wrong)


def test_nothing_that_is_denied_is_granted(server: Live, key: str) -> None:
    root, iam = server.client("kms"), server.client("iam")
    alice, arn = user(server, "alice", deny("kms:DescribeKey"))
    operations = ["DescribeKey", "GetPublicKey", "GenerateMac", "GenerateDataKey"]
    root.create_grant(KeyId=key, GranteePrincipal=arn, Operations=operations)
    assert "explicit deny" in refused(alice.describe_key, KeyId=key)
    alice.generate_data_key(KeyId=key, KeySpec="AES_256")
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=document(allow("*"), deny("kms:GenerateDataKey")))
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=boundary["Policy"]["Arn"])
    assert "boundary" in refused(alice.generate_data_key, KeyId=key, KeySpec="AES_256")


def test_a_grant_to_a_role_is_bound_by_the_sessions_policy_and_one_to_the_session_is_not(
    server: Live, key: str
) -> None:
    root, iam = server.client("kms"), server.client("iam")
    iam.create_user(UserName="starter")
    iam.put_user_policy(UserName="starter", PolicyName="own", PolicyDocument=document(allow("sts:AssumeRole")))
    starter = iam.create_access_key(UserName="starter")["AccessKey"]
    trust = document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    )
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    sts = server.client("sts", starter)
    plain = sts.assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]
    limited = sts.assume_role(RoleArn=role, RoleSessionName="job", Policy=document(allow("s3:*")))["Credentials"]
    root.create_grant(KeyId=key, GranteePrincipal=role, Operations=["DescribeKey"])
    server.client("kms", plain).describe_key(KeyId=key)
    assert "session policy" in refused(server.client("kms", limited).describe_key, KeyId=key)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/job"
    root.create_grant(KeyId=key, GranteePrincipal=session, Operations=["DescribeKey"])
    server.client("kms", limited).describe_key(KeyId=key)


def test_the_retiring_principal_retires_its_grant_and_no_other(server: Live, key: str) -> None:
    root, (alice, arn) = server.client("kms"), user(server, "alice")
    given = {"KeyId": key, "GranteePrincipal": arn, "Operations": ["DescribeKey"]}
    other, mine = root.create_grant(**given), root.create_grant(**given, RetiringPrincipal=arn)
    refused(alice.retire_grant, KeyId=key, GrantId=other["GrantId"])
    told = refused(root.retire_grant, KeyId=key, GrantToken=mine["GrantToken"])
    assert "must say KeyId and GrantId" in told
    alice.retire_grant(KeyId=key, GrantId=mine["GrantId"])
    assert [each["GrantId"] for each in root.list_grants(KeyId=key)["Grants"]] == [other["GrantId"]]
    refused(alice.retire_grant, KeyId=key, GrantId=mine["GrantId"])


def test_services_use_what_they_are_granted_for_its_source(server: Live, key: str) -> None:
    kms, topic = server.client("kms", SNS), f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
    refused(kms.generate_data_key, KeyId=key, KeySpec="AES_256")
    given = {"GranteePrincipal": "sns.amazonaws.com", "Operations": ["GenerateDataKey"]}
    server.client("kms").create_grant(KeyId=key, **given, Constraints={"SourceArn": topic})
    refused(kms.generate_data_key, KeyId=key, KeySpec="AES_256")
    kms.meta.events.register(
        "before-sign.kms", lambda request, **_: request.headers.add_header("x-amz-source-arn", topic)
    )
    kms.generate_data_key(KeyId=key, KeySpec="AES_256")


ALICE = Caller(
    CallerKind.USER,
    ACCOUNT,
    "AIDAALICE",
    "alice",
    f"arn:aws:iam::{ACCOUNT}:user/alice",
    f"arn:aws:iam::{ACCOUNT}:user/alice",
    "AIDAALICE",
    "AKIAALICE",
)
SUBSET = {"EncryptionContextSubset": {"a": "1"}}
EQUALS = {"EncryptionContextEquals": {"a": "1"}}


def granted(action: str, parameters: Mapping[str, Any], constraints: Mapping[str, Any] | None = None) -> bool:
    """Whether Alice may, by a grant of many operations."""
    operations = ["CreateGrant", "Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"]
    grant = {"GrantId": "g", "GranteePrincipal": ALICE.arn, "Operations": operations, "Constraints": constraints}
    return allowed_by([grant], Need(f"kms:{action}", KEY, key_use=KeyUse(parameters)), ALICE) is not None


def test_the_whole_encryption_context_must_equal() -> None:
    assert granted("Decrypt", {"EncryptionContext": {"a": "1"}}, EQUALS)
    for other in ({"a": "1", "b": "2"}, {"a": "2"}, {}, None, "a"):
        assert not granted("Decrypt", {"EncryptionContext": other}, EQUALS)
    assert granted("ReEncryptFrom", {"SourceEncryptionContext": {"a": "1"}}, EQUALS)
    assert not granted("ReEncryptTo", {"SourceEncryptionContext": {"a": "1"}}, EQUALS)
    assert granted("ReEncryptTo", {"DestinationEncryptionContext": {"a": "1", "b": "2"}}, SUBSET)
    assert not granted("Decrypt", {"EncryptionContext": {"a": "1"}}, {**EQUALS, "SourceArn": "arn:aws:s3:::b"})


@pytest.mark.parametrize(
    ("operations", "constraints", "limits", "may"),
    [
        (["Decrypt"], None, None, True),
        (["Decrypt", "Sign"], None, None, False),
        (None, None, None, False),
        (["Decrypt"], None, SUBSET, False),
        (["Decrypt"], {"EncryptionContextSubset": {"a": "1", "b": "2"}}, SUBSET, True),
        (["Decrypt"], {"EncryptionContextSubset": {"b": "2"}}, SUBSET, False),
        (["Decrypt"], {"EncryptionContextEquals": {"a": "1", "b": "2"}}, SUBSET, True),
        (["Decrypt"], SUBSET, EQUALS, False),
        (["Decrypt"], EQUALS, EQUALS, True),
    ],
)
def test_a_grant_makes_none_that_is_wider(operations: Any, constraints: Any, limits: Any, may: bool) -> None:
    assert granted("CreateGrant", {"Operations": operations, "Constraints": constraints}, limits) is may


def test_a_grant_is_a_statement_of_the_keys_policy() -> None:
    grant, need = {"GrantId": "abc"}, Need("kms:Decrypt", KEY)
    one = {"Effect": "Deny", "Principal": "*", "Action": "kms:Sign", "Resource": "*"}
    for policy, before in ((None, 0), (json.dumps({"Statement": one}), 1), (json.dumps({"Statement": [one, one]}), 2)):
        statements = load(with_grant(policy, grant, ALICE.arn, need), Kind.RESOURCE).document.statements
        assert len(statements) == before + 1
        assert (statements[-1].sid, statements[-1].actions) == ("Grantabc", ("kms:Decrypt",))


class Pages:
    """An upstream with 250 grants that tells of a hundred at a time, or knows no grants."""

    def __init__(self, known: bool = True) -> None:
        self.asked: list[Any] = []
        self.known = known

    async def ask(self, service: str, operation: str, parameters: Mapping[str, Any], _: object) -> Mapping[str, Any]:
        if not self.known:
            raise NotKnown("no such operation")
        self.asked.append((operation, dict(parameters)))
        first = int(parameters.get("Marker", 0))
        grants = [{"GrantId": str(each)} for each in range(first, min(first + 100, 250))]
        return {"Grants": grants, "Truncated": first < 200, "NextMarker": str(first + 100)}


def test_grants_are_read_page_by_page_and_once() -> None:
    pages, need = Pages(), Need("kms:Decrypt", KEY, owner=ACCOUNT)

    async def read() -> None:
        facts = Facts(pages, 60)  # type: ignore[arg-type]
        assert [each["GrantId"] for each in await facts.grants(need, "us-east-1")] == [str(n) for n in range(250)]
        await facts.grants(need, "us-east-1")
        assert len(pages.asked) == 3
        facts.forget([Need("kms:RevokeGrant", KEY)])
        await facts.grants(need, "us-east-1")
        assert len(pages.asked) == 6
        assert await Facts(Pages(known=False), 60).grants(need, "us-east-1") == ()  # type: ignore[arg-type]

    asyncio.run(read())

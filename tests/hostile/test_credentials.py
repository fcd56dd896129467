"""Credentials that are missing, broken, foreign, expired or gone, through the public door."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import msgspec
import pytest
from botocore import auth, compat
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamd.caller.tokens import TokenKeys
from iamd.services.catalogue import APIS
from iamd.wire.model import Member, OperationModel
from tests.hostile.door import FORM, ROOT, Answered, Door, signed
from tests.hostile.test_bad_input import ALLOW, OPERATIONS, TRUST, Unchanged, form, sent
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET, Live

GET_USER = b"Action=GetUser&Version=2010-05-08"
JSON = {"accept": "application/json"}


def told(answered: Answered, operation: str) -> Any:
    """The result of a call that was answered in JSON."""
    assert answered.status == 200, answered
    return json.loads(answered.body)[f"{operation}Response"][f"{operation}Result"]


def key_for(door: Door, user: str, *, document: str = "") -> dict[str, str]:
    """A new user's access key; it may do what the document says."""
    assert door.call("CreateUser", {"UserName": user}).status == 200
    if document:
        own = {"UserName": user, "PolicyName": "own", "PolicyDocument": document}
        assert door.call("PutUserPolicy", own).status == 200
    created: dict[str, str] = told(door.call("CreateAccessKey", {"UserName": user}, headers=JSON), "CreateAccessKey")
    return created["AccessKey"]  # type: ignore[return-value]


def session(door: Door, key: Mapping[str, str] = ROOT, **params: str) -> dict[str, str]:
    """Session credentials of a user or the root user."""
    answered = door.call("GetSessionToken", params, service="sts", key=key, headers=JSON)
    credentials: dict[str, str] = told(answered, "GetSessionToken")["Credentials"]
    return credentials


def role_session(door: Door, key: Mapping[str, str]) -> dict[str, str]:
    """Credentials of the role `there`, which is made for it."""
    made = {"RoleName": "there", "AssumeRolePolicyDocument": TRUST}
    assert door.call("CreateRole", made).status == 200
    params = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/there", "RoleSessionName": "here"}
    credentials: dict[str, str] = told(
        door.call("AssumeRole", params, service="sts", key=key, headers=JSON), "AssumeRole"
    )
    return credentials["Credentials"]  # type: ignore[return-value]


def at(offset: timedelta) -> Any:
    """Sign as if it were earlier or later."""
    moment = compat.get_current_datetime() + offset
    return patch.object(auth, "get_current_datetime", lambda: moment)


def whoami(door: Door, key: Mapping[str, str]) -> Answered:
    return door.call("GetCallerIdentity", service="sts", key=key)


def test_no_credentials(door: Door) -> None:
    door.send("POST", "/", {"content-type": FORM}, GET_USER).refused("MissingAuthenticationToken", 403)
    door.send("GET", "/?X-Amz-Security-Token=x", {}).refused("MissingAuthenticationToken", 403)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "Bearer x",
        "AWS AKIAIOSFODNN7EXAMPLE:x",
        "AWS4-HMAC-SHA256",
        "AWS4-ECDSA-P256-SHA256 Credential=a/20260101/iam/aws4_request, SignedHeaders=host;x-amz-date, Signature=x",
        f"AWS4-HMAC-SHA256 Credential={ROOT_KEY}, SignedHeaders=host;x-amz-date, Signature=x",
        f"AWS4-HMAC-SHA256 Credential={ROOT_KEY}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host",
    ],
)
def test_incomplete_signatures(door: Door, authorization: str) -> None:
    door.send("POST", "/", {"authorization": authorization, "x-amz-date": "20260101T000000Z"}, GET_USER).refused(
        "IncompleteSignature", 400
    )


def test_a_signature_needs_a_date(door: Door) -> None:
    headers = signed(door.host, "POST", "/", {"content-type": FORM}, GET_USER)
    del headers["X-Amz-Date"]
    door.send("POST", "/", headers, GET_USER).refused("IncompleteSignature", 400)


def test_unknown_inactive_and_deleted_keys_are_told_apart_for_nobody(door: Door) -> None:
    unknown = whoami(door, {"AccessKeyId": "AKIANOSUCHKEY0000000", "SecretAccessKey": "x"})
    unknown.refused("InvalidClientTokenId", 403)
    key = key_for(door, "bob")
    assert whoami(door, key).status == 200
    named = {"UserName": "bob", "AccessKeyId": key["AccessKeyId"]}
    assert door.call("UpdateAccessKey", {**named, "Status": "Inactive"}).status == 200
    inactive = whoami(door, key)
    assert door.call("UpdateAccessKey", {**named, "Status": "Active"}).status == 200
    assert whoami(door, key).status == 200
    assert door.call("DeleteAccessKey", named).status == 200
    for answered in (inactive, whoami(door, key)):
        assert (answered.status, answered.code, answered.message) == (403, unknown.code, unknown.message)


def test_a_wrong_secret(door: Door) -> None:
    whoami(door, {**ROOT, "SecretAccessKey": "wrong"}).refused("SignatureDoesNotMatch", 403)


@pytest.mark.parametrize(
    ("offset", "status", "said"),
    [
        (timedelta(minutes=-4), 200, ""),
        (timedelta(minutes=4), 200, ""),
        (timedelta(minutes=-6), 403, "Signature expired: "),
        (timedelta(minutes=6), 403, "Signature not yet current: "),
        (timedelta(days=-4000), 403, "Signature expired: "),
    ],
)
def test_clocks(door: Door, offset: timedelta, status: int, said: str) -> None:
    with at(offset):
        answered = whoami(door, ROOT)
    assert answered.status == status
    assert answered.message.startswith(said)
    assert answered.code == ("" if status == 200 else "SignatureDoesNotMatch")


def test_what_is_signed_is_what_counts(door: Door) -> None:
    headers = signed(door.host, "POST", "/", {"content-type": FORM}, GET_USER)
    door.send("POST", "/", headers, GET_USER + b"&UserName=x").refused("SignatureDoesNotMatch", 403)
    door.send("POST", "/other", headers, GET_USER).refused("SignatureDoesNotMatch", 403)
    door.send("PUT", "/", headers, GET_USER).refused("SignatureDoesNotMatch", 403)
    door.send("POST", "/", {**headers, "x-amz-extra": "x"}, GET_USER).refused("SignatureDoesNotMatch", 403)
    door.send("POST", "/?a=b", headers, GET_USER).refused("SignatureDoesNotMatch", 403)
    assert door.send("POST", "/", headers, GET_USER).status == 200


def test_a_payload_must_be_signed(door: Door) -> None:
    door.post(GET_USER, headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}).refused("SignatureDoesNotMatch", 403)


def test_the_scope_must_be_that_of_the_action(door: Door) -> None:
    door.call("GetUser", service="sts", version="2010-05-08").refused("InvalidAction", 400)
    door.call("GetCallerIdentity", service="iam", version="2011-06-15").refused("InvalidAction", 400)


@pytest.mark.parametrize("service", ["s3", "sqs", "x", "IAM"])
def test_other_services_are_not_served(door: Door, service: str) -> None:
    answered = door.post(GET_USER, service=service).refused("InvalidAction", 400)
    assert answered.headers["x-amzn-errortype"] == "InvalidAction"


def test_clients_of_json_services_can_read_the_refusal(server: Live, door: Door) -> None:
    for service, call, code in (
        ("kms", "list_keys", "UnknownOperationException"),
        ("lambda", "list_functions", "InvalidAction"),
        ("sqs", "list_queues", "UnknownOperationException"),
    ):
        client = server.client(service)
        with pytest.raises(client.exceptions.ClientError) as caught:
            getattr(client, call)()
        assert caught.value.response["Error"]["Code"] == code
    answered = door.send(
        "POST", "/", {"x-amz-target": "Service.Call", "content-type": "application/x-amz-json-1.1"}, b"{}"
    )
    assert (
        answered.refused("MissingAuthenticationTokenException", 400).headers["content-type"]
        == "application/x-amz-json-1.1"
    )


def presigned(server: Live, expires: int) -> str:
    """Signed by botocore's own signer, which looks at the clock that `at` sets; AWS's common runtime has its own."""
    request = AWSRequest("GET", f"{server.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15")
    auth.SigV4QueryAuth(Credentials(ROOT_KEY, ROOT_SECRET), "sts", "us-east-1", expires=expires).add_auth(request)
    parts = urlsplit(request.url)
    return f"{parts.path}?{parts.query}"


def test_presigned_requests(server: Live, door: Door) -> None:
    target = presigned(server, 60)
    assert door.send("GET", target, {}).status == 200
    door.send("GET", target + "&a=b", {}).refused("SignatureDoesNotMatch", 403)
    door.send("GET", target + "&X-Amz-Expires=600", {}).refused("IncompleteSignature", 400)
    door.send("GET", target, {"authorization": "AWS4-HMAC-SHA256 x"}).refused("IncompleteSignature", 400)
    with at(timedelta(minutes=-2)):
        expired, lasting = presigned(server, 60), presigned(server, 600)
    door.send("GET", expired, {}).refused("RequestExpired", 400)
    assert door.send("GET", lasting, {}).status == 200


def altered(server: Live, credentials: Mapping[str, str], **changes: Any) -> dict[str, str]:
    """The same credentials with a token that the server sealed over other contents."""
    token = credentials["SessionToken"]
    opened = msgspec.structs.replace(server.realm.tokens.open(token), **changes)
    return {**credentials, "SessionToken": server.realm.tokens.seal(opened)}


def test_sessions_expire(server: Live, door: Door) -> None:
    credentials = session(door, key_for(door, "bob"))
    assert whoami(door, credentials).status == 200
    expires = server.realm.tokens.open(credentials["SessionToken"]).expires
    past = altered(server, credentials, expires=expires - timedelta(hours=13))
    whoami(door, past).refused("ExpiredToken", 403)
    whoami(door, {**past, "SecretAccessKey": "wrong"}).refused("SignatureDoesNotMatch", 403)


def test_tokens_that_are_not_ours(server: Live, door: Door) -> None:
    key = key_for(door, "bob")
    credentials, other = session(door, key), session(door, key)
    token = credentials["SessionToken"]
    contents = server.realm.tokens.open(token)
    foreign = TokenKeys({1: bytes(32)}).seal(contents)
    flipped = token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:]
    for bad in (foreign, flipped, token[:-1], token + "A", "x", "%00", "=" * 100, "A" * 10_000, other["SessionToken"]):
        whoami(door, {**credentials, "SessionToken": bad}).refused("InvalidClientTokenId", 403)
    whoami(door, {**key, "SessionToken": token}).refused("InvalidClientTokenId", 403)
    whoami(door, {name: text for name, text in credentials.items() if name != "SessionToken"}).refused(
        "InvalidClientTokenId", 403
    )
    whoami(door, altered(server, credentials, account_id="999999999999")).refused("InvalidClientTokenId", 403)
    whoami(door, altered(server, credentials, principal_id="AIDANOSUCHUSER000000")).refused("InvalidClientTokenId", 403)
    assert whoami(door, credentials).status == 200


def test_sessions_end_with_their_role_and_user(door: Door) -> None:
    key = key_for(door, "bob", document=ALLOW)
    of_role, of_user = role_session(door, key), session(door, key)
    assert whoami(door, of_role).status == whoami(door, of_user).status == 200
    assert door.call("DeleteRole", {"RoleName": "there"}).status == 200
    whoami(door, of_role).refused("InvalidClientTokenId", 403)
    remade = {"RoleName": "there", "AssumeRolePolicyDocument": TRUST}
    assert door.call("CreateRole", remade).status == 200
    whoami(door, of_role).refused("InvalidClientTokenId", 403)  # another role of the same name
    assert door.call("DeleteUserPolicy", {"UserName": "bob", "PolicyName": "own"}).status == 200
    assert door.call("DeleteAccessKey", {"UserName": "bob", "AccessKeyId": key["AccessKeyId"]}).status == 200
    assert whoami(door, of_user).status == 200  # which outlives the key that it was had with
    assert door.call("DeleteUser", {"UserName": "bob"}).status == 200
    whoami(door, of_user).refused("InvalidClientTokenId", 403)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_names_cannot_be_probed(door: Door, operation: OperationModel) -> None:
    """Who may do nothing is answered the same of what there is as of what there is not."""
    caller, known = key_for(door, "caller"), key_for(door, "there")
    for action, params in (
        ("CreateGroup", {"GroupName": "there"}),
        ("CreateRole", {"RoleName": "there", "AssumeRolePolicyDocument": TRUST}),
        ("CreatePolicy", {"PolicyName": "there", "PolicyDocument": ALLOW}),
        ("CreateInstanceProfile", {"InstanceProfileName": "there"}),
        ("PutUserPolicy", {"UserName": "there", "PolicyName": "there", "PolicyDocument": ALLOW}),
        ("CreateAccountAlias", {"AccountAlias": "there"}),
    ):
        assert door.call(action, params).status == 200
    params: dict[str, str] = {}
    for member in operation.inputs:
        if member.required:
            params |= sent(member)
    unchanged = Unchanged(door)
    seen = []
    for name, key_id in (("there", known["AccessKeyId"]), ("other", "AKIANOSUCHKEY0000000")):
        named = {
            member: key_id if member == "AccessKeyId" else text.replace("there", name)
            for member, text in params.items()
        }
        answered = door.post(form(operation, named), service=operation.service.name, key=caller)
        told = re.sub(r"authorization id: [a-z0-9]{25}$", "", answered.message)  # each denial has its own
        seen.append((answered.status, answered.code, told.replace(name, "NAME").replace(key_id, "KEY")))
    assert seen[0] == seen[1]
    unchanged.check()


def test_nobody_learns_anything_of_an_organization(server: Live, door: Door) -> None:
    root = server.client("organizations")
    root.create_organization()
    key = key_for(door, "nobody")
    params = {
        "string": "x",
        "PolicyType": "TAG_POLICY",
        "PolicyId": "p-12345678",
        "TargetId": "r-ab12",
        "ParentId": "r-ab12",
    }
    for operation in APIS["organizations"].operations.values():
        named = {member.name: _named(member, params) for member in operation.model.inputs if member.required}
        headers = {"x-amz-target": f"AWSOrganizationsV20161128.{operation.name}"}
        answered = door.post(json.dumps(named).encode(), service="organizations", key=key, headers=headers)
        answered.refused("AccessDeniedException", 400)


def _named(member: Member, known: Mapping[str, str]) -> Any:
    """A valid value for a parameter."""
    if member.shape.type == "list":
        return []
    if member.shape.type == "structure":
        return {part.name: _named(part, known) for part in member.shape.members if part.required}
    if member.shape.type == "timestamp":
        return 4_000_000_000
    if member.shape.enum:
        return member.shape.enum[0]
    shapes = {
        "AccountId": "999999999999",
        "ChildId": "999999999999",
        "TaggableResourceId": "999999999999",
        "RootId": "r-ab12",
        "OrganizationalUnitId": "ou-ab12-12345678",
        "CreateAccountRequestId": "car-12345678",
        "HandshakeId": "h-12345678",
        "HandshakePartyId": "999999999999",
        "ResponsibilityTransferId": "rt-12345678",
        "Email": "nobody@example.com",
    }
    return shapes.get(member.shape.name, known.get(member.name, "r-ab12" if "ParentId" in member.name else "x"))


QUERY_APIS = [name for name, api in APIS.items() if api.model.protocol == "query"]


@pytest.mark.parametrize("api", QUERY_APIS)
def test_every_authenticated_caller_knows_no_more_than_itself(door: Door, api: str) -> None:
    key = key_for(door, "nobody")
    open_to_all = {"GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"}
    for operation in APIS[api].operations.values():
        params: dict[str, str] = {}
        for member in operation.model.inputs:
            if member.required:
                params |= sent(member)
        if "AccessKeyId" in params:
            params["AccessKeyId"] = key["AccessKeyId"]
        answered = door.post(form(operation.model, params), service=operation.model.service.name, key=key)
        # Whether what was sent has the right form is told before anything is decided.
        told = ("AccessDenied", "ValidationError", "InvalidInput", "MalformedInput", "InvalidIdentityToken")
        known = operation.name in open_to_all or answered.code in told
        assert known, (operation.name, answered)

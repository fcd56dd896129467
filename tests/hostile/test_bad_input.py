"""Bad input to every operation: a refusal in AWS's form each time, the same twice, and nothing changed by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from iamd.services.catalogue import APIS
from iamd.wire.model import Member, OperationModel
from tests.hostile.door import ROOT, VERSIONS, Door
from tests.live import ACCOUNT

OPERATIONS = [
    operation.model for api in APIS.values() if api.model.protocol == "query" for operation in api.operations.values()
]
IDS = [f"{operation.service.name}:{operation.name}" for operation in OPERATIONS]
LONG = "a" * 1_000_000

# Forms of bad text, percent-encoded: what no member takes, whichever it is.
BROKEN = {
    "NUL": "a%00b",
    "invalid UTF-8": "%ff%fe",
    "overlong": "%c0%80",
    "surrogate": "%ed%a0%80",
    "cut escape": "a%2",
    "no escape": "%zz",
}
# And what is well-formed, but too much or out of place.
ODD = {
    "controls": "%01%02%1b%7f",
    "no character": "%ef%bf%be",
    "right to left": "%e2%80%aeabc",
    "line feeds": "a%0d%0ab",
    "markup": quote("<x>&\"'%$(x){{7*7}}../../"),
    "astral": quote("\U0001f511" * 40),
}


ALLOW = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"},
    }
)


@pytest.fixture
def stocked(door: Door) -> Door:
    """A door to an account that has one of each, called `there`."""
    for action, params in (
        ("CreateUser", {"UserName": "there", "Tags.member.1.Key": "k", "Tags.member.1.Value": "v"}),
        ("CreateGroup", {"GroupName": "there"}),
        ("AddUserToGroup", {"GroupName": "there", "UserName": "there"}),
        ("CreateRole", {"RoleName": "there", "AssumeRolePolicyDocument": TRUST}),
        ("CreatePolicy", {"PolicyName": "there", "PolicyDocument": ALLOW}),
        ("CreateInstanceProfile", {"InstanceProfileName": "there"}),
        ("CreateAccountAlias", {"AccountAlias": "there"}),
        ("PutUserPolicy", {"UserName": "there", "PolicyName": "there", "PolicyDocument": ALLOW}),
    ):
        assert door.call(action, params).status == 200
    return door


class Unchanged:
    """Holds an account to what it was."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._before = self._state()

    def _state(self) -> tuple[int, bytes]:
        answered = self._door.call("GetAccountAuthorizationDetails", {"MaxItems": "1000"})
        return answered.revision, answered.body.partition(b"<ResponseMetadata>")[0]

    def check(self) -> None:
        assert self._state() == self._before


SPECIAL = {"VersionId": "v1", "Url": "https://there.example"}


def value_of(member: Member) -> str:
    """A value that the member takes."""
    shape, name = member.shape, member.name
    if name.endswith("Arn") or name == "PermissionsBoundary":
        return f"arn:aws:iam::{ACCOUNT}:{'role' if name == 'RoleArn' else 'policy'}/there"
    if "Document" in name or name == "Policy":
        return TRUST if name.startswith("AssumeRole") else ALLOW
    if shape.enum:
        return shape.enum[0]
    if name in SPECIAL:
        return SPECIAL[name]
    return {"integer": "3600", "boolean": "true"}.get(shape.type, "there".ljust(shape.min or 0, "e"))


def required(operation: OperationModel, but: str = "") -> dict[str, str]:
    """The operation's required parameters, all but one."""
    params: dict[str, str] = {}
    for member in operation.inputs:
        if member.required and member.name != but:
            params |= sent(member)
    return params


def sent(member: Member) -> dict[str, str]:
    """A value that the member takes, as it is sent: a list of one, a map of one entry."""
    if member.shape.type == "list":
        return elements(member)
    if member.shape.type == "map":
        return {f"{member.name}.entry.1.key": "there", f"{member.name}.entry.1.value": value_of(member.shape.value)}
    return {member.name: value_of(member)}


def elements(member: Member) -> dict[str, str]:
    element = member.shape.element.shape
    prefix = f"{member.name}.member.1"
    if element.type == "structure":
        return {f"{prefix}.{inner.name}": value_of(inner) for inner in element.members}
    return {prefix: value_of(member.shape.element)}


def form(operation: OperationModel, params: dict[str, str], raw: str = "") -> bytes:
    head = urlencode({"Action": operation.name, "Version": VERSIONS[operation.service.name], **params})
    return f"{head}&{raw}".encode() if raw else head.encode()


def cases(operation: OperationModel) -> Iterator[tuple[bytes, bool]]:
    """Bodies, and whether each must be refused whatever the operation is; the others may also be fit."""
    for number, member in enumerate(operation.inputs):
        name, rest = member.name, required(operation, member.name)
        if member.required:
            yield form(operation, rest), True
        if number == 0:  # the form is refused as such, whichever member it is
            yield from ((form(operation, rest, f"{name}={text}"), True) for text in BROKEN.values())
            yield from ((form(operation, rest, f"{text}=x"), True) for text in BROKEN.values())
        yield from ((form(operation, rest, f"{name}={text}"), False) for text in ["", *ODD.values()])
        yield form(operation, rest, f"{name}={LONG}"), True
        if member.shape.type == "list":
            yield from ((form(operation, rest, text), must) for text, must in lists(member))
        else:
            yield form(operation, rest, f"{name}.member.1=x"), True
            yield form(operation, rest, f"{name}.Key=x"), True
        if member.shape.type in ("integer", "boolean"):
            wrong = ("abc", "1.5", "9" * 50, "%D9%A1", "0x10", "")
            yield from ((form(operation, rest, f"{name}={text}"), True) for text in wrong)


def lists(member: Member) -> Iterator[tuple[str, bool]]:
    """Lists that are too long, sparse, broken, deep, or say the same twice."""
    paths = list(elements(member))

    def at(*places: str) -> str:
        return "&".join(f"{path.replace('member.1', f'member.{place}', 1)}=there" for place in places for path in paths)

    yield at(*map(str, range(1, 9_900 // len(paths)))), True
    yield at("500000"), True
    yield at("99999999999999999999"), True
    yield at("0"), True
    yield at("-1"), True
    yield at("1", "5"), True
    yield at("1", "2"), False
    yield f"{member.name}{'.member.1' * 60}=x", True
    yield f"{member.name}{'.member.1' * 200}=x", True


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
def test_bad_parameters(stocked: Door, operation: OperationModel) -> None:
    unchanged = Unchanged(stocked)
    for number, (body, must_be_refused) in enumerate(cases(operation)):
        answered = stocked.post(body, service=operation.service.name)
        shown = body[:300] + body[-50:]
        assert answered.status < 500, shown
        if answered.status == 200:
            assert not must_be_refused, shown
            unchanged = Unchanged(stocked)
            continue
        assert answered.message, shown
        assert len(answered.body) < 20_000, shown
        if number % 4 == 0:
            again = stocked.post(body, service=operation.service.name)
            assert (answered.status, answered.code, answered.message) == (again.status, again.code, again.message)
    unchanged.check()


def statement(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **more}


def document(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


DOCUMENTS = {
    "nested lists": "[" * 50_000,
    "nested objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "deep condition": document(statement(Condition={"StringEquals": {"aws:username": [[[["x"]]]]}})),
    "deep statement": '{"Version":"2012-10-17","Statement":' + "[" * 3000 + "]" * 3000 + "}",
    "too many statements": document(*[statement(Sid=f"s{number}") for number in range(1500)]),
    "longest": document(statement(Resource="arn:aws:s3:::" + "x" * 131_000)),
    "longer": document(statement(Resource="arn:aws:s3:::" + "x" * 131_072)),
    "all blanks": " " * 131_072,
    "duplicate keys": '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}',
    "duplicate effect": '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}',
    "huge number": '{"Version":"2012-10-17","Statement":' + "9" * 100_000 + "}",
    "huge exponent": '{"Version":1e999999999,"Statement":[]}',
    "numbers out of place": '{"Version":NaN,"Statement":Infinity}',
    "unpaired surrogate": '{"Version":"2012-10-17","Statement":{"Sid":"\\ud800","Effect":"Allow","Action":"*","Resource":"*"}}',
    "escaped NUL": document(statement(Resource="arn:aws:s3:::a\0b")),
    "comments": '{"Version":"2012-10-17",/* x */"Statement":[]}',
    "trailing": document(statement()) + "{}",
    "mark": "\ufeff" + document(statement()),
    "no object": '"*"',
    "null": "null",
    "XML": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><a>&b;&b;&b;</a>',
    "unknown element": document(statement(Nonsense=1)),
    "wildcards without end": document(statement(Action="s3:" + "*?" * 3000 + "x", Nonsense=1)),
}


@pytest.mark.parametrize(
    ("action", "member", "params"),
    [
        ("CreatePolicy", "PolicyDocument", {"PolicyName": "new"}),
        ("CreatePolicyVersion", "PolicyDocument", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/there"}),
        ("PutRolePolicy", "PolicyDocument", {"RoleName": "there", "PolicyName": "new"}),
        ("CreateRole", "AssumeRolePolicyDocument", {"RoleName": "new"}),
        ("UpdateAssumeRolePolicy", "PolicyDocument", {"RoleName": "there"}),
        ("AssumeRole", "Policy", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/there", "RoleSessionName": "here"}),
    ],
)
def test_policy_documents(stocked: Door, action: str, member: str, params: dict[str, str]) -> None:
    service = "sts" if action == "AssumeRole" else "iam"
    caller = key_of(stocked) if service == "sts" else ROOT  # root cannot assume roles
    unchanged = Unchanged(stocked)
    for name, text in DOCUMENTS.items():
        answered, again = (
            stocked.call(action, {**params, member: text}, service=service, key=caller) for _ in range(2)
        )
        assert 400 <= answered.status < 500, name
        assert answered.code in ("MalformedPolicyDocument", "ValidationError", "LimitExceeded", "PackedPolicyTooLarge")
        assert (answered.code, answered.message) == (again.code, again.message)
        assert 0 < len(answered.message) < 20_000, name
    unchanged.check()


def key_of(door: Door) -> dict[str, str]:
    """An access key of the user `there`, who may do everything."""
    answered = door.call("CreateAccessKey", {"UserName": "there"}, headers={"accept": "application/json"})
    return json.loads(answered.body)["CreateAccessKeyResponse"]["CreateAccessKeyResult"]["AccessKey"]


ARNS = [
    "arn",
    "arn:aws:iam::123456789012",
    f"arn:aws-cn:iam::{ACCOUNT}:policy/there",
    f"arn:aws:iam:us-east-1:{ACCOUNT}:policy/there",
    "arn:aws:iam::999999999999:policy/there",
    "arn:aws:iam::aws:policy/NoSuchPolicy",
    f"arn:aws:iam::{ACCOUNT}:user/nobody",
    f"arn:aws:iam::{ACCOUNT}:policy/../policy/there",
    f"arn:aws:iam::{ACCOUNT}:policy//there",
    f"arn:aws:iam::{ACCOUNT}:policy/",
    "arn:aws:s3:::there-is-a-bucket",
    ":::::::::::::::::::::::::",
    "arn:aws:iam::*:policy/*",
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
def test_foreign_arns(stocked: Door, operation: OperationModel) -> None:
    caller = key_of(stocked)
    unchanged = Unchanged(stocked)
    for member in operation.inputs:
        names_one = member.name.endswith("Arn") or member.name == "PermissionsBoundary"
        if not names_one or member.shape.type != "string":
            continue
        for arn in ARNS:
            body = form(operation, {**required(operation, member.name), member.name: arn})
            answered = stocked.post(body, service=operation.service.name, key=caller)
            told = ("NoSuchEntity", "ValidationError", "InvalidInput", "AccessDenied", "InvalidIdentityToken")
            assert answered.code in told, (arn, answered)
    unchanged.check()


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"", "MissingAction", 400),
        (b"&&&===", "MissingAction", 400),
        (b"Action=", "MissingAction", 400),
        (b"Action=GetUser", "InvalidAction", 400),
        (b"Action=GetUser&Version=2011-06-15", "InvalidAction", 400),
        (b"Action=GetUser&Version=" + b"9" * 100_000, "InvalidAction", 400),
        (b"Action=getuser&Version=2010-05-08", "InvalidAction", 400),
        (b"Action=AssumeRole&Version=2010-05-08", "InvalidAction", 400),
        (b"Action=__init__&Version=2010-05-08", "InvalidAction", 400),
        (b"Action=" + b"A" * 100_000 + b"&Version=2010-05-08", "InvalidAction", 400),
        (b"Action=%01%ef%bf%be&Version=2010-05-08", "InvalidAction", 400),
        (b"Action=GetUser&Version=2010-05-08&" + b"a=b&" * 20_000, "MalformedInput", 400),
        (b"Action=GetUser&Version=2010-05-08&" + b"a" * 100_000 + b"=b", "MalformedInput", 400),
        (b"\xff\xfe\x00A\x00c", "MalformedInput", 400),
    ],
)
def test_forms(door: Door, body: bytes, code: str, status: int) -> None:
    answered = door.post(body).refused(code, status)
    assert len(answered.body) < 20_000


@pytest.mark.parametrize("kind", ["application/json", "text/xml", "multipart/form-data; boundary=x", "\u00fc"])
def test_bodies_that_are_no_forms(door: Door, kind: str) -> None:
    door.post(b"Action=GetUser&Version=2010-05-08", headers={"content-type": kind}).refused("UnknownOperationException")


def test_unknown_members_are_ignored(door: Door) -> None:
    """As AWS does (seen 2026)."""
    assert door.call("GetUser", {"Nonsense": "x", "Tags.member.1.Key": "x", "username": "nobody"}).status == 200

"""What AWS refuses to store, and in which words; what it takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.policy import Kind, MalformedPolicy, Position, load, parse, size

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
VENDORLESS = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
IAM_PATH = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, '
    "server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
)
SID_FORM = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
SOUND: dict[str, Any] = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket"}
TRUST: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(*statements: Any, **elements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **elements})


def changed(base: dict[str, Any], **elements: Any) -> dict[str, Any]:
    """The statement with elements set, or left out where None."""
    return {key: value for key, value in (base | elements).items() if value is not None}


def refusal(text: str, kind: Kind) -> str:
    with pytest.raises(MalformedPolicy) as caught:
        parse(text, kind)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no document", SYNTAX),
        ("", SYNTAX),
        ("[]", SYNTAX),
        ("{}", SYNTAX),
        ('{"Version": "2012-10-17", "Statement": []}', SYNTAX),
        ('{"Version": "2012-10-17", "Statement": ["x"]}', SYNTAX),
        (json.dumps({"Version": "2013-10-17", "Statement": SOUND}), SYNTAX),
        (document(SOUND, Extra="x"), SYNTAX),
        (document(SOUND, Id={}), SYNTAX),
        (document(changed(SOUND, Extra="x")), SYNTAX),
        (document(changed(SOUND, Sid=[])), SYNTAX),
        (document(changed(SOUND, Effect=None)), SYNTAX),
        (document(changed(SOUND, Effect="Perhaps")), SYNTAX),
        (document(changed(SOUND, Effect="allow")), LEGACY),
        (document(changed(SOUND, NotAction="s3:*")), SYNTAX),
        (document(changed(SOUND, NotResource=[])), SYNTAX),
        (document(changed(SOUND, Action=[[]])), SYNTAX),
        (document(changed(SOUND, Action={})), SYNTAX),
        (document(changed(SOUND, Resource=["x", {}])), SYNTAX),
        (document(changed(SOUND, Condition=[])), SYNTAX),
        (document(changed(SOUND, Condition={"StringEquals": "x"})), SYNTAX),
        (document(changed(SOUND, Condition={"StringEquals": {"a": {}}})), SYNTAX),
        (document(changed(SOUND, Condition={"StringEquals": {"a": [None]}})), SYNTAX),
        (document(changed(SOUND, Condition={"Unknown": {"a": "b"}})), SYNTAX),
        (document(changed(SOUND, Condition={"NullIfExists": {"a": "true"}})), SYNTAX),
        (document(changed(SOUND, Condition={"ForAnyValue::StringEquals": {"a": "b"}})), SYNTAX),
        (document(changed(SOUND, Action=None)), "Policy statement must contain actions."),
        (document(changed(SOUND, Action=[])), "Policy statement must contain actions."),
        (document(changed(SOUND, Resource=None)), "Policy statement must contain resources."),
        (document(changed(SOUND, Resource=[])), "Policy statement must contain resources."),
        (document(changed(SOUND, Action="invalid")), VENDORLESS),
        (document(changed(SOUND, Action="invalid", Resource=None)), VENDORLESS),
        (document(changed(SOUND, Action="a a:List")), "Vendor a a is not valid"),
        (document(changed(SOUND, Action="s3:List:Bucket")), "Actions/Condition can contain only one colon."),
        (
            document(changed(SOUND, Action="*:Create*")),
            "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.",
        ),
        (document(changed(SOUND, Resource="bucket")), 'Resource bucket must be in ARN format or "*".'),
        (document(changed(SOUND, Resource="")), 'Resource  must be in ARN format or "*".'),
        (
            document(changed(SOUND, Resource="a:b:c")),
            'Partition "b" is not valid for resource "arn:b:c:*:*:*".',
        ),
        (
            document(changed(SOUND, Resource="aws:s3:::bucket")),
            'Partition "s3" is not valid for resource "arn:s3:::bucket:*".',
        ),
        (
            document(changed(SOUND, Resource="arn:aws")),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            document(changed(SOUND, Resource="arn:aws:s*:::bucket")),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (document(changed(SOUND, Resource="x:aws:s3:::b")), 'Resource x:aws:s3:::b must be in ARN format or "*".'),
        (document(changed(SOUND, Resource="arn:aws:iam:::bucket")), IAM_PATH),
        (
            document(changed(SOUND, Resource="arn:aws:iam:us-east-1::user/x")),
            "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.",
        ),
        (
            document(changed(SOUND, Resource="arn:aws:s3:us-east-1::bucket")),
            "Resource arn:aws:s3:us-east-1::bucket can not contain region information.",
        ),
        (document(changed(SOUND, Resource="arn:aws:s3::bucket")), LEGACY),
        (document(changed(SOUND, Resource="arn:aws::::bucket")), LEGACY),
        (document(changed(SOUND, Condition={"DateLessThan": {"a": "soon"}})), LEGACY),
        (document(changed(SOUND, Condition={"DateLessThan": {"a": "2026-13-01"}})), LEGACY),
        (document(changed(SOUND, Condition={"DateLessThan": {"a": "9223372036854775808"}})), LEGACY),
        (document(changed(SOUND, Condition={"NumericEquals": {"a": "ten"}})), LEGACY),
        (document(changed(SOUND, Condition={"IpAddress": {"aws:SourceIp": "10.0.0"}})), LEGACY),
        (document(changed(SOUND, Condition={"IpAddress": {"aws:SourceIp": "2001:db8::1/32"}})), LEGACY),
        (document(changed(SOUND, Condition={"ArnLike": {"aws:SourceArn": "bucket"}})), LEGACY),
        (document(changed(SOUND, Condition={"BinaryEquals": {"a": "?"}})), LEGACY),
        (document(changed(SOUND, Principal="*")), "Policy document should not specify a principal."),
        (
            document(changed(SOUND, Sid="a"), changed(SOUND, Sid="a")),
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (
            document(changed(SOUND, Sid="a b")),
            SID_FORM,
        ),
    ],
)
def test_an_identity_policy_is_refused_in_awss_words(text: str, message: str) -> None:
    assert refusal(text, Kind.IDENTITY) == message


@pytest.mark.parametrize("version", [None, "2008-10-17"])
def test_only_managed_policies_must_be_of_the_latest_version(version: str | None) -> None:
    text = json.dumps(changed({"Version": version, "Statement": SOUND}))
    assert refusal(text, Kind.MANAGED) == "Policy document must be version 2012-10-17 or greater."
    assert not parse(text, Kind.IDENTITY).has_variables


@pytest.mark.parametrize(
    "statement",
    [
        changed(SOUND, Action="iam: any text "),
        changed(SOUND, Action="*"),
        changed(SOUND, Action="fsx-2.x:Unknown"),
        changed(SOUND, Resource=["arn:aws:s3:::bucket", "*"]),
        changed(SOUND, Resource="arn:aws:sqs"),
        changed(SOUND, Resource="arn:aws-cn:s3:::bucket"),
        changed(SOUND, Resource="arn:aws:iam::111122223333:root"),
        changed(SOUND, Resource="arn:aws:iam::*:user/${aws:username}"),
        changed(SOUND, Resource="arn:aws:s3:eu-west-1:111122223333:accesspoint/x"),
        changed(SOUND, Sid=""),
        changed(SOUND, Condition={}),
        changed(SOUND, Condition={"Unknown": {}}),
        changed(SOUND, Condition={"DateLessThan": {"a": []}}),
        changed(SOUND, Condition={"DateLessThan": {"a": ["2016-12-13t2:00:00.593194+23", "-292275054", "01T"]}}),
        changed(SOUND, Condition={"Bool": {"a": "perhaps"}, "Null": {"b": "no"}}),
        changed(SOUND, Condition={"NumericEquals": {"a": [10, "1.5", -2]}, "Bool": {"b": True}}),
        changed(SOUND, Condition={"ForAnyValue:StringEqualsIfExists": {"a": "b"}}),
        changed(SOUND, Condition={"ArnLike": {"aws:SourceArn": "${aws:PrincipalArn}"}}),
        changed(SOUND, Resource=None, NotResource="*", Action=None, NotAction="s3:*"),
    ],
)
def test_what_aws_stores_is_taken(statement: dict[str, Any]) -> None:
    parse(document(statement), Kind.MANAGED)
    parse(json.dumps({"Version": "2012-10-17", "Id": "x", "Statement": statement}), Kind.MANAGED)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"Version": "2012-10-17",}', "This policy contains invalid Json"),
        (json.dumps({"Version": "2013-10-17", "Statement": TRUST}), "The policy must contain a valid version string"),
        (document(), "Could not parse the policy: Statement is empty!"),
        (document(changed(TRUST, Effect=None)), "Missing required field Effect"),
        (document(changed(TRUST, Effect="allow")), "Invalid effect: allow"),
        (document(changed(TRUST, Principal=None)), "Missing required field Principal"),
        (document(changed(TRUST, Principal={})), "Missing required field Principal cannot be empty!"),
        (document(changed(TRUST, Principal="*")), 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
        (document(changed(TRUST, Principal="x")), "Principal must be a JSON object."),
        (document(changed(TRUST, Principal={"User": "x"})), 'Invalid principal in policy: "User"'),
        (document(changed(TRUST, Principal={"AWS": "x"})), 'Invalid principal in policy: "AWS":"x"'),
        (document(changed(TRUST, Principal={"Service": "*"})), 'Invalid principal in policy: "SERVICE":"*"'),
        (
            document(changed(TRUST, Principal={"AWS": "arn:aws:iam::111122223333:user/*"})),
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*"',
        ),
        (document(changed(TRUST, Principal=None, NotPrincipal="*")), "Allow with NotPrincipal is not allowed."),
        (
            document(changed(TRUST, Effect="Deny", Principal=None, NotPrincipal={"AWS": "111122223333"})),
            "AssumeRole policy must not contain NotPrincipal field.",
        ),
        (document(changed(TRUST, Action=None)), "Missing required field Action"),
        (document(changed(TRUST, Action="*")), "AssumeRole policy may only specify STS AssumeRole actions."),
        (document(changed(TRUST, Resource="*")), "Has prohibited field Resource"),
        (document(changed(TRUST, NotResource="*")), "AssumeRole policy must not contain resources."),
        (document(changed(TRUST, Sid="a"), changed(TRUST, Sid="a")), "The Statement Ids in the policy are not unique"),
    ],
)
def test_a_trust_policy_is_refused_in_awss_words(text: str, message: str) -> None:
    assert refusal(text, Kind.TRUST) == message


def test_a_resource_control_policy_is_about_everyone() -> None:
    denial = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    parse(document({**denial, "Principal": {"AWS": "*"}}), Kind.RCP)
    assert refusal(document({**denial, "Principal": {"AWS": "111122223333"}}), Kind.RCP).startswith("Invalid principal")


def test_all_errors_are_found_at_once_each_with_its_place() -> None:
    text = document(changed(SOUND, Action="invalid"), changed(SOUND, Effect="x"), changed(SOUND, Resource="y"))
    with pytest.raises(MalformedPolicy) as caught:
        parse(text, Kind.IDENTITY)
    problems = caught.value.problems
    assert [problem.message for problem in problems] == [
        SYNTAX,
        VENDORLESS,
        'Resource y must be in ARN format or "*".',
    ]
    assert [text[problem.column - 1 :][0] for problem in problems] == [" ", "{", " "]


def test_principals_are_listed_for_the_service_to_look_up() -> None:
    text = document(changed(TRUST, Principal={"AWS": ["*", "111122223333"], "Federated": "accounts.google.com"}))
    found = parse(text, Kind.TRUST).principals()
    assert found == (("AWS", "111122223333"), ("Federated", "accounts.google.com"))


def test_session_policies_may_hold_wrong_literals_but_no_short_arns() -> None:
    parse(document(changed(SOUND, Condition={"NumericEquals": {"a": "ten"}})), Kind.SESSION)
    assert refusal(document(changed(SOUND, Condition={"BinaryEquals": {"a": "?"}})), Kind.SESSION) == LEGACY
    assert refusal(document(changed(SOUND, Resource="arn:aws:sqs")), Kind.SESSION) == LEGACY


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
            Position(1, 38),
            Position(1, 84),
        ),
        (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
            Position(1, 41),
            Position(1, 91),
        ),
        (
            json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
                },
                indent=2,
            ),
            Position(3, 17),
            Position(8, 6),
        ),
    ],
)
def test_statements_have_the_places_that_the_simulator_tells(text: str, start: Position, end: Position) -> None:
    (statement,) = parse(text, Kind.IDENTITY).statements
    assert (statement.start, statement.end) == (start, end)


def test_a_later_statement_starts_behind_its_comma() -> None:
    text = document(SOUND, SOUND)
    second = parse(text, Kind.IDENTITY).statements[1]
    assert text[second.start.column - 2] == ","


def test_white_space_between_tokens_does_not_count() -> None:
    text = json.dumps({"Statement": [{"Sid": 'a " b\t', "Effect": "Allow"}]}, indent=4)
    assert size(text) == len(json.dumps(json.loads(text), separators=(",", ":")))


@pytest.mark.parametrize(
    "text",
    [
        '{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": ' + json.dumps(SOUND) + "}",
        document(changed(SOUND, Sid="\x00")),
        document(changed(SOUND, Sid="\ud800")),
        document(SOUND).replace("bucket", "b\U0001f600"),
        document(SOUND).replace("bucket", "b\x7f\u0394"),
        document(SOUND).replace("bucket", "b\x01"),
        "[" * 100_000,
        '{"a":' * 100_000,
        document(SOUND) + "x",
        "{1: 2}",
        '{"a" 1}',
        '{"a": 1 "b"}',
        '["a" "b"]',
        "[1, tru]",
        document(SOUND).replace('"Allow"', "NaN"),
        document(SOUND).replace('"Allow"', "1" * 50_000),
        document(changed(SOUND, Condition={"NumericEquals": {"a": "9" * 50_000}})),
        document(changed(SOUND, Condition={"NumericEquals": {"a": "1e999999999999"}})),
        document(changed(SOUND, Condition={"DateEquals": {"a": "9" * 50_000}})),
        document(SOUND).replace('"s3:ListBucket"', '"s3:\\u12"'),
    ],
)
def test_hostile_text_is_refused(text: str) -> None:
    assert refusal(text, Kind.IDENTITY) in (SYNTAX, LEGACY)


def test_escaped_characters_outside_latin_1_are_read() -> None:
    text = document(changed(SOUND, Resource="arn:aws:s3:::\U0001f600"))
    assert parse(text, Kind.IDENTITY).statements[0].resources == ("arn:aws:s3:::\U0001f600",)


def test_equal_documents_share_one_policy() -> None:
    assert load(document(SOUND), Kind.IDENTITY) is load(document(SOUND), Kind.IDENTITY)

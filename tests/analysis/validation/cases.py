"""For every issue code a policy that has it and one, hardly different, that has it not.

A case is the kind of policy, what is changed in a sound statement of that kind, and what is changed to mend it. The
value `...` takes an element away; a text is the whole policy.
"""

from __future__ import annotations

import json
from typing import Any

Case = tuple[str, Any, Any]

OBJECT = "arn:aws:s3:::bucket/*"
BUCKET_POLICY = "resource:AWS::S3::Bucket"
SOUND: dict[str, dict[str, Any]] = {
    "identity": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECT},
    "resource": {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/reader"},
        "Action": "s3:GetObject",
        "Resource": OBJECT,
    },
    "trust": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"},
    "scp": {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
    "rcp": {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"},
}


def policy(kind: str, changes: Any) -> str:
    """The text of a case's policy."""
    if isinstance(changes, str):
        return changes
    several = changes if isinstance(changes, list) else [changes]
    statements = [
        {name: value for name, value in {**SOUND[kind.partition(":")[0]], **each}.items() if value is not ...}
        for each in several
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


def resource(arn: str) -> dict[str, str]:
    return {"Action": "*", "Resource": arn}


def federated(principal: str, action: str = "sts:AssumeRoleWithWebIdentity", **changes: Any) -> dict[str, Any]:
    return {"Principal": {"Federated": principal}, "Action": action, **changes}


def service(name: str, **changes: Any) -> dict[str, Any]:
    return {"Principal": {"Service": name}, **changes}


def passing(action: str, roles: str, **changes: Any) -> dict[str, Any]:
    return {"Action": action, "Resource": roles, **changes}


ONE_ROLE = "arn:aws:iam::111122223333:role/web"
LINKED = "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
GITHUB_SUB = "token.actions.githubusercontent.com:sub"
SAML = "arn:aws:iam::111122223333:saml-provider/corp"
TAGGED = when("StringEquals", "aws:ResourceTag/team", "red")
ANY_SOURCE = {"Bool": {"aws:PrincipalIsAWSService": "true"}, "Null": {"aws:SourceAccount": "false"}}
ORG = {"aws:SourceOrgID": "o-1"}
VARIABLE = "arn:aws:s3:::bucket/${aws:username}/*"


def variable(text: str) -> dict[str, str]:
    return {"Resource": f"arn:aws:s3:::bucket/{text}/*"}


def grants(prefix: str, action: str, one: str, kind: str = "identity") -> dict[str, Case]:
    """The cases of a permission that hands on others'."""
    away = {"Resource": ..., "NotResource": one}
    not_action = {"Action": ..., "NotAction": "s3:*"}
    safe = {"Action": ..., "NotAction": action}
    return {
        f"{prefix}_WITH_NOT_RESOURCE": (kind, {**passing(action, one), **away}, passing(action, one)),
        f"{prefix}_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE": (kind, {"Action": "iam:*", **away}, passing("iam:*", one)),
        f"{prefix}_WITH_NOT_ACTION_AND_NOT_RESOURCE": (kind, {**not_action, **away}, {**safe, **away}),
        f"{prefix}_WITH_STAR_IN_RESOURCE": (kind, passing(action, "*"), passing(action, one)),
        f"{prefix}_WITH_STAR_IN_ACTION_AND_RESOURCE": (kind, passing("iam:*", "*"), passing("iam:Get*", "*")),
        f"{prefix}_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION": (
            kind,
            {**not_action, "Resource": "*"},
            {**safe, "Resource": "*"},
        ),
    }


ERRORS: dict[str, Case] = {
    "ARN_ACCOUNT_NOT_ALLOWED": ("identity", resource("arn:aws:s3:::b/o".replace(":::", "::111122223333:")), {}),
    "ARN_REGION_NOT_ALLOWED": ("identity", resource("arn:aws:iam:us-east-1:111122223333:user/a"), {}),
    "DATA_TYPE_MISMATCH": ("identity", {"Action": ["s3:GetObject", 1]}, {"Action": ["s3:GetObject"]}),
    "DUPLICATE_KEYS_WITH_DIFFERENT_CASE": (
        "identity",
        {"Condition": {"StringEquals": {"aws:PrincipalType": "User", "aws:principaltype": "User"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalType": "User", "aws:userid": "AIDAEXAMPLE"}}},
    ),
    "INVALID_ACTION": ("identity", {"Action": "s3:GetObjcet"}, {"Action": "S3:getobject"}),
    "INVALID_ARN_ACCOUNT": ("identity", resource("arn:aws:sqs:us-east-1:1111:q"), resource("arn:aws:sqs:*:*:q")),
    "INVALID_ARN_PREFIX": ("identity", resource("bucket/*"), resource("*")),
    "INVALID_ARN_REGION": (
        "identity",
        resource("arn:aws:sqs:us-moon-1:111122223333:q"),
        resource("arn:aws:sqs:us-east-1:111122223333:q"),
    ),
    "INVALID_ARN_RESOURCE": (
        "identity",
        resource("arn:aws:iam::111122223333:usr/a"),
        resource("arn:aws:iam::111122223333:u*"),
    ),
    "INVALID_ARN_SERVICE_CASE": ("identity", resource("arn:aws:S3:::bucket"), resource("arn:aws:s3:::bucket")),
    "INVALID_CONDITION_DATA_TYPE": (
        "identity",
        when("NumericEquals", "aws:MultiFactorAuthAge", [1, "2"]),
        when("NumericEquals", "aws:MultiFactorAuthAge", [1, 2]),
    ),
    "INVALID_CONDITION_KEY_FORMAT": (
        "identity",
        when("StringEquals", "PrincipalType", "User"),
        when("StringEquals", "aws:PrincipalType", "User"),
    ),
    "INVALID_CONDITION_MULTIPLE_BOOLEAN": (
        "identity",
        when("Bool", "aws:SecureTransport", ["true", "false"]),
        when("Bool", "aws:SecureTransport", "true"),
    ),
    "INVALID_CONDITION_OPERATOR": (
        "identity",
        when("StringEqual", "aws:PrincipalType", "User"),
        when("StringEquals", "aws:PrincipalType", "User"),
    ),
    "INVALID_EFFECT": ("identity", {"Effect": "allow"}, {"Effect": "Allow"}),
    "INVALID_GLOBAL_CONDITION_KEY": (
        "identity",
        when("StringEquals", "aws:PrincipalOrg", "o-1"),
        when("StringEquals", "aws:PrincipalOrgID", "o-1"),
    ),
    "INVALID_PARTITION": ("identity", resource("arn:aws-moon:s3:::b"), resource("arn:aws-cn:s3:::b")),
    "INVALID_POLICY_ELEMENT": ("identity", {"Actions": "s3:*"}, {"Sid": "Actions"}),
    "INVALID_PRINCIPAL_FORMAT": ("resource", {"Principal": "111122223333"}, {"Principal": "*"}),
    "INVALID_PRINCIPAL_KEY": ("resource", {"Principal": {"Aws": "111122223333"}}, {}),
    "INVALID_REGION": (
        "identity",
        when("StringEquals", "aws:RequestedRegion", "us-moon-1"),
        when("StringEquals", "aws:RequestedRegion", "eu-west-1"),
    ),
    "INVALID_SERVICE": ("identity", resource("arn:aws:moon:::b"), resource("arn:aws:s3:::b")),
    "INVALID_SERVICE_CONDITION_KEY": (
        "identity",
        when("StringEquals", "s3:prefixes", "a"),
        when("StringEquals", "s3:authType", "REST-HEADER"),
    ),
    "INVALID_SERVICE_IN_ACTION": ("identity", {"Action": "s33:GetObject"}, {"Action": "*"}),
    "INVALID_VARIABLE_FOR_OPERATOR": (
        "identity",
        when("IpAddress", "aws:SourceIp", "${aws:SourceIp}"),
        when("StringEquals", "aws:username", "${aws:PrincipalTag/name}"),
    ),
    "INVALID_VERSION": ("identity", '{"Version": "2012-10-18", "Statement": []}', {}),
    "JSON_SYNTAX_ERROR": ("identity", '{"Version": "2012-10-17",}', {}),
    "MISSING_ACTION": ("identity", {"Action": ...}, {}),
    "MISSING_ARN_FIELD": ("identity", resource("arn:aws:s3"), resource("arn:aws:s3:::b")),
    "MISSING_ARN_REGION": ("identity", resource("arn:aws:sqs::111122223333:q"), {}),
    "MISSING_EFFECT": ("identity", {"Effect": ...}, {}),
    "MISSING_PRINCIPAL": ("resource", {"Principal": ...}, {}),
    "MISSING_QUALIFIER": (
        "identity",
        when("StringEquals", "aws:TagKeys", "team"),
        when("ForAllValues:StringEquals", "aws:TagKeys", "team"),
    ),
    "MISSING_RESOURCE": ("identity", {"Resource": ...}, {}),
    "MISSING_STATEMENT": ("identity", '{"Version": "2012-10-17"}', {}),
    "NULL_WITH_IF_EXISTS": (
        "identity",
        when("NullIfExists", "aws:SourceVpc", "true"),
        when("Null", "aws:SourceVpc", "true"),
    ),
    "SCP_SYNTAX_ERROR_ACTION_WILDCARD": ("scp", {"Action": "s*:DeleteBucket"}, {"Action": "s3:*Bucket"}),
    "SCP_SYNTAX_ERROR_PRINCIPAL": ("scp", {"Principal": "*"}, {}),
    "UNIQUE_SIDS_REQUIRED": ("identity", [{"Sid": "A"}, {"Sid": "A"}], [{"Sid": "A"}, {"Sid": "B"}]),
    "UNSUPPORTED_ACTION_IN_POLICY": (BUCKET_POLICY, {"Action": "s3:ListAllMyBuckets"}, {"Action": "s3:Get*"}),
    "UNSUPPORTED_ELEMENT_COMBINATION": ("identity", {"NotAction": "s3:*"}, {"Action": ..., "NotAction": "s3:*"}),
    "UNSUPPORTED_GLOBAL_CONDITION_KEY": (
        "identity",
        when("ArnLike", "aws:ARN", ONE_ROLE),
        when("ArnLike", "aws:PrincipalArn", ONE_ROLE),
    ),
    "UNSUPPORTED_PRINCIPAL": ("identity", {"Principal": "*"}, {}),
    "UNSUPPORTED_RESOURCE_ARN_IN_POLICY": (
        BUCKET_POLICY,
        {"Resource": "arn:aws:kms:us-east-1:111122223333:key/1"},
        {},
    ),
    "UNSUPPORTED_SID": ("identity", {"Sid": "a b"}, {"Sid": "ab"}),
    "UNSUPPORTED_WILDCARD_IN_PRINCIPAL": (
        "resource",
        {"Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}},
        {"Principal": {"AWS": "*"}},
    ),
    "MISSING_BRACE_IN_VARIABLE": ("identity", variable("${aws:username"), variable("${aws:username}")),
    "MISSING_QUOTE_IN_VARIABLE": (
        "identity",
        variable("${aws:PrincipalTag/a, b}"),
        variable("${aws:PrincipalTag/a, 'b'}"),
    ),
    "UNSUPPORTED_SPACE_IN_VARIABLE": ("identity", variable("${aws: username}"), variable("${aws:username}")),
    "EMPTY_VARIABLE": ("identity", variable("${}"), variable("${*}")),
    "VARIABLE_UNSUPPORTED_IN_ELEMENT": (
        "resource",
        {"Principal": {"AWS": "arn:aws:iam::111122223333:user/${aws:username}"}},
        {"Resource": VARIABLE},
    ),
    "VARIABLE_UNSUPPORTED_IN_VERSION": (
        "identity",
        json.dumps({"Statement": {**SOUND["identity"], "Resource": VARIABLE}}),
        {"Resource": VARIABLE},
    ),
    "PRIVATE_IP_ADDRESS": (
        "identity",
        when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
    ),
    "PRIVATE_NOT_IP_ADDRESS": (
        "identity",
        when("NotIpAddress", "aws:SourceIp", ["10.1.0.0/16", "fd00::/8"]),
        when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ),
    "POLICY_SIZE_EXCEEDS_SCP_QUOTA": ("scp", {"Sid": "a" * 10_300}, {"Sid": "a" * 10_000}),
    "INVALID_SERVICE_PRINCIPAL_FORMAT": (
        "trust",
        service("lambda"),
        service("lambda.amazonaws.com"),
    ),
    "MISSING_TAG_KEY_IN_CONDITION": (
        "identity",
        when("StringEquals", "aws:PrincipalTag", "a"),
        when("StringEquals", "aws:PrincipalTag/team", "a"),
    ),
    "INVALID_VPC_FORMAT": (
        "identity",
        when("StringEquals", "aws:SourceVpc", "vpc-1"),
        when("StringEquals", "aws:SourceVpc", "vpc-12345678"),
    ),
    "INVALID_VPCE_FORMAT": (
        "identity",
        when("StringEquals", "aws:SourceVpce", "vpc-12345678"),
        when("StringEquals", "aws:SourceVpce", "vpce-0123456789abcdef0"),
    ),
    "FEDERATED_PRINCIPAL_NOT_SUPPORTED": ("resource", {"Principal": {"Federated": SAML}}, {}),
    "UNSUPPORTED_ACTION_FOR_CONDITION_KEY": (
        "identity",
        {"Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*", **when("StringEquals", "s3:prefix", "a/")},
        {"Action": ["s3:ListBucket", "s3:Get*"], "Resource": "*", **when("StringEquals", "s3:prefix", "a/")},
    ),
    "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL": (
        "resource",
        service("cloudfront.amazonaws.com", **when("StringEquals", "aws:PrincipalOrgID", "o-1")),
        service("cloudfront.amazonaws.com", **when("StringEqualsIfExists", "aws:PrincipalOrgID", "o-1")),
    ),
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL": (
        "trust",
        {"Principal": ..., "NotPrincipal": {"AWS": "111122223333"}},
        {},
    ),
    "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL": ("trust", {"Principal": "*"}, {"Principal": {"AWS": "*"}}),
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE": ("trust", {"Resource": "*"}, {}),
    "TYPE_MISMATCH_IP_RANGE": (
        "identity",
        when("IpAddress", "aws:SourceIp", ["203.0.113.0/33"]),
        when("IpAddress", "aws:SourceIp", ["203.0.113.7", "2001:db8::/32"]),
    ),
    "MISSING_ACTION_FOR_CONDITION_KEY": (
        "trust",
        when("StringEquals", "aws:RequestTag/team", "red"),
        {"Action": ["sts:AssumeRole", "sts:TagSession"], **when("StringEquals", "aws:RequestTag/team", "red")},
    ),
    "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY": (
        "trust",
        federated("corp"),
        federated("accounts.google.com", **when("StringEquals", "accounts.google.com:aud", "a")),
    ),
    "MISMATCHED_ACTION_FOR_PRINCIPAL": ("trust", federated(SAML), federated(SAML, "sts:AssumeRoleWithSAML")),
    "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY": (
        "trust",
        service("rolesanywhere.amazonaws.com"),
        service("rolesanywhere.amazonaws.com", Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]),
    ),
    "POLICY_SIZE_EXCEEDS_RCP_QUOTA": ("rcp", {"Sid": "a" * 5_100}, {"Sid": "a" * 4_000}),
    "RCP_SYNTAX_ERROR_PRINCIPAL": ("rcp", {"Principal": {"AWS": "*"}}, {}),
    "RCP_SYNTAX_ERROR_ALLOW": ("rcp", {"Effect": "Allow"}, {"Effect": "Allow", "Action": "*"}),
    "RCP_SYNTAX_ERROR_NOTACTION": ("rcp", {"Action": ..., "NotAction": "s3:GetObject"}, {}),
    "RCP_SYNTAX_ERROR_ACTION": ("rcp", {"Action": "iam:GetUser"}, {"Action": "sts:AssumeRole"}),
    "MISSING_ARN_ACCOUNT": (
        "identity",
        resource("arn:aws:sqs:us-east-1::q"),
        resource("arn:aws:ssm:*::document/AWS-*"),
    ),
    "INVALID_KMS_KEY_VALUE": (
        "identity",
        when("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", "alias/a"),
        when(
            "StringEquals",
            "s3:x-amz-server-side-encryption-aws-kms-key-id",
            "arn:aws:kms:us-east-1:111122223333:key/1234abcd",
        ),
    ),
    "VARIABLE_USAGE_TOO_PERMISSIVE": (
        "identity",
        when("StringEquals", "aws:PrincipalOrgID", "${aws:PrincipalTag/org}"),
        when("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"),
    ),
    "WILDCARD_USAGE_TOO_PERMISSIVE": (
        "identity",
        when("StringLike", "aws:userid", "AROA*"),
        when("StringLike", "aws:userid", "AROAEXAMPLEID:*"),
    ),
}

SECURITY_WARNINGS: dict[str, Case] = {
    "ALLOW_WITH_NOT_PRINCIPAL": (
        "resource",
        {"Principal": ..., "NotPrincipal": {"AWS": "111122223333"}},
        {"Effect": "Deny", "Principal": ..., "NotPrincipal": {"AWS": "111122223333"}},
    ),
    "FORALLVALUES_WITH_SINGLE_VALUED_KEY": (
        "identity",
        when("ForAllValues:StringEquals", "aws:PrincipalType", "User"),
        when("ForAllValues:StringEquals", "aws:TagKeys", "team"),
    ),
    **grants("PASS_ROLE", "iam:PassRole", ONE_ROLE),
    "UNTRUSTWORTHY_CONDITION_KEY": (
        "identity",
        when("StringEquals", "aws:UserAgent", "me"),
        when("StringEquals", "aws:userid", "AIDAEXAMPLE"),
    ),
    "MISSING_PAIRED_CONDITION_KEYS": (
        "identity",
        when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
        {
            "Condition": {
                "IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"},
                "StringEquals": {"aws:SourceVpc": "vpc-12345678"},
            }
        },
    ),
    "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": (
        "identity",
        {"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*", **TAGGED},
        {"Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "Resource": "*", **TAGGED},
    ),
    "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": (
        "identity",
        {"Effect": "Deny", "Action": ..., "NotAction": "s3:*", **TAGGED},
        {"Effect": "Deny", "Action": "ec2:*", **TAGGED},
    ),
    "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL": (
        "resource",
        service("logs.amazonaws.com"),
        service("logs.amazonaws.com", **when("StringEquals", "aws:SourceAccount", "111122223333")),
    ),
    "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL": (
        "trust",
        federated("accounts.google.com"),
        federated("accounts.google.com", **when("StringEquals", "accounts.google.com:sub", "1")),
    ),
    "MISSING_GITHUB_REPO_CONDITION_KEY": (
        "trust",
        federated(GITHUB),
        federated(GITHUB, **when("StringEquals", GITHUB_SUB, "repo:a/b:ref:refs/heads/main")),
    ),
    "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS": (
        "identity",
        when("StringLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
        when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
    ),
    "DYNAMODB_ATTRIBUTES_WITHOUT_SELECT": (
        "identity",
        {"Action": "dynamodb:*", **when("ForAllValues:StringEquals", "dynamodb:Attributes", "a")},
        {
            "Action": "dynamodb:*",
            "Condition": {
                "ForAllValues:StringEquals": {"dynamodb:Attributes": "a"},
                "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
            },
        },
    ),
    "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE": (
        "trust",
        federated("accounts.google.com", **when("ForAnyValue:StringEquals", "accounts.google.com:aud", "a")),
        federated("accounts.google.com", **when("StringEquals", "accounts.google.com:aud", "a")),
    ),
}

WARNINGS: dict[str, Case] = {
    **grants("CREATE_SLR", "iam:CreateServiceLinkedRole", LINKED),
    "DEPRECATED_GLOBAL_CONDITION_KEY": (
        "identity",
        when("ArnLike", "AWS:arn", ONE_ROLE),
        when("ArnLike", "aws:SourceArn", ONE_ROLE),
    ),
    "INVALID_DATE_VALUE": (
        "identity",
        when("DateLessThan", "aws:CurrentTime", "20261122"),
        when("DateLessThan", "aws:EpochTime", "1795392000"),
    ),
    "INVALID_ROLE_REFERENCE": ("trust", {"Principal": {"AWS": "AROAEXAMPLEIDOFROLE01"}}, {}),
    "INVALID_USER_REFERENCE": ("resource", {"Principal": {"AWS": "AIDAEXAMPLEIDOFUSER01"}}, {}),
    "MISSING_VERSION": ("identity", '{"Statement": []}', {}),
    "UNIQUE_SIDS_RECOMMENDED": ("resource", [{"Sid": "A"}, {"Sid": "A"}], [{"Sid": "A"}, {"Sid": "B"}]),
    "WILDCARD_WITHOUT_LIKE_OPERATOR": (
        "identity",
        when("StringEquals", "aws:username", "a*"),
        when("StringLike", "aws:username", "a*"),
    ),
    "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA": ("identity", {"Sid": "a" * 6_200}, {"Sid": "a" * 6_000}),
    "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA": ("resource", {"Sid": "a" * 20_500}, {"Sid": "a" * 20_000}),
    "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA": ("trust", {"Sid": "a" * 2_100}, {"Sid": "a" * 1_500}),
    "TYPE_MISMATCH": (
        "identity",
        when("StringEquals", "aws:SecureTransport", "true"),
        when("NumericLessThan", "aws:EpochTime", "1795392000"),
    ),
    "TYPE_MISMATCH_BOOLEAN": (
        "identity",
        when("Bool", "aws:SecureTransport", "yes"),
        when("Bool", "aws:SecureTransport", "TRUE"),
    ),
    "TYPE_MISMATCH_DATE": (
        "identity",
        when("DateLessThan", "aws:CurrentTime", "tomorrow"),
        when("DateLessThan", "aws:CurrentTime", "2026-11-22T10:00:00Z"),
    ),
    "TYPE_MISMATCH_NUMBER": (
        "identity",
        when("NumericLessThan", "aws:MultiFactorAuthAge", "an hour"),
        when("NumericLessThan", "aws:MultiFactorAuthAge", 3600),
    ),
    "TYPE_MISMATCH_STRING": (
        "identity",
        when("BinaryEquals", "example.com:key", "?"),
        when("BinaryEquals", "example.com:key", "QmluYXJ5"),
    ),
    "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED": (
        "trust",
        federated(GITHUB, **when("StringLike", GITHUB_SUB, "repo:a/*")),
        federated(GITHUB, **when("StringLike", GITHUB_SUB, "repo:a/b:ref:refs/heads/main")),
    ),
    "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY": (
        "rcp",
        when("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1"),
        {
            "Condition": {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            }
        },
    ),
    "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY": (
        "rcp",
        {"Condition": {"StringNotEqualsIfExists": ORG, "Null": {"aws:SourceAccount": "false"}}},
        {"Condition": {"StringNotEqualsIfExists": ORG, **ANY_SOURCE}},
    ),
    "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK": (
        "rcp",
        {"Condition": {"StringNotEqualsIfExists": ORG, "Bool": {"aws:PrincipalIsAWSService": "true"}}},
        {"Condition": {"StringNotEqualsIfExists": ORG, **ANY_SOURCE}},
    ),
    "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES": (
        "identity",
        {"Action": "*", **when("StringEquals", "aws:VpceAccount", "111122223333")},
        {"Action": "s3:*", **when("StringEquals", "aws:VpceAccount", "111122223333")},
    ),
}

SUGGESTIONS: dict[str, Case] = {
    "EMPTY_ARRAY_ACTION": ("identity", {"Action": []}, {}),
    "EMPTY_ARRAY_CONDITION": (
        "identity",
        when("StringEquals", "aws:username", []),
        when("StringEquals", "aws:username", ["a"]),
    ),
    "EMPTY_ARRAY_CONDITION_FORALLVALUES": (
        "identity",
        when("ForAllValues:StringEquals", "aws:TagKeys", []),
        when("ForAnyValue:StringEquals", "aws:TagKeys", []),
    ),
    "EMPTY_ARRAY_CONDITION_FORANYVALUE": (
        "identity",
        when("ForAnyValue:StringEquals", "aws:TagKeys", []),
        when("ForAllValues:StringEquals", "aws:TagKeys", []),
    ),
    "EMPTY_ARRAY_CONDITION_IFEXISTS": (
        "identity",
        when("StringEqualsIfExists", "aws:username", []),
        when("StringEquals", "aws:username", []),
    ),
    "EMPTY_ARRAY_PRINCIPAL": ("resource", {"Principal": {"AWS": []}}, {}),
    "EMPTY_ARRAY_RESOURCE": ("identity", {"Resource": []}, {}),
    "EMPTY_OBJECT_CONDITION": ("identity", {"Condition": {}}, {}),
    "EMPTY_OBJECT_PRINCIPAL": ("resource", {"Principal": {}}, {}),
    "EMPTY_SID_VALUE": ("identity", {"Sid": ""}, {}),
    "IMPROVE_IP_RANGE": (
        "identity",
        when("IpAddress", "aws:SourceIp", "203.0.113.7/24"),
        when("IpAddress", "aws:SourceIp", "203.0.113.7"),
    ),
    "NULL_WITH_QUALIFIER": (
        "identity",
        when("ForAnyValue:Null", "aws:TagKeys", "true"),
        when("Null", "aws:TagKeys", "true"),
    ),
    "PRIVATE_IP_ADDRESS_SUBSET": (
        "identity",
        when("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.0/24"]),
        when("IpAddress", "aws:SourceIp", ["198.51.100.0/24", "203.0.113.0/24"]),
    ),
    "PRIVATE_NOT_IP_ADDRESS_SUBSET": (
        "identity",
        when("NotIpAddress", "aws:SourceIp", ["192.168.0.0/16", "203.0.113.0/24"]),
        when("NotIpAddress", "aws:SourceIp", ["192.168.0.0/16"]),
    ),
    "REDUNDANT_ACTION": ("identity", {"Action": ["s3:GetObject", "s3:Get*"]}, {"Action": ["s3:GetObject", "s3:Put*"]}),
    "REDUNDANT_CONDITION_VALUE_NUM": (
        "identity",
        when("NumericLessThan", "aws:MultiFactorAuthAge", [60, 3600]),
        when("NumericEquals", "aws:MultiFactorAuthAge", [60, 3600]),
    ),
    "REDUNDANT_RESOURCE": ("identity", {"Resource": [OBJECT, "*"]}, {"Resource": [OBJECT, "arn:aws:s3:::other/*"]}),
    "REDUNDANT_STATEMENT": (
        "identity",
        [{"Sid": "A"}, {"Sid": "B"}],
        [{"Sid": "A"}, {"Sid": "B", "Effect": "Deny"}],
    ),
    "WILDCARD_IN_SERVICE_NAME": ("identity", resource("arn:aws:s*:::b"), resource("arn:aws:s3:::b")),
    "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": (
        "identity",
        {"Action": "iam:ListUsers", "Resource": "*", **TAGGED},
        {"Action": "iam:ListUsers", "Resource": "*", **when("Null", "aws:ResourceTag/team", "true")},
    ),
    "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": (
        "identity",
        {"Action": ..., "NotAction": "s3:*", **TAGGED},
        {"Action": "ec2:*", **TAGGED},
    ),
    "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL": (
        "resource",
        service("logs.amazonaws.com", **when("StringEquals", "aws:Referer", "1")),
        service("logs.amazonaws.com"),
    ),
    "IRRELEVANT_CONDITION_KEY_IN_POLICY": (
        BUCKET_POLICY,
        when("StringEquals", "s3:ResourceAccount", "111122223333"),
        when("StringEquals", "aws:PrincipalAccount", "111122223333"),
    ),
    "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION": (
        "identity",
        when("StringLikeIfExists", "aws:username", "*"),
        when("StringLike", "aws:username", "*"),
    ),
    "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY": (
        "trust",
        {"Principal": {"AWS": [ONE_ROLE, "arn:aws:sts::111122223333:assumed-role/web/s"]}},
        {"Principal": {"AWS": ["arn:aws:sts::111122223333:assumed-role/web/s"]}},
    ),
    "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION": (
        "identity",
        when("StringNotLike", "aws:username", "*"),
        when("StringNotLike", "aws:username", "a*"),
    ),
    "CONFIRM_AUDIENCE_CLAIM_TYPE": (
        "trust",
        federated("id.example.com", **when("ForAnyValue:StringEquals", "id.example.com:aud", "a")),
        federated("id.example.com", **when("StringEquals", "id.example.com:aud", "a")),
    ),
}

CASES: dict[str, Case] = {**ERRORS, **SECURITY_WARNINGS, **WARNINGS, **SUGGESTIONS}

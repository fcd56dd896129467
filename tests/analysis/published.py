"""What AWS has published of its checks: sample policies, and whether they pass.

https://github.com/aws-samples/iam-access-analyzer-custom-policy-check-samples (identity-policies, resource-policies)
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Statement = dict[str, Any]


class Sample(NamedTuple):
    """A reference policy (the existing one), what passes against it, and what does not."""

    reference: list[Statement]
    passing: list[list[Statement]]
    failing: list[list[Statement]]


def allow(action: Any, resource: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> Statement:
    return {**allow(action, resource, **more), "Effect": "Deny"}


# Sensitive resources: what they are called, another one, and actions on them (the first and second are tried alone).
SENSITIVE = {
    "arn:aws:cloudformation:*:*:stack/MySensitiveStack/*": ("stack/NotMySensitiveStack/*", "DeleteStack UpdateStack RollbackStack"),
    "arn:aws:cloudtrail:*:*:trail/MySensitiveTrail": ("trail/NotMySensitiveTrail", "StopLogging DeleteTrail UpdateTrail"),
    "arn:aws:dynamodb:*:*:table/MySensitiveTable": ("table/NotASensitiveTable", "Scan GetItem Query"),
    "arn:aws:ec2:*:*:image/ami-sensitive": ("image/ami-notsensitive", "RunInstances CopyImage ExportImage"),
    "arn:aws:ec2:*:*:instance/i-sensitive": ("i-not-sensitive", "TerminateInstances StopInstances CreateImage"),
    "arn:aws:ec2:*:*:network-acl/acl-sensitive": ("network-acl/not-sensitive", "DeleteNetworkAclEntry DeleteNetworkAcl ReplaceNetworkAclEntry"),
    "arn:aws:ec2:*:*:security-group/sg-sensitive": ("security-group/sg-not-sensitive", "DeleteSecurityGroup ModifySecurityGroupRules"),
    "arn:aws:ec2:*:*:subnet/subnet-sensitive": ("subnet/subnet-not-sensitive", "DeleteSubnet ReplaceRouteTableAssociation RunInstances"),
    "arn:aws:ec2:*:*:transit-gateway/tgw-sensitive": ("transit-gateway/tgw-not-sensitive", "CreateTransitGatewayPeeringAttachment DeleteTransitGateway ModifyTransitGateway"),
    "arn:aws:ec2:*:*:vpc-endpoint/vpce-sensitive": ("vpc-endpoint/vpce-not-sensitive", "ModifyVpcEndpoint DeleteVpcEndpoints CreateTrafficMirrorTarget"),
    "arn:aws:ec2:*:*:vpc/vpc-sensitive": ("vpc/vpc-not-sensitive", "AttachInternetGateway DeleteVpc CreateVpcPeeringConnection"),
    "arn:aws:ecr:*:*:repository/MySensitiveRepo": ("repository/NotASensitiveRepo", "BatchDeleteImage BatchGetImage PutImage DeleteRepository"),
    "arn:aws:ecs:*:*:cluster/MySensitiveCluster": ("cluster/NotASensitiveCluster", "ExecuteCommand DeleteCluster UpdateCluster"),
    "arn:aws:ecs:*:*:service/MyCluster/MySensitiveServiceName": ("service/MyCluster/MyNotSensitiveService", "DeleteService UpdateService UpdateServicePrimaryTaskSet"),
    "arn:aws:ecs:*:*:task-definition/MySensitiveTaskDefinitionFamilyName:*": ("task-definition/MyNotSensitiveTaskDefinitionFamilyName:*", "DeleteTaskDefinitions RunTask StartTask"),
    "arn:aws:eks:*:*:cluster/MySensitiveCluster": ("cluster/MyNotSensitiveCluster", "DeleteCluster AccessKubernetesApi UpdateClusterConfig"),
    "arn:aws:elasticfilesystem:*:*:file-system/MySensitiveFileSystemId": ("file-system/MyNotSensitiveFileSystemId", "ClientMount Backup ClientRootAccess"),
    "arn:aws:iam::*:oidc-provider/MySensitiveOidcProvider": ("oidc-provider/MyNotSensitiveOidcProvider", "DeleteOpenIDConnectProvider AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider"),
    "arn:aws:iam::*:policy/MySensitiveIamPolicy": ("policy/MyNotSensitiveIamPolicy", "CreatePolicyVersion DeletePolicy SetDefaultPolicyVersion"),
    "arn:aws:iam::*:role/MySensitiveRole": ("role/MyNotSensitiveRole", "DeleteRole PassRole AttachRolePolicy"),
    "arn:aws:iam::*:saml-provider/MySensitiveSamlProvider": ("saml-provider/MyNotSensitiveSamlProvider", "UntagSAMLProvider UpdateSAMLProvider DeleteSAMLProvider"),
    "arn:aws:iam::*:user/MySensitiveUser": ("user/MyNotSensitiveUser", "ChangePassword CreateAccessKey AttachUserPolicy"),
    "arn:aws:lambda:*:*:function:MySensitiveFunctionName": ("function:MyNotSensitiveFunctionName", "CreateAlias DeleteFunction AddPermission"),
    "arn:aws:rds:*:*:cluster:MySensitiveClusterName": ("cluster:MyNotSensitiveClusterName", "DeleteDBCluster AddRoleToDBCluster ApplyPendingMaintenanceAction"),
    "arn:aws:rds:*:*:db:MySensitiveDbInstanceName": ("db:MyNotSensitiveDbInstanceName", "ApplyPendingMaintenanceAction DeleteDBInstance AddRoleToDBInstance"),
    "arn:aws:redshift:*:*:cluster:MySensitiveClusterName": ("cluster:MyNotSensitiveClusterName", "DisableLogging ModifyCluster DeleteCluster"),
    "arn:aws:rolesanywhere:*:*:profile/MySensitiveProfileId": ("profile/MyNotSensitiveProfileId", "DisableProfile DeleteProfile UpdateProfile"),
    "arn:aws:rolesanywhere:*:*:trust-anchor/MySensitiveTrustAnchorId": ("trust-anchor/MyNotSensitiveTrustAnchorId", "DisableTrustAnchor DeleteTrustAnchor UpdateTrustAnchor"),
    "arn:aws:s3:::my-sensitive-bucket": ("my-not-sensitive-bucket", "DeleteBucketPolicy PutBucketPolicy DeleteBucket"),
    "arn:aws:s3:::my-sensitive-bucket/*": ("my-not-sensitive-bucket/*", "PutObject GetObject DeleteObject"),
    "arn:aws:secretsmanager:*:*:secret:MySensitiveSecretId": ("secret:MyNotSensitiveSecretId", "DeleteSecret PutResourcePolicy DeleteResourcePolicy"),
    "arn:aws:sns:*:*:MySensitiveTopicName": ("MyNotSensitiveTopicName", "ConfirmSubscription DeleteTopic AddPermission"),
    "arn:aws:sqs:*:*:MySensitiveQueueName": ("MyNotSensitiveQueueName", "DeleteQueue DeleteMessage AddPermission"),
    "arn:aws:ssm:*:*:document/MySensitiveDocumentName": ("document/MyNotSensitiveDocumentName", "DeleteDocument SendCommand DeleteAssociation"),
}  # fmt: skip


def sensitive(resource: str) -> Sample:
    """The sample about one sensitive resource: anything is allowed but some actions on it."""
    *front, name = resource.split(":", 5)
    service = front[2]
    other, names = SENSITIVE[resource]
    actions = [f"{service}:{each}" for each in names.split()]
    wild = re.sub(r"[\w-]*([Ss]ensitive)[\w-]*", r"*\1*", name)
    return Sample(
        [allow("*"), deny(actions, resource)],
        [[allow(actions, ":".join((*front, other)))], [allow(f"{service}:*"), deny("*", resource)]],
        [[allow(actions[0], resource)], [allow(actions[1], f"arn:aws:{service}:*:*:{wild}")], [allow(f"{service}:*")]],
    )


# The sample of network ACLs has as one that fails a policy for another ACL than the reference's: it passes.
ANOTHER_ACL = [allow("ec2:DeleteNetworkAclEntry", "arn:aws:ec2:*:*:network-acl/acl-123456")]

_ROLE = "arn:aws:iam::*:role/"
_ESCALATING = "CreateUser CreateAccessKey CreateLoginProfile AttachUserPolicy PutUserPolicy UpdateLoginProfile AttachGroupPolicy PutGroupPolicy AddUserToGroup CreateRole AttachRolePolicy PutRolePolicy CreatePolicyVersion SetDefaultPolicyVersion UpdateAssumeRolePolicy"  # fmt: skip


def _except(action: str, resource: str) -> Statement:
    return {"Effect": "Deny", "Action": action, "NotResource": resource}


def _tagged(action: str, other: str, key: str) -> Sample:
    """That an action is only allowed with a tag."""
    return Sample(
        [allow("*"), deny(action, Condition={"Null": {key: "true"}})],
        [
            [allow(action, Condition={"StringEquals": {key: "tag-value"}})],
            [allow(other)],
            [allow(action), deny(action, Condition={"StringNotEquals": {key: "tag-value"}})],
            [allow(action, Condition={"Null": {key: "false"}})],
        ],
        [[allow(action)], [allow("ec2:*")]],
    )


IDENTITY = {
    "privilege escalation": Sample(
        [
            allow("*"),
            _except("iam:PassRole", _ROLE + "PassableRoles/*"),
            _except("sts:AssumeRole", _ROLE + "AssumableRoles/*"),
            deny([f"iam:{each}" for each in _ESCALATING.split()]),
        ],
        [
            [allow("iam:PassRole", "arn:aws:iam::111111111111:role/PassableRoles/MyRole")],
            [allow("ec2:RunInstances")],
            [allow("sts:AssumeRole"), _except("sts:AssumeRole", _ROLE + "AssumableRoles/MyRole")],
        ],
        [
            [allow("iam:PassRole", "arn:aws:iam::111111111111:role/WrongPath/MyRole")],
            [allow("iam:PutRolePolicy", "arn:aws:iam::111111111111:role/PrivilegedRole")],
        ],
    ),
    "a resource's tag": _tagged("ec2:TerminateInstances", "ec2:RunInstances", "aws:ResourceTag/my-key"),
    "a request's tag": _tagged("ec2:RunInstances", "ec2:DescribeInstanceAttribute", "aws:RequestTag/my-key"),
}

_OBJECTS = "arn:aws:s3:::my-sensitive-bucket/*"
_PRIVILEGED = ["arn:aws:iam::111111111111:role/MyPrivilegedRole", "arn:aws:iam::111111111111:role/MyPrivilegedRole2"]
_OTHER = "arn:aws:iam::111111111111:role/MyOtherRole"


def _named(action: str, principal: Any, resource: Any = _OBJECTS) -> Statement:
    return allow(action, resource, Principal={"AWS": principal})


def _tested(action: str, principal: Any, resource: Any = _OBJECTS) -> Statement:
    """The same by a condition."""
    condition = {"ArnLike": {"aws:PrincipalArn": principal}}
    return {**_named(action, "*", resource), "Condition": condition}


def _trust(action: str, **principal: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Principal": principal}


def _any_but(*actions: str) -> Statement:
    return {"Effect": "Allow", "NotAction": list(actions), "Principal": "*"}


_SAML, _OIDC = "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"
_SAML_PROVIDER = "arn:aws:iam::111111111111:saml-provider/MyProvider"
_OIDC_PROVIDER = "arn:aws:iam::111111111111:oidc-provider/MyProvider"


def _federated(action: str, provider: str, other_action: str, other: str, strangers: list[str]) -> Sample:
    """That a role trusts one identity provider alone."""
    excluded = provider.replace("MyProvider", "NotMyProvider")
    return Sample(
        [_trust(action, Federated=provider), _any_but(_SAML, _OIDC)],
        [[_trust(action, Federated=provider)], [_trust("sts:AssumeRole", Service="ec2.amazonaws.com")]],
        [
            [_trust(other_action, Federated=other)],
            *([_trust(action, Federated=stranger)] for stranger in strangers),
            [_trust(action, Federated="*"), {**_trust(action, Federated=excluded), "Effect": "Deny"}],
        ],
    )


RESOURCE = {
    "a bucket for some roles": Sample(
        [
            _named("s3:*", _PRIVILEGED, [_OBJECTS[:-2], _OBJECTS]),
            _tested("s3:*", _PRIVILEGED, [_OBJECTS[:-2], _OBJECTS]),
        ],
        [[_tested("s3:GetObject", _PRIVILEGED[0])], [_named("s3:PutObject", _PRIVILEGED[0])]],
        [[_named("s3:GetObject", "*")], [_named("s3:PutObject", _OTHER)], [_tested("s3:PutObject", _OTHER)]],
    ),
    "an action for some roles": Sample(
        [
            _named("s3:PutObject", _PRIVILEGED, "*"),
            _tested("s3:PutObject", _PRIVILEGED, "*"),
            {"Effect": "Allow", "NotAction": "s3:PutObject", "Principal": "*", "Resource": "*"},
        ],
        [
            [_tested("s3:GetObject", _OTHER)],
            [_named("s3:PutObject", _PRIVILEGED[0])],
            [_tested("s3:PutObject", _PRIVILEGED[0])],
        ],
        [[_named("s3:*", "*")], [_named("s3:PutObject", _OTHER)], [_tested("s3:PutObject", _OTHER)]],
    ),
    "a role for accounts": Sample(
        [_trust("sts:AssumeRole", AWS=["111111111111", "222222222222"]), _any_but("sts:AssumeRole")],
        [
            [_trust("sts:AssumeRole", AWS="111111111111")],
            [_trust("sts:AssumeRole", AWS="arn:aws:iam::222222222222:role/MyRole")],
            [_trust(_OIDC, Federated=_OIDC_PROVIDER)],
        ],
        [
            [_trust("sts:AssumeRole", Service="glue.amazonaws.com")],
            [_trust("sts:AssumeRole", AWS="333333333333")],
            [_trust("sts:AssumeRole", AWS="arn:aws:iam::333333333333:role/NotMyRole")],
        ],
    ),
    "a role for services": Sample(
        [
            _trust("sts:AssumeRole", Service=["ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]),
            _any_but("sts:AssumeRole"),
        ],
        [[_trust("sts:AssumeRole", Service="ec2.amazonaws.com")], [_trust(_OIDC, Federated=_OIDC_PROVIDER)]],
        [
            [_trust("sts:AssumeRole", Service="glue.amazonaws.com")],
            [_trust("sts:AssumeRole", AWS="111111111111")],
            [_trust("sts:AssumeRole", AWS="arn:aws:iam::111111111111:role/MyRole")],
        ],
    ),
    "a role for an OIDC provider": _federated(_OIDC, _OIDC_PROVIDER, _SAML, _SAML_PROVIDER, ["graph.facebook.com"]),
    "a role for a SAML provider": _federated(
        _SAML, _SAML_PROVIDER, _OIDC, _OIDC_PROVIDER, ["arn:aws:iam::111111111111:saml-provider/NotMyProvider"]
    ),
}

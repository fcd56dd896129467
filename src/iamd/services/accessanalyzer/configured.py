"""What a configuration of a resource lets in: the external access of each kind of resource.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Configuration.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iamd.analysis.external import Zone
from iamd.policy import Kind
from iamd.policy.arns import account_of
from iamd.services.accessanalyzer.observations import External, granted
from iamd.services.accessanalyzer.resource_kinds import KINDS

_RESTORES = {
    "rdsDbSnapshot": "rds:RestoreDBInstanceFromDBSnapshot",
    "rdsDbClusterSnapshot": "rds:RestoreDBClusterFromSnapshot",
}
_EVERYBODY = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)
_ACL_ACTIONS = {
    "READ": ["s3:ListBucket"],
    "WRITE": ["s3:PutObject", "s3:DeleteObject"],
    "READ_ACP": ["s3:GetBucketAcl"],
    "WRITE_ACP": ["s3:PutBucketAcl"],
    "FULL_CONTROL": ["s3:DeleteObject", "s3:GetBucketAcl", "s3:ListBucket", "s3:PutBucketAcl", "s3:PutObject"],
}

Seen = tuple[str, External]  # with the kind of source


def let_in(
    kind: str, given: Mapping[str, Any], resource: str, zone: Zone, denials: tuple[str, ...] = ()
) -> Iterator[Seen]:
    """Who gets in from outside a zone of trust. `denials` are resource control policies. Raises MalformedPolicy."""
    if kind == "kmsKey":
        for text in given.get("keyPolicies", {}).values():
            yield from _by_policy(text, resource, zone, denials=denials)
        for grant in given.get("grants", ()):
            yield from _to(grant["granteePrincipal"], [f"kms:{name}" for name in grant["operations"]], zone)
    elif kind == "ebsSnapshot":
        for account in given.get("userIds", ()):
            yield from _to(account, ["ec2:CreateVolume"], zone)
        if "all" in given.get("groups", ()):
            yield from _to("*", ["ec2:CreateVolume"], zone)
    elif kind in _RESTORES:
        for account in given.get("attributes", {}).get("restore", {}).get("accountIds", ()):
            yield from _to("*" if account == "all" else account, [_RESTORES[kind]], zone)
    else:
        if kind == "s3Bucket":
            yield from _by_acl(given)
        blocked = given.get("bucketPublicAccessBlock", {}).get("restrictPublicBuckets", False)
        trust = kind == "iamRole"
        yield from _by_policy(given.get(KINDS[kind].policy), resource, zone, "POLICY", blocked, trust, denials)
        for arn, point in given.get("accessPoints", {}).items():
            shut = blocked or point.get("publicAccessBlock", {}).get("restrictPublicBuckets", False)
            text = point.get("accessPointPolicy")
            yield from _by_policy(text, arn, zone, "S3_ACCESS_POINT", shut, denials=denials)


def _by_policy(
    text: str | None,
    resource: str,
    zone: Zone,
    source: str = "POLICY",
    blocked: bool = False,
    trust: bool = False,
    denials: tuple[str, ...] = (),
) -> Iterator[Seen]:
    """What a policy gives; `blocked`: a public one gives nothing to anybody outside."""
    if not text:
        return  # no policy; a key's cannot be an empty text, which is none
    found = granted(text, Kind.TRUST if trust else Kind.RESOURCE, resource, zone, denials)
    if not (blocked and any(each.is_public for each in found)):
        yield from ((source, each) for each in found)


def _by_acl(given: Mapping[str, Any]) -> Iterator[Seen]:
    ignored = given.get("bucketPublicAccessBlock", {}).get("ignorePublicAcls", False)
    for grant in given.get("bucketAclGrants", ()):
        actions, grantee = tuple(_ACL_ACTIONS[grant["permission"]]), grant["grantee"]
        if "id" in grantee:
            yield "BUCKET_ACL", External("CanonicalUser", grantee["id"], actions)
        elif grantee.get("uri") in _EVERYBODY and not ignored:
            yield "BUCKET_ACL", External("AWS", "*", actions, is_public=True)


def _to(principal: str, actions: list[str], zone: Zone) -> Iterator[Seen]:
    if principal not in zone.accounts and account_of(principal) not in zone.accounts:
        yield "POLICY", External("AWS", principal, tuple(actions), is_public=principal == "*")

"""S3's Block Public Access, as the configurations of the bucket and of its account have it upstream.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from iamd.analysis.narrowing import is_open
from iamd.gateway.asked import Asked
from iamd.gateway.facts.facts import Facts
from iamd.gateway.mapped import Need
from iamd.policy import Kind, load
from iamd.wire.errors import AccessDenied
from iamd.wire.http import HttpRequest

_PUBLIC_ACLS = frozenset({"authenticated-read", "public-read", "public-read-write"})
_GROUPS = (b"groups/global/AllUsers", b"groups/global/AuthenticatedUsers")
_SETS_ACL = frozenset({"s3:PutBucketAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl"})


async def require_unblocked(
    facts: Facts, asked: Asked, request: HttpRequest, needs: list[Need], account_id: str, region: str
) -> None:
    """Raise AccessDenied where Block Public Access refuses what policies allow to a caller of that account."""
    for need in needs:
        if not need.action.startswith("s3:") or need.resource == "*":
            continue
        blocked = _blocked_by(asked, request, need)
        if blocked is None and need.owner != account_id:
            policy = await facts.policy(need, region)
            blocked = "RestrictPublicBuckets" if policy is not None and is_public(policy) else None
        if blocked is not None and blocked in await facts.public_access_blocks(need, region):
            raise AccessDenied(
                f"{need.action} on resource: {need.resource} is not allowed because {_WHAT[blocked]} are blocked by the "
                f"{blocked} block public access setting."
            )


_WHAT = {
    "BlockPublicAcls": "public access control lists (ACLs)",
    "BlockPublicPolicy": "public policies",
    "RestrictPublicBuckets": "other accounts with a public policy",
}


def _blocked_by(asked: Asked, request: HttpRequest, need: Need) -> str | None:
    """The setting that is against what a request would make public; None when it makes nothing public."""
    if asked.operation.name == "PutBucketPolicy":
        return "BlockPublicPolicy" if is_public(request.body.decode()) else None
    granted = [value for name, value in request.headers if name.startswith(b"x-amz-grant-")]
    if need.action in _SETS_ACL:
        granted.append(request.body)
    named = any(group in value for group in _GROUPS for value in granted)
    return "BlockPublicAcls" if named or request.header(b"x-amz-acl") in _PUBLIC_ACLS else None


def is_public(policy: str) -> bool:
    """Whether a bucket's policy lets in anyone from anywhere, by S3's meaning of public."""
    return any(
        statement.allow
        and statement.principals is not None
        and (statement.principals.everyone or statement.principals.negated)
        and is_open(statement)
        for statement in load(policy, Kind.RESOURCE).document.statements
    )

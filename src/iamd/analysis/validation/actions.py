"""Checks of the Action element."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.near import nearest
from iamd.analysis.validation.subject import KEPT, TRUST_RESOURCE, Statement, Subject, covers
from iamd.policy.memo import remembered
from iamd.reference import services
from iamd.reference.services import Action

# The service whose actions a resource's policy takes, and the resource types on which they work there.
POLICY_OF: dict[str, tuple[str, frozenset[str]]] = {
    "AWS::S3::Bucket": ("s3", frozenset({"bucket", "object"})),
    "AWS::S3::AccessPoint": ("s3", frozenset({"accesspoint", "accesspointobject", "object", "bucket"})),
    "AWS::S3::MultiRegionAccessPoint": ("s3", frozenset({"multiregionaccesspoint", "object", "bucket"})),
    "AWS::S3ObjectLambda::AccessPoint": ("s3-object-lambda", frozenset({"objectlambdaaccesspoint"})),
    "AWS::DynamoDB::Table": ("dynamodb", frozenset({"table", "index", "stream"})),
    TRUST_RESOURCE: ("sts", frozenset({"role"})),
}


@remembered(KEPT)
def matching(pattern: str) -> tuple[Action, ...]:
    """The actions that a pattern (lower case, with its prefix) stands for; none for a lone `*`."""
    prefix, _, name = pattern.partition(":")
    service = services.get(prefix)
    if service is None:
        return ()
    if "*" not in name and "?" not in name:
        found = service.actions.get(name)
        return () if found is None else (found,)
    return tuple(action for folded, action in service.actions.items() if covers(name, folded))


def exist(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Prefixes and names that no service has."""
    for node in statement.actions:
        prefix, colon, _ = node.text.lower().partition(":")
        if node.text in ("*", "*:*") or "${" in node.text:
            continue
        if not colon or services.get(prefix) is None:
            if not ("*" in prefix and policy.kind.value == "scp"):
                known = services.get(prefix) is not None
                hint = f" Write {prefix}: and an action." if known else nearest(prefix, services.prefixes())
                yield note("INVALID_SERVICE_IN_ACTION", node, service=prefix, suggestion=hint)
        elif not matching(node.text.lower()):
            yield note("INVALID_ACTION", node, action=node.text, suggestion=_suggestion(prefix, node.text))


def _suggestion(prefix: str, action: str) -> str:
    service = services.get(prefix)
    names = [] if service is None else [f"{prefix}:{known.name}" for known in service.actions.values()]
    return nearest(action, names)


def of_resource(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Actions that have nothing to do with the resource to which the policy belongs."""
    resource = TRUST_RESOURCE if policy.is_trust else policy.resource_type
    if resource not in POLICY_OF:
        return
    prefix, types = POLICY_OF[resource]
    for node in statement.actions:
        folded = node.text.lower()
        if folded in ("*", "*:*"):
            continue
        known = matching(folded)
        works = any(not types.isdisjoint(each.name for each in action.resource_types) for action in known)
        if known and (not folded.startswith(f"{prefix}:") or not works):
            yield note("UNSUPPORTED_ACTION_IN_POLICY", node, action=node.text, resource=resource)

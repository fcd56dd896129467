"""MinIO's access management plugin: each of MinIO's requests, decided here.

https://github.com/minio/minio/blob/master/docs/iam/access-management-plugin.md
"""

from __future__ import annotations

from typing import Any

import msgspec

from iamd.authorization.evaluations import Evaluator
from iamd.authorization.mapping import Unmappable, action_of
from iamd.authorization.messages import Entity, Malformed
from iamd.authorization.subjects import Unknown
from iamd.guard.context import Context, Value
from iamd.guard.enforce import decision_on
from iamd.policy import Effect
from iamd.reference import actions
from iamd.store.records import PARTITION, iam_arn

_GLOBAL = frozenset({"currenttime", "epochtime", "securetransport", "sourceip", "useragent", "referer"})
_OF_S3 = frozenset(
    {"prefix", "delimiter", "max-keys", "versionid", "signatureversion", "authtype", "locationconstraint"}
)
_OF_S3_BEGIN = ("x-amz-", "object-lock-", "existingobjecttag/", "requestobjecttag/", "requestobjecttagkeys")
_ABSENT_WHEN_EMPTY = frozenset({"aws:referer", "aws:useragent", "s3:versionid", "s3:locationconstraint"})


class Input(msgspec.Struct, rename="camel"):
    """What MinIO says of a request of one of its users."""

    account: str
    action: str
    bucket: str = ""
    object: str = ""
    owner: bool = False
    deny_only: bool = False
    conditions: dict[str, list[str]] | None = None
    claims: dict[str, Any] | None = None


class Asked(msgspec.Struct):
    """The body of MinIO's request."""

    input: Input


_decode = msgspec.json.Decoder(Asked).decode


def read(body: bytes) -> Input:
    """What is asked; raises Malformed."""
    try:
        return _decode(body).input
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None


def may(evaluator: Evaluator, asked: Input) -> bool:
    """Whether MinIO may let a request pass. Its owner is the account's root user, its accounts are the users of their
    names, and those of service accounts and sessions their parents. Raises Cold."""
    try:
        subject = Entity("user", _user(asked, evaluator.account_id))
        snapshot = evaluator.subject(subject)
        action = action_of(asked.action, "s3")
    except (Unknown, Unmappable):
        return False
    given = evaluator.time | _context(asked.conditions or {})
    decision = decision_on(snapshot, evaluator.ask(action, _resource(action, asked), given, snapshot))
    return decision.effect is not Effect.EXPLICIT_DENY if asked.deny_only else decision.allowed


def _user(asked: Input, account_id: str) -> str:
    if asked.owner:
        return iam_arn(account_id, "root")
    parent = (asked.claims or {}).get("parent")
    return parent if isinstance(parent, str) and parent else asked.account


def _resource(action: str, asked: Input) -> str:
    """The bucket, or the object unless the action is about buckets alone; `*` without either."""
    if not asked.bucket:
        return "*"
    bucket = f"arn:{PARTITION}:s3:::{asked.bucket}"
    known = actions.find("s3", action.partition(":")[2])
    about_buckets = known is not None and all(each.name != "object" for each in known.resource_types)
    return bucket if not asked.object or about_buckets else f"{bucket}/{asked.object}"


def _context(conditions: dict[str, list[str]]) -> Context:
    """MinIO's conditions as condition keys; what tells of the user, iamd knows itself."""
    context: Context = {}
    for name, values in conditions.items():
        folded = name.lower()
        if folded in _GLOBAL:
            key = f"aws:{folded}"
        elif folded in _OF_S3 or folded.startswith(_OF_S3_BEGIN):
            key = f"s3:{folded}"
        else:
            continue
        if values and not (values == [""] and key in _ABSENT_WHEN_EMPTY):
            value: Value = values[0] if len(values) == 1 else tuple(values)
            context[key] = value
    return context

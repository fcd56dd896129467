"""Which requests leave what was read of upstreams as it is."""

from __future__ import annotations

from typing import Final

from iamd.reference import actions

# What is done all the time, and changes neither policies nor tags of the resource that it names.
_LEAVE = {
    "dynamodb": "BatchWriteItem ConditionCheckItem DeleteItem PutItem UpdateItem",
    "events": "PutEvents",
    "kinesis": "PutRecord PutRecords",
    "kms": "Decrypt Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext "
    "GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom ReEncryptFrom ReEncryptTo Sign Verify VerifyMac",
    "lambda": "InvokeFunction",
    "logs": "CreateLogStream PutLogEvents",
    "cloudwatch": "PutMetricData",
    "s3": "AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion "
    "DeleteObjectVersionTagging PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention PutObjectTagging "
    "PutObjectVersionAcl PutObjectVersionTagging ReplicateObject RestoreObject",
    "sns": "Publish",
    "sqs": "ChangeMessageVisibility DeleteMessage PurgeQueue ReceiveMessage SendMessage",
    "states": "SendTaskFailure SendTaskHeartbeat SendTaskSuccess StartExecution StartSyncExecution StopExecution",
}
_LEAVES = frozenset(f"{service}:{name}" for service, names in _LEAVE.items() for name in names.split())


_known: Final[dict[str, bool]] = {}
_MOST: Final = 4096


def leaves_facts(action: str) -> bool:
    """Whether policies and tags are after an action (`s3:PutObject`) what they were before."""
    known = _known.get(action)
    if known is None:
        if len(_known) >= _MOST:
            _known.clear()
        known = _known[action] = _find(action)
    return known


def _find(action: str) -> bool:
    service, _, name = action.partition(":")
    if service == "iam":
        return True  # handing over a role changes nothing
    known = actions.find(service, name)
    return action in _LEAVES or (known is not None and known.access_level in ("List", "Read"))

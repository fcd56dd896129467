"""KMS. A key is decided on by its ARN, whatever names it: an alias is looked up where the key is.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from iamd.gateway.exact.kms_keys import key_context, told
from iamd.gateway.mapped import Inquiry, KeyUse, Mapper, Need, checked_arn, checked_name
from iamd.guard.context import Context
from iamd.wire.gateway_errors import Unmapped

_IS_ID = re.compile(r"(?:mrk-)?[0-9a-f-]{32,40}").fullmatch

# What a grant may allow; ReEncrypt besides.
# https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations
_OF_GRANTS = frozenset(
    {
        "CreateGrant",
        "Decapsulate",
        "Decrypt",
        "DeriveSharedSecret",
        "DescribeKey",
        "Encapsulate",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "RetireGrant",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)


async def _key_arn(inquiry: Inquiry, named: str) -> str:
    """The ARN of the key that an id, ARN or alias names; raises Unmapped, or AwsError of the lookup."""
    if named.startswith("arn:") and ":alias/" not in named:
        return checked_arn(named, "kms", "key/")
    if _IS_ID(named):
        return inquiry.arn("kms", f"key/{named}")
    if not named.startswith(("alias/", "arn:")):
        return inquiry.arn("kms", f"key/{checked_name(named)}")
    metadata = (await inquiry.lookup("DescribeKey", {"KeyId": named}, None)).get("KeyMetadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("KeyId"), str):
        raise Unmapped("The upstream does not say which key the alias names.")
    key = f"key/{checked_name(metadata['KeyId'])}"
    return f"{named.partition(':alias/')[0]}:{key}" if named.startswith("arn:") else inquiry.arn("kms", key)


def _new_key(inquiry: Inquiry) -> list[Need]:
    """A key has no ARN before it is made; the permission to make it includes its first policy."""
    return [Need("kms:CreateKey", "*", key_context(inquiry, ""), told(inquiry))]


async def _on_key(inquiry: Inquiry) -> list[Need]:
    name = inquiry.asked.operation.name
    if not inquiry.document.get("KeyId"):
        raise Unmapped(f"{name} must say its KeyId: the gateway cannot tell the key of a ciphertext or grant.")
    if name == "RetireGrant" and inquiry.document.get("GrantToken"):
        raise Unmapped("RetireGrant must say KeyId and GrantId: the gateway cannot tell the grant of a token.")
    named = inquiry.text("KeyId")
    return [await _need(inquiry, name, named, key_context(inquiry, named))]


async def _need(inquiry: Inquiry, action: str, named: str, context: Context) -> Need:
    arn, key_use = await _key_arn(inquiry, named), KeyUse(inquiry.document) if action in _OF_GRANTS else None
    return Need(f"kms:{action}", arn, context, told(inquiry), key_use=key_use)


async def _re_encrypt(inquiry: Inquiry) -> list[Need]:
    source, destination = inquiry.text("SourceKeyId"), inquiry.text("DestinationKeyId")
    before, after = await _key_arn(inquiry, source), await _key_arn(inquiry, destination)
    same: Context = {"kms:reencryptonsamekey": "true" if before == after else "false"}
    tells, document = told(inquiry), inquiry.document
    contexts = key_context(inquiry, source, "Source") | same, key_context(inquiry, destination, "Destination") | same
    return [
        Need("kms:ReEncryptFrom", before, contexts[0], tells, key_use=KeyUse(document)),
        Need("kms:ReEncryptTo", after, contexts[1], tells, key_use=KeyUse(document)),
    ]


async def _alias(inquiry: Inquiry) -> list[Need]:
    """An alias and every key that it names before or afterwards."""
    action, alias = inquiry.asked.operation.name, checked_name(inquiry.text("AliasName"))
    if not alias.startswith("alias/"):
        raise Unmapped("AliasName must begin with alias/.")
    needs = [Need(f"kms:{action}", inquiry.arn("kms", alias), {}, told(inquiry))]
    if inquiry.document.get("TargetKeyId"):
        needs.append(await _need(inquiry, action, inquiry.text("TargetKeyId"), {}))
    if action != "CreateAlias":
        needs.append(await _need(inquiry, action, alias, {}))
    return needs


MAPPERS: Mapping[str, Mapper] = {
    **dict.fromkeys(
        [
            "CancelKeyDeletion",
            "CreateGrant",
            "Decapsulate",
            "Decrypt",
            "DeleteImportedKeyMaterial",
            "DeriveSharedSecret",
            "DescribeKey",
            "DisableKey",
            "DisableKeyRotation",
            "EnableKey",
            "EnableKeyRotation",
            "Encapsulate",
            "Encrypt",
            "GenerateDataKey",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateMac",
            "GetKeyLastUsage",
            "GetKeyPolicy",
            "GetKeyRotationStatus",
            "GetParametersForImport",
            "GetPublicKey",
            "ImportKeyMaterial",
            "ListGrants",
            "ListKeyPolicies",
            "ListKeyRotations",
            "ListResourceTags",
            "PutKeyPolicy",
            "ReplicateKey",
            "RetireGrant",
            "RevokeGrant",
            "RotateKeyOnDemand",
            "ScheduleKeyDeletion",
            "Sign",
            "TagResource",
            "UntagResource",
            "UpdateKeyDescription",
            "UpdatePrimaryRegion",
            "Verify",
            "VerifyMac",
        ],
        _on_key,
    ),
    **dict.fromkeys(("CreateAlias", "UpdateAlias", "DeleteAlias"), _alias),
    "CreateKey": _new_key,
    "ReEncrypt": _re_encrypt,
}

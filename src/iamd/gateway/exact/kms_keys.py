"""The condition keys that a request to KMS has.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.gateway.mapped import Inquiry, request_tags
from iamd.guard.context import Context
from iamd.wire.gateway_errors import Ambiguous

# Parameters that keys repeat, by operation; a value after `=` is what KMS takes where there is none.
_REPEATED: Mapping[str, Mapping[str, str]] = {
    "CreateKey": {
        "BypassPolicyLockoutSafetyCheck": "kms:bypasspolicylockoutsafetycheck=false",
        "KeySpec": "kms:keyspec=SYMMETRIC_DEFAULT",
        "KeyUsage": "kms:keyusage=ENCRYPT_DECRYPT",
        "MultiRegion": "kms:multiregion=false",
        "Origin": "kms:keyorigin=AWS_KMS",
    },
    "CreateGrant": {
        "GranteePrincipal": "kms:granteeprincipal",
        "GranteeServicePrincipal": "kms:granteeserviceprincipal",
        "Operations": "kms:grantoperations",
        "RetiringPrincipal": "kms:retiringprincipal",
        "RetiringServicePrincipal": "kms:retiringserviceprincipal",
    },
    "Decapsulate": {"EncapsulationAlgorithm": "kms:encapsulationalgorithm"},
    "DeriveSharedSecret": {"KeyAgreementAlgorithm": "kms:keyagreementalgorithm"},
    "EnableKeyRotation": {"RotationPeriodInDays": "kms:rotationperiodindays=365"},
    "Encapsulate": {"EncapsulationAlgorithm": "kms:encapsulationalgorithm"},
    "GenerateDataKeyPair": {"KeyPairSpec": "kms:datakeypairspec"},
    "GenerateDataKeyPairWithoutPlaintext": {"KeyPairSpec": "kms:datakeypairspec"},
    "GenerateMac": {"MacAlgorithm": "kms:macalgorithm"},
    "GetParametersForImport": {
        "WrappingAlgorithm": "kms:wrappingalgorithm",
        "WrappingKeySpec": "kms:wrappingkeyspec",
    },
    "ImportKeyMaterial": {"ExpirationModel": "kms:expirationmodel=KEY_MATERIAL_EXPIRES", "ValidTo": "kms:validto"},
    "PutKeyPolicy": {"BypassPolicyLockoutSafetyCheck": "kms:bypasspolicylockoutsafetycheck=false"},
    "ReplicateKey": {
        "BypassPolicyLockoutSafetyCheck": "kms:bypasspolicylockoutsafetycheck=false",
        "ReplicaRegion": "kms:replicaregion",
    },
    "ScheduleKeyDeletion": {"PendingWindowInDays": "kms:schedulekeydeletionpendingwindowindays=30"},
    "Sign": {"MessageType": "kms:messagetype=RAW", "SigningAlgorithm": "kms:signingalgorithm"},
    "UpdatePrimaryRegion": {"PrimaryRegion": "kms:primaryregion"},
    "Verify": {"MessageType": "kms:messagetype=RAW", "SigningAlgorithm": "kms:signingalgorithm"},
    "VerifyMac": {"MacAlgorithm": "kms:macalgorithm"},
}
# Operations with symmetric or RSA keys, by the parameters for context and algorithm.
_ENCRYPTS = frozenset(
    {
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
    }
)
_CONSTRAINTS = ("EncryptionContextEquals", "EncryptionContextSubset", "SourceArn")


def told(inquiry: Inquiry) -> tuple[str, ...]:
    """Beginnings of the keys about which a request says everything."""
    repeated = _REPEATED.get(inquiry.asked.operation.name, {}).values()
    tells = ("kms:calleraccount", "kms:viaservice", "kms:requestalias", "kms:encryption", "kms:grant", "kms:reencrypt")
    attested = () if inquiry.document.get("Recipient") else ("kms:recipientattestation",)
    return (*tells, *attested, *(row.partition("=")[0] for row in repeated))


def key_context(inquiry: Inquiry, named: str, part: str = "") -> Context:
    """What a request tells about its use of the key that it calls `named`; of ReEncrypt `part` is `Source` or
    `Destination`."""
    document, operation = inquiry.document, inquiry.asked.operation.name
    context: Context = request_tags(document) | _repeated(operation, document)
    if operation in _ENCRYPTS or part:
        context |= _encryption(document.get(f"{part}EncryptionContext"))
        algorithm = document.get(f"{part}EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
        context["kms:encryptionalgorithm"] = str(algorithm)
    if operation == "CreateGrant":
        context |= _constraints(document.get("Constraints"))
    if named.startswith("alias/"):
        context["kms:requestalias"] = named
    elif ":alias/" in named:
        context["kms:requestalias"] = "alias/" + named.partition(":alias/")[2]
    return context


def _repeated(operation: str, document: Mapping[str, Any]) -> Context:
    context: Context = {}
    if operation == "CreateKey" and document.get("CustomerMasterKeySpec"):  # the former name
        document = {"KeySpec": document["CustomerMasterKeySpec"], **document}
    for member, row in _REPEATED.get(operation, {}).items():
        key, _, default = row.partition("=")
        value = document.get(member, default)
        if isinstance(value, list):
            context[key] = tuple(str(each) for each in value)
        elif isinstance(value, bool):
            context[key] = "true" if value else "false"
        elif value not in (None, ""):
            context[key] = str(int(value)) if isinstance(value, float) else str(value)
    return context


def _encryption(given: Any) -> Context:
    if not isinstance(given, Mapping) or not given:
        return {}
    context: Context = {f"kms:encryptioncontext:{key.lower()}": str(value) for key, value in given.items()}
    if len(context) != len(given):  # of two values of one condition key only one would be decided on
        raise Ambiguous("Keys of the encryption context differ in case only.")
    return {**context, "kms:encryptioncontextkeys": tuple(str(key) for key in given)}


def _constraints(given: Any) -> Context:
    """Constraints of a grant tell of the encryption context for which it will be good."""
    if not isinstance(given, Mapping):
        return {}
    context: Context = {}
    for kind in _CONSTRAINTS:
        if given.get(kind):
            context |= {"kms:grantconstrainttype": kind} | _encryption(given[kind])
    if isinstance(given.get("SourceArn"), str):
        context["kms:grantconstraintsourcearn"] = given["SourceArn"]
    return context

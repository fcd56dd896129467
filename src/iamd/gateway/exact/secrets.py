"""Secrets Manager, whose secrets have ARNs that their names do not tell, and Parameter Store.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
"""

from __future__ import annotations

from collections.abc import Mapping

from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, checked_name, request_tags
from iamd.guard.context import Context
from iamd.wire.gateway_errors import NotThere, Unmapped

_UNKNOWN_SUFFIX = "-??????"
"""Stands for the six characters that a secret's ARN ends with, where there is no secret yet."""
_TELLS = tuple(
    f"secretsmanager:{key}"
    for key in (
        "secretid",
        "name",
        "description",
        "kmskeyid",
        "versionid",
        "versionstage",
        "recoverywindowindays",
        "forcedeletewithoutrecovery",
        "rotationlambdaarn",
        "blockpublicpolicy",
    )
)


async def _secret_arn(inquiry: Inquiry, named: str) -> str:
    """The ARN of a secret by its name or ARN, looked up where the secret is; one that is not there is decided on as
    one of its name would be."""
    checked_name(named)
    is_arn = named.startswith("arn:")
    owner = ":".join(checked_arn(named, "secretsmanager", "secret:").split(":")[:5]) if is_arn else None
    try:
        told = await inquiry.lookup("DescribeSecret", {"SecretId": named}, None)
    except NotThere:
        return named if is_arn else inquiry.arn("secretsmanager", f"secret:{named}{_UNKNOWN_SUFFIX}")
    found = checked_arn(str(told.get("ARN")), "secretsmanager", "secret:").split(":", 6)[6]
    return inquiry.arn("secretsmanager", f"secret:{found}") if owner is None else f"{owner}:secret:{found}"


def _secret_context(inquiry: Inquiry) -> Context:
    context: Context = request_tags(inquiry.document)
    for name in (
        "SecretId",
        "Name",
        "Description",
        "KmsKeyId",
        "VersionId",
        "VersionStage",
        "RecoveryWindowInDays",
        "ForceDeleteWithoutRecovery",
        "RotationLambdaARN",
        "BlockPublicPolicy",
    ):
        value = inquiry.document.get(name)
        if isinstance(value, bool):
            context[f"secretsmanager:{name.lower()}"] = "true" if value else "false"
        elif isinstance(value, str | int):
            context[f"secretsmanager:{name.lower()}"] = str(value)
    return context


async def _secret(inquiry: Inquiry) -> list[Need]:
    arn = await _secret_arn(inquiry, inquiry.text("SecretId"))
    needs = [Need(f"secretsmanager:{inquiry.asked.operation.name}", arn, _secret_context(inquiry), _TELLS)]
    if inquiry.document.get("RotationLambdaARN"):  # who has a secret rotated invokes what rotates it
        function = checked_arn(inquiry.text("RotationLambdaARN"), "lambda", "function:")
        needs.append(Need("lambda:InvokeFunction", function))
    return needs


def _new_secret(inquiry: Inquiry) -> list[Need]:
    arn = inquiry.arn("secretsmanager", f"secret:{checked_name(inquiry.text('Name'))}{_UNKNOWN_SUFFIX}")
    actions = (
        ["CreateSecret", "ReplicateSecretToRegions"] if inquiry.document.get("AddReplicaRegions") else ["CreateSecret"]
    )
    return [Need(f"secretsmanager:{action}", arn, _secret_context(inquiry), _TELLS) for action in actions]


async def _secret_batch(inquiry: Inquiry) -> list[Need]:
    """Every secret of the list must be allowed."""
    named = inquiry.document.get("SecretIdList")
    if not isinstance(named, list) or not named:
        raise Unmapped("BatchGetSecretValue must say its SecretIdList: the gateway cannot tell what filters find.")
    needs = [Need("secretsmanager:BatchGetSecretValue", "*")]
    for each in named:
        keys: Context = {"secretsmanager:secretid": str(each)}
        needs.append(Need("secretsmanager:GetSecretValue", await _secret_arn(inquiry, str(each)), keys, _TELLS))
    return needs


SECRETS: Mapping[str, Mapper] = {
    **dict.fromkeys(
        [
            "CancelRotateSecret",
            "DeleteResourcePolicy",
            "DeleteSecret",
            "DescribeSecret",
            "GetResourcePolicy",
            "GetSecretValue",
            "ListSecretVersionIds",
            "PutResourcePolicy",
            "PutSecretValue",
            "RemoveRegionsFromReplication",
            "ReplicateSecretToRegions",
            "RestoreSecret",
            "RotateSecret",
            "StopReplicationToReplica",
            "TagResource",
            "UntagResource",
            "UpdateSecret",
            "UpdateSecretVersionStage",
        ],
        _secret,
    ),
    "CreateSecret": _new_secret,
    "BatchGetSecretValue": _secret_batch,
}

_PARAMETER_TELLS = ("ssm:overwrite", "ssm:recursive", "ssm:policies")


def parameter_arn(inquiry: Inquiry, named: object) -> str:
    """A parameter by its name, with or without slash, version or label, or by its ARN."""
    if not isinstance(named, str) or not named:
        raise Unmapped("The name of a parameter must be a text.")
    if named.startswith("arn:"):
        arn = checked_arn(named, "ssm", "parameter/")
        return ":".join(arn.split(":")[:6])
    name = checked_name(named).partition(":")[0]
    if "//" in name or name.lower().lstrip("/").startswith("aws/reference/secretsmanager/"):
        raise Unmapped("The gateway does not pass on parameters that stand for secrets, or have empty segments.")
    return inquiry.arn("ssm", f"parameter/{name.removeprefix('/')}")


def _parameter_need(inquiry: Inquiry, named: object) -> Need:
    context: Context = request_tags(inquiry.document)
    for name in ("Overwrite", "Recursive"):
        if isinstance(inquiry.document.get(name), bool):
            context[f"ssm:{name.lower()}"] = "true" if inquiry.document[name] else "false"
    if isinstance(inquiry.document.get("Policies"), str):
        context["ssm:policies"] = inquiry.document["Policies"]
    action = f"ssm:{inquiry.asked.operation.name}"
    return Need(action, parameter_arn(inquiry, named), context, _PARAMETER_TELLS)


def _parameter(inquiry: Inquiry) -> list[Need]:
    return [_parameter_need(inquiry, inquiry.document.get("Name"))]


def _path(inquiry: Inquiry) -> list[Need]:
    return [_parameter_need(inquiry, inquiry.text("Path"))]


def _parameters(inquiry: Inquiry) -> list[Need]:
    named = inquiry.document.get("Names")
    if not isinstance(named, list) or not named:
        raise Unmapped("Names must be a list of parameters.")
    return [_parameter_need(inquiry, each) for each in named]


PARAMETERS: Mapping[str, Mapper] = {
    **dict.fromkeys(
        [
            "DeleteParameter",
            "GetParameter",
            "GetParameterHistory",
            "LabelParameterVersion",
            "PutParameter",
            "UnlabelParameterVersion",
        ],
        _parameter,
    ),
    "GetParametersByPath": _path,
    "GetParameters": _parameters,
    "DeleteParameters": _parameters,
}

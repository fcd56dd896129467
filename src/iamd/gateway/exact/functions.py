"""Lambda, whose functions are named by name, partial ARN or ARN, with or without a qualifier.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iamd.gateway.exact.templates import table
from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, request_tags
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped

_FUNCTION = re.compile(
    r"(?:(?:arn:[a-z0-9-]+:lambda:(?P<region>[a-z0-9-]+):)?(?P<account>\d{12}):function:|function:)?"
    r"(?P<name>[A-Za-z0-9_-]{1,140})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]{1,128}))?"
).fullmatch
_ACTIONS = {
    "Invoke": "InvokeFunction",
    "InvokeAsync": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}
_PLACED = ("CreateFunction", "UpdateFunctionConfiguration")
# Which operations' requests say everything about a key; of others only the service knows what it has.
_SAY_ALL: Mapping[str, tuple[str, ...]] = {
    "lambda:codesigningconfigarn": ("CreateFunction", "PutFunctionCodeSigningConfig"),
    "lambda:functionurlauthtype": ("AddPermission", "CreateFunctionUrlConfig"),
    "lambda:layer": _PLACED,
    "lambda:principal": ("AddPermission",),
    "lambda:securitygroupids": _PLACED,
    "lambda:subnetids": _PLACED,
}


def _function_arn(inquiry: Inquiry, qualifier: object = None) -> str:
    """The function's ARN, qualified as the request says; raises Unmapped."""
    found = _FUNCTION(inquiry.text("FunctionName"))
    if found is None:
        raise Unmapped("FunctionName must be a name, a partial ARN or an ARN of a function.")
    if qualifier and found["qualifier"] and qualifier != found["qualifier"]:
        raise Unmapped("FunctionName and Qualifier differ.")
    region, account = found["region"] or inquiry.region, found["account"] or inquiry.account_id
    arn = f"arn:{PARTITION}:lambda:{region}:{account}:function:{found['name']}"
    last = qualifier or found["qualifier"]
    return f"{arn}:{last}" if isinstance(last, str) and last else arn


def _context(inquiry: Inquiry) -> Context:
    document = inquiry.document
    context: Context = request_tags(document)
    for key, member in (
        ("lambda:principal", "Principal"),
        ("lambda:functionurlauthtype", "FunctionUrlAuthType"),
        ("lambda:functionurlauthtype", "AuthType"),
        ("lambda:eventsourcetoken", "EventSourceToken"),
        ("lambda:codesigningconfigarn", "CodeSigningConfigArn"),
    ):
        if isinstance(document.get(member), str):
            context[key] = document[member]
    network: Any = document.get("VpcConfig")
    lists = {"lambda:layer": document.get("Layers")}
    if isinstance(network, Mapping):
        lists |= {
            "lambda:securitygroupids": network.get("SecurityGroupIds"),
            "lambda:subnetids": network.get("SubnetIds"),
        }
    for key, values in lists.items():
        if isinstance(values, list) and values:
            context[key] = tuple(str(value) for value in values)
    return context


def _tells(inquiry: Inquiry, context: Context) -> tuple[str, ...]:
    name = inquiry.asked.operation.name
    said = [key for key, names in _SAY_ALL.items() if name in names or key in context]
    return ("lambda:eventsourcetoken", "lambda:functionarn", "lambda:invokedviafunctionurl", *said)


def _function(inquiry: Inquiry) -> list[Need]:
    name = inquiry.asked.operation.name
    arn, context = _function_arn(inquiry, inquiry.document.get("Qualifier")), _context(inquiry)
    if name.endswith("FunctionUrlConfig"):
        context["lambda:functionarn"] = _function_arn(inquiry)
    return [Need(f"lambda:{_ACTIONS.get(name, name)}", arn, context, _tells(inquiry, context))]


def _sign(inquiry: Inquiry) -> list[Need]:
    """A function and the configuration that its code will be signed by."""
    (of_function,) = _function(inquiry)
    config = checked_arn(inquiry.text("CodeSigningConfigArn"), "lambda", "code-signing-config:")
    return [of_function, Need(of_function.action, config, of_function.context, of_function.tells)]


def _new_source(inquiry: Inquiry) -> list[Need]:
    """A mapping has no ARN before it is made: policies restrict the function."""
    context = _context(inquiry) | {"lambda:functionarn": _function_arn(inquiry)}
    return [Need("lambda:CreateEventSourceMapping", "*", context, _tells(inquiry, context))]


MAPPERS: Mapping[str, Mapper] = {
    **table(
        "lambda",
        {
            "*": "ListLayerVersions",
            "layer:{LayerName}": "PublishLayerVersion",
            "{DurableExecutionArn}": "CheckpointDurableExecution GetDurableExecution GetDurableExecutionHistory "
            "GetDurableExecutionState StopDurableExecution",
            "layer:{LayerName}:{VersionNumber}": "AddLayerVersionPermission DeleteLayerVersion GetLayerVersion "
            "GetLayerVersionPolicy RemoveLayerVersionPermission",
            "layer:{Arn}": "GetLayerVersionByArn",
            "{Resource}": "ListTags TagResource UntagResource",
        },
    ),
    **dict.fromkeys(
        [
            "AddPermission",
            "CreateAlias",
            "CreateFunction",
            "CreateFunctionUrlConfig",
            "DeleteAlias",
            "DeleteFunction",
            "DeleteFunctionCodeSigningConfig",
            "DeleteFunctionConcurrency",
            "DeleteFunctionEventInvokeConfig",
            "DeleteFunctionUrlConfig",
            "DeleteProvisionedConcurrencyConfig",
            "GetAlias",
            "GetFunction",
            "GetFunctionCodeSigningConfig",
            "GetFunctionConcurrency",
            "GetFunctionConfiguration",
            "GetFunctionEventInvokeConfig",
            "GetFunctionRecursionConfig",
            "GetFunctionUrlConfig",
            "GetPolicy",
            "GetProvisionedConcurrencyConfig",
            "GetRuntimeManagementConfig",
            "Invoke",
            "InvokeAsync",
            "InvokeWithResponseStream",
            "ListAliases",
            "ListFunctionEventInvokeConfigs",
            "ListFunctionUrlConfigs",
            "ListProvisionedConcurrencyConfigs",
            "ListVersionsByFunction",
            "PublishVersion",
            "PutFunctionConcurrency",
            "PutFunctionEventInvokeConfig",
            "PutFunctionRecursionConfig",
            "PutProvisionedConcurrencyConfig",
            "PutRuntimeManagementConfig",
            "RemovePermission",
            "UpdateAlias",
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
            "UpdateFunctionEventInvokeConfig",
            "UpdateFunctionUrlConfig",
        ],
        _function,
    ),
    "CreateEventSourceMapping": _new_source,
    "PutFunctionCodeSigningConfig": _sign,
}

"""Step Functions, and API Gateway, whose actions are methods on paths.

https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from iamd.gateway.exact.templates import table
from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, checked_name, request_tags
from iamd.gateway.strict import plain
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped

_EXECUTION = "{executionArn}"
_MACHINE = re.compile(r"(arn:[a-z0-9-]+:states:[a-z0-9-]+:\d{12}:stateMachine:[^:*?\s]+)(?::([^:*?\s]+))?").fullmatch
_TELLS = ("states:statemachinequalifier",)


def _machine(inquiry: Inquiry) -> list[Need]:
    """A state machine, also where a version or alias of it is named: that is a condition key only.

    https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
    """
    document, operation = inquiry.document, inquiry.asked.operation.name
    if operation == "ListExecutions" and document.get("mapRunArn"):
        return [Need("states:ListExecutions", checked_arn(inquiry.text("mapRunArn"), "states", "mapRun:"))]
    named = [document[name] for name in _NAMED if document.get(name)]
    routes = document.get("routingConfiguration") if operation == "CreateStateMachineAlias" else None
    named += [each.get("stateMachineVersionArn") for each in routes or () if isinstance(each, Mapping)]
    machines, qualifier = set(), ""
    for each in named:
        found = _MACHINE(str(each))
        if found is None:
            raise Unmapped(f"`{str(each)[:256]}` is no ARN of a state machine.")
        machines.add(found[1])
        qualifier = found[2] or ""
    if len(machines) != 1:
        raise Unmapped(f"{operation} must name one state machine.")
    if operation == "CreateStateMachineAlias":
        qualifier = inquiry.text("name")
    keys: Context = {_TELLS[0]: qualifier} if qualifier else {}
    (arn,) = machines
    needs = [Need(f"states:{operation}", arn, request_tags(document) | keys, _TELLS)]
    return [*needs, *_published(inquiry, arn)]


_NAMED = ("stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn")


def _published(inquiry: Inquiry, arn: str) -> list[Need]:
    publishes = inquiry.document.get("publish") is True
    return [Need("states:PublishStateMachineVersion", arn, {}, _TELLS)] if publishes else []


def _new_machine(inquiry: Inquiry) -> list[Need]:
    arn = inquiry.arn("states", f"stateMachine:{checked_name(inquiry.text('name'))}")
    return [Need("states:CreateStateMachine", arn, request_tags(inquiry.document)), *_published(inquiry, arn)]


def _test(inquiry: Inquiry) -> list[Need]:
    actions = ["TestState", "RevealSecrets"] if inquiry.document.get("revealSecrets") else ["TestState"]
    return [Need(f"states:{action}", "*") for action in actions]


STATES: Mapping[str, Mapper] = {
    **table(
        "states",
        {
            "activity:{name}": "CreateActivity",
            "activity:{activityArn}": "DeleteActivity DescribeActivity GetActivityTask",
            _EXECUTION: "DescribeExecution DescribeStateMachineForExecution GetExecutionHistory ListMapRuns "
            "RedriveExecution StopExecution",
            "{mapRunArn}": "DescribeMapRun UpdateMapRun",
            "{resourceArn}": "ListTagsForResource TagResource UntagResource",
            "*": "ListActivities ListStateMachines SendTaskFailure SendTaskHeartbeat SendTaskSuccess "
            "ValidateStateMachineDefinition",
        },
    ),
    **dict.fromkeys(
        [
            "CreateStateMachineAlias",
            "DeleteStateMachine",
            "DeleteStateMachineAlias",
            "DeleteStateMachineVersion",
            "DescribeStateMachine",
            "DescribeStateMachineAlias",
            "ListExecutions",
            "ListStateMachineAliases",
            "ListStateMachineVersions",
            "PublishStateMachineVersion",
            "StartExecution",
            "StartSyncExecution",
            "UpdateStateMachine",
            "UpdateStateMachineAlias",
        ],
        _machine,
    ),
    "CreateStateMachine": _new_machine,
    "TestState": _test,
}


def on_path(inquiry: Inquiry) -> list[Need]:
    """Whatever the operation of API Gateway: its method, on the path of the request. Version 2 says its paths without
    `/v2`, and what is tagged stands in them encoded."""
    request, name = inquiry.request, inquiry.asked.service.name
    path = plain(request.path.decode("ascii")).rstrip("/")
    if "*" in path or "?" in path:
        raise Unmapped("The path must not hold wildcards.")
    path = path.removeprefix("/v2") if name == "apigatewayv2" else path
    if path.startswith("/tags/"):
        path = "/tags/" + quote(path.removeprefix("/tags/"), safe="")
    start = f"arn:{PARTITION}:apigateway:{inquiry.region}::"
    context = request_tags(inquiry.document)
    needs = [Need(f"apigateway:{request.method}", start + (path or "/"), context)]
    if name == "apigatewayv2" and request.method == "POST" and context and not path.startswith("/tags/"):
        made = quote(f"{start}/v2{path}/", safe="") + "*"  # so AWS says it itself
        needs.append(Need("apigateway:POST", f"{start}/tags/{made}", context))
    if _sets_policy(inquiry):
        needs.append(Need("apigateway:UpdateRestApiPolicy", start + path))
    return needs


def _sets_policy(inquiry: Inquiry) -> bool:
    """Whether the request writes the policy of an API, or may: a definition that is imported can hold one."""
    document = inquiry.document
    if document.get("policy") or inquiry.asked.operation.name in ("ImportRestApi", "PutRestApi"):
        return True
    patches = document.get("patchOperations")
    return inquiry.asked.operation.name == "UpdateRestApi" and any(
        not isinstance(each, Mapping) or str(each.get("path", "")).startswith("/policy") for each in patches or ()
    )

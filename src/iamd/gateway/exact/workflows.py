"""Step Functions, and API Gateway, whose actions are methods on paths.

https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
"""

from __future__ import annotations

from collections.abc import Mapping

from iamd.gateway.exact.templates import table
from iamd.gateway.mapped import Inquiry, Mapper, Need, request_tags
from iamd.gateway.strict import plain
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped

_EXECUTION = "{executionArn}"

STATES: Mapping[str, Mapper] = {
    **table(
        "states",
        {
            "stateMachine:{name}": "CreateStateMachine",
            "activity:{name}": "CreateActivity",
            "activity:{activityArn}": "DeleteActivity DescribeActivity GetActivityTask",
            "stateMachine:{stateMachineArn}": "DeleteStateMachine DescribeStateMachine ListExecutions "
            "ListStateMachineAliases ListStateMachineVersions PublishStateMachineVersion StartExecution "
            "StartSyncExecution UpdateStateMachine",
            "stateMachine:{stateMachineVersionArn}": "DeleteStateMachineVersion",
            "stateMachine:{stateMachineAliasArn}": "DeleteStateMachineAlias DescribeStateMachineAlias "
            "UpdateStateMachineAlias",
            _EXECUTION: "DescribeExecution DescribeStateMachineForExecution GetExecutionHistory ListMapRuns "
            "RedriveExecution StopExecution",
            "{mapRunArn}": "DescribeMapRun UpdateMapRun",
            "{resourceArn}": "ListTagsForResource TagResource UntagResource",
            "*": "ListActivities ListStateMachines SendTaskFailure SendTaskHeartbeat SendTaskSuccess TestState "
            "ValidateStateMachineDefinition",
        },
    )
}


def on_path(inquiry: Inquiry) -> list[Need]:
    """Whatever the operation of API Gateway, both versions: its method, on the path of the request."""
    request = inquiry.request
    path = plain(request.path.decode("ascii"))
    if "*" in path or "?" in path:
        raise Unmapped("The path must not hold wildcards.")
    arn = f"arn:{PARTITION}:apigateway:{inquiry.region}::{path.rstrip('/') or '/'}"
    needs = [Need(f"apigateway:{request.method}", arn, request_tags(inquiry.document))]
    if _sets_policy(inquiry):
        needs.append(Need("apigateway:UpdateRestApiPolicy", arn))
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

"""ECR and ECS.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/security_iam_service-with-iam.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_service-with-iam.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from iamd.gateway.exact.templates import resources, table
from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, checked_name, request_tags
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import NotThere, Unmapped

_ACCOUNT = re.compile(r"\d{12}").fullmatch


def _repository(inquiry: Inquiry) -> list[Need]:
    """A repository by its name, in the registry of another account where the request says so."""
    registry = inquiry.document.get("registryId") or inquiry.account_id
    if not isinstance(registry, str) or not _ACCOUNT(registry):
        raise Unmapped("registryId must be an account id.")
    name = checked_name(inquiry.text("repositoryName"))
    arn = f"arn:{PARTITION}:ecr:{inquiry.region}:{registry}:repository/{name}"
    return [Need(f"ecr:{inquiry.asked.operation.name}", arn, request_tags(inquiry.document))]


def _repositories(inquiry: Inquiry) -> list[Need]:
    """Those that are named, or all of the registry."""
    named = inquiry.document.get("repositoryNames") or ["*"]
    if inquiry.document.get("registryId", inquiry.account_id) != inquiry.account_id:
        raise Unmapped("The gateway lists repositories of one's own registry only.")
    if not isinstance(named, list):
        raise Unmapped("repositoryNames must be a list.")
    arns = [inquiry.arn("ecr", f"repository/{each if each == '*' else checked_name(str(each))}") for each in named]
    return [Need("ecr:DescribeRepositories", arn) for arn in arns]


ECR: Mapping[str, Mapper] = {
    **table(
        "ecr",
        {
            "{resourceArn}": "ListTagsForResource TagResource UntagResource",
            "*": "DeleteRegistryPolicy DescribeRegistry GetRegistryPolicy GetRegistryScanningConfiguration "
            "PutRegistryPolicy PutRegistryScanningConfiguration PutReplicationConfiguration GetAuthorizationToken",
        },
    ),
    **dict.fromkeys(
        [
            "BatchCheckLayerAvailability",
            "BatchDeleteImage",
            "BatchGetImage",
            "CompleteLayerUpload",
            "CreateRepository",
            "DeleteLifecyclePolicy",
            "DeleteRepository",
            "DeleteRepositoryPolicy",
            "DescribeImageScanFindings",
            "DescribeImages",
            "GetDownloadUrlForLayer",
            "GetLifecyclePolicy",
            "GetLifecyclePolicyPreview",
            "GetRepositoryPolicy",
            "InitiateLayerUpload",
            "ListImages",
            "PutImage",
            "PutImageScanningConfiguration",
            "PutImageTagMutability",
            "PutLifecyclePolicy",
            "SetRepositoryPolicy",
            "StartImageScan",
            "StartLifecyclePolicyPreview",
            "UploadLayerPart",
        ],
        _repository,
    ),
    "DescribeRepositories": _repositories,
}

_CLUSTER = "cluster/{cluster|default}"
_IN = "{cluster|default}/"


def _cluster_keys(inquiry: Inquiry) -> Context:
    """The cluster, which is the default one where the request names none."""
    has_cluster = any(member.name == "cluster" for member in inquiry.asked.operation.inputs)
    return {"ecs:cluster": resources(inquiry, "ecs", _CLUSTER)[0]} if has_cluster else {}


def _execute(inquiry: Inquiry) -> list[Need]:
    """A command in a task, and so in its cluster."""
    (cluster,) = resources(inquiry, "ecs", _CLUSTER)
    (task,) = resources(inquiry, "ecs", f"task/{_IN}{{task}}")
    keys: Context = {"ecs:cluster": cluster, "ecs:task": task}
    if isinstance(inquiry.document.get("container"), str):
        keys["ecs:container-name"] = inquiry.document["container"]
    return [Need("ecs:ExecuteCommand", arn, keys, ("ecs:cluster", "ecs:task")) for arn in (cluster, task)]


async def _run(inquiry: Inquiry) -> list[Need]:
    """A task needs its definition, and whoever starts it may pass the definition's roles."""
    name, asked = inquiry.asked.operation.name, inquiry.text("taskDefinition")
    found = await _definition(inquiry, asked)
    arn = inquiry.arn("ecs", checked_arn(str(found["taskDefinitionArn"]), "ecs", "task-definition/").split(":", 5)[5])
    (cluster,) = resources(inquiry, "ecs", _CLUSTER)
    keys: Context = {"ecs:cluster": cluster, "ecs:task-definition": arn}
    if isinstance(inquiry.document.get("enableExecuteCommand"), bool) or name != "UpdateService":
        keys["ecs:enable-execute-command"] = "true" if inquiry.document.get("enableExecuteCommand") else "false"
    resource = arn
    if name == "CreateTaskSet":
        (service,) = resources(inquiry, "ecs", f"service/{_IN}{{service}}")
        keys["ecs:service"], resource = service, f"{service.replace(':service/', ':task-set/')}/*"
    elif name in ("CreateService", "UpdateService"):
        member = "{serviceName}" if name == "CreateService" else "{service}"
        (resource,) = resources(inquiry, "ecs", f"service/{_IN}{member}")
    return [Need(f"ecs:{name}", resource, request_tags(inquiry.document) | keys, _TELLS), *_roles(inquiry, found)]


async def _definition(inquiry: Inquiry, asked: str) -> Mapping[str, object]:
    """The task definition, of the newest revision where none is named; one that is not there is decided on as named."""
    try:
        told = await inquiry.lookup("DescribeTaskDefinition", {"taskDefinition": asked}, None)
    except NotThere:
        (arn,) = resources(inquiry, "ecs", "task-definition/{taskDefinition}")
        return {"taskDefinitionArn": arn}
    found = told.get("taskDefinition")
    if not isinstance(found, Mapping) or "taskDefinitionArn" not in found:
        raise Unmapped("The upstream does not say which task definition is meant.")
    return found


def _roles(inquiry: Inquiry, definition: Mapping[str, object]) -> list[Need]:
    """The roles of a definition, without those that the request sets in their place."""
    to_tasks: Context = {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}
    roles = (definition.get("taskRoleArn"), definition.get("executionRoleArn"))
    named = [role if role.startswith("arn:") else inquiry.role_arn(role) for role in roles if isinstance(role, str)]
    return [Need("iam:PassRole", arn, to_tasks, ("iam:",)) for arn in dict.fromkeys(named)]


async def _update_service(inquiry: Inquiry) -> list[Need]:
    if inquiry.document.get("taskDefinition"):
        return await _run(inquiry)
    (resource,) = resources(inquiry, "ecs", f"service/{_IN}{{service}}")
    return [Need("ecs:UpdateService", resource, _cluster_keys(inquiry), _TELLS)]


_TELLS = ("ecs:cluster", "ecs:service", "ecs:task-definition")

ECS: Mapping[str, Mapper] = {
    **table(
        "ecs",
        {
            "cluster/{clusterName|default}": "CreateCluster",
            _CLUSTER: "DeleteCluster DeregisterContainerInstance ListAttributes ListContainerInstances PutClusterCapacityProviders "
            "RegisterContainerInstance UpdateCluster UpdateClusterSettings",
            "cluster/{clusters[]|default}": "DescribeClusters",
            f"service/{_IN}{{service}}": "DeleteService",
            f"service/{_IN}{{services[]}}": "DescribeServices",
            f"task/{_IN}{{task}}": "StopTask",
            f"task/{_IN}{{tasks[]}}": "DescribeTasks GetTaskProtection UpdateTaskProtection",
            f"container-instance/{_IN}{{containerInstance}}": "UpdateContainerAgent",
            f"container-instance/{_IN}{{containerInstances[]}}": "DescribeContainerInstances "
            "UpdateContainerInstancesState",
            "task-definition/{family}:*": "RegisterTaskDefinition",
            "task-definition/{taskDefinitions[]}": "DeleteTaskDefinitions",
            "capacity-provider/{name}": "CreateCapacityProvider UpdateCapacityProvider",
            "capacity-provider/{capacityProvider}": "DeleteCapacityProvider",
            "{resourceArn}": "ListTagsForResource TagResource UntagResource",
            "*": "DeregisterTaskDefinition DescribeTaskDefinition ListAccountSettings ListClusters ListServices "
            "ListTaskDefinitionFamilies ListTaskDefinitions PutAccountSetting PutAccountSettingDefault "
            "DescribeCapacityProviders",
            "container-instance/{cluster|default}/*": "DeleteAttributes ListTasks PutAttributes",
        },
        _cluster_keys,
        _TELLS,
    ),
    **dict.fromkeys(["CreateService", "CreateTaskSet", "RunTask", "StartTask"], _run),
    "ExecuteCommand": _execute,
    "UpdateService": _update_service,
}

"""Mapping without a table: the action of the operation's name, on the resource types that AWS's service authorization
reference lists for it, filled in from parameters of the same names.

What cannot be told so is refused. https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import re

from iamd.gateway.directory import Service
from iamd.gateway.mapped import Inquiry, Need, Unmapped, checked_name, request_tags
from iamd.reference import services as reference
from iamd.reference.services import Action, ResourceType
from iamd.store.records import PARTITION
from iamd.wire.model import OperationModel

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_GIVEN = frozenset({"Partition", "Region", "Account"})
_FEW = ("List", "Read")

# Services whose actions have another prefix than any of their names.
_PREFIXES = {
    "apigatewayv2": "apigateway",
    "cloudwatch": "cloudwatch",
    "dynamodbstreams": "dynamodb",
    "sesv2": "ses",
    "stepfunctions": "states",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "efs": "elasticfilesystem",
    "emr": "elasticmapreduce",
    "opensearch": "es",
    "servicediscovery": "servicediscovery",
}
# Whose actions are not the operations' names at all.
_NAMELESS = frozenset({"apigateway", "apigatewayv2", "s3", "s3control"})


def action_of(service: Service, operation: str) -> Action | None:
    """The action of an operation's name; None when the reference has none."""
    if service.name in _NAMELESS:
        return None
    for prefix in dict.fromkeys((_PREFIXES.get(service.name, service.signing), service.endpoint, service.name)):
        found = reference.get(prefix)
        action = found.actions.get(operation.lower()) if found else None
        if action is not None:
            return action
    return None


async def needs(inquiry: Inquiry) -> list[Need]:
    """What a request needs; raises Unmapped."""
    operation = inquiry.asked.operation
    action = action_of(inquiry.asked.service, operation.name)
    if action is None:
        raise Unmapped(f"The gateway does not know which action {operation.name} needs.")
    context = request_tags(inquiry.document)
    name = f"{action.service}:{action.name}"
    return [Need(name, resource, context) for resource in _resources(action, inquiry)]


def kind_of(service: Service, operation: OperationModel) -> str:
    """How an operation is mapped without a table: `generically`, or `refused`."""
    action = action_of(service, operation.name)
    if action is None:
        return "refused"
    if not action.resource_types:
        return "generically"
    required = [each.name for each in action.resource_types if each.required]
    types = _types(action)
    derivable = {each.name for each in types if all(_member(v, each, operation) for v in _variables(each))}
    if required:
        return "generically" if derivable.issuperset(required) else "refused"
    return "generically" if derivable or action.access_level in _FEW else "refused"


def _resources(action: Action, inquiry: Inquiry) -> list[str]:
    if not action.resource_types:
        return ["*"]
    required = {each.name for each in action.resource_types if each.required}
    found: list[str] = []
    for resource_type in _types(action):
        arn = _filled(resource_type, action, inquiry, resource_type.name in required)
        if arn is not None:
            found.append(arn)
        elif resource_type.name in required:
            raise Unmapped(f"The gateway cannot tell the {resource_type.name} of {inquiry.asked.operation.name}.")
    if not found and action.access_level not in _FEW:
        raise Unmapped(f"The gateway cannot tell the resource of {inquiry.asked.operation.name}.")
    return list(dict.fromkeys(found)) or ["*"]


def _types(action: Action) -> list[ResourceType]:
    service = reference.get(action.service)
    known = service.resource_types if service else {}
    return [known[name] for each in action.resource_types if (name := each.name.lower()) in known]


def _variables(resource_type: ResourceType) -> list[str]:
    return [name for name in _VARIABLE.findall(resource_type.arn) if name not in _GIVEN]


def _filled(resource_type: ResourceType, action: Action, inquiry: Inquiry, required: bool) -> str | None:
    """The type's ARN with the parameters filled in; None when one that is needed is absent."""
    values = {"Partition": PARTITION, "Region": inquiry.region, "Account": inquiry.account_id}
    variables = _variables(resource_type)
    for variable in variables:
        member = _member(variable, resource_type, inquiry.asked.operation)
        value = None if member is None else inquiry.document.get(member)
        if value is None and required and member is not None and action.access_level in _FEW:
            value = "*"  # a list of all of them
        if not isinstance(value, str) or not value:
            return None
        if value.startswith("arn:"):
            return _whole(value, resource_type)
        values[variable] = value if value == "*" else checked_name(value)
    return _VARIABLE.sub(lambda found: values[found[1]], resource_type.arn)


def _whole(value: str, resource_type: ResourceType) -> str:
    """A parameter that is an ARN, of that type; raises Unmapped."""
    pattern = "".join(
        r"[^:*?\s]*" if part in _GIVEN else r"[^*?\s]+" if index % 2 else re.escape(part)
        for index, part in enumerate(_VARIABLE.split(resource_type.arn))
    )
    if re.fullmatch(pattern, value) is None:
        raise Unmapped(f"`{value[:256]}` is no ARN of a {resource_type.name}.")
    return value


def _member(variable: str, resource_type: ResourceType, operation: OperationModel) -> str | None:
    """The input that fills a variable: of its name, or of the type's with one of the usual endings."""
    names = {member.name.lower(): member.name for member in operation.inputs if member.shape.type == "string"}
    folded = variable.lower()
    bare = re.sub(r"(name|id|identifier|arn)$", "", folded) or folded
    noun = re.sub(r"[^a-z0-9]", "", resource_type.name.lower())
    endings = ("", "name", "id", "identifier", "arn")
    wanted = [folded, *(bare + ending for ending in endings)]
    if len(_variables(resource_type)) == 1:
        wanted += [*(noun + ending for ending in endings), "resourcearn"]
    return next((names[name] for name in wanted if name in names), None)

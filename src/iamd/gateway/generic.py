"""Mapping without a table: the action of the operation's name, on the resource types that AWS's service authorization
reference lists for it, filled in from parameters of the same names.

What cannot be told so is refused. https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import re
from typing import Any

from iamd.gateway.directory import Service
from iamd.gateway.mapped import Inquiry, Need, checked_name, request_tags
from iamd.reference import services as reference
from iamd.reference.services import Action, ResourceType
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped
from iamd.wire.model import OperationModel, Shape

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_GIVEN = frozenset({"Partition", "Region", "Account"})
_FEW = ("List", "Read")
_MOST = 1000  # resources; EC2 takes as many
_MAKES = re.compile(r"(?:Allocate|Copy|Create|Import|Register|Request|Run)[A-Z]").match
_TAGGED = frozenset({"arn", "resource", "resourcearn", "resourceidentifier"})
_ACCOUNTS = frozenset({"accountid", "awsaccountid", "catalogid", "ownerid", "owneraccount", "registryid"})
# What EC2 calls things in its parameters, where the reference has another name.
_ALIASES = {
    "SecurityGroupId": ("groupid", "groupname"),
    "ElasticGpuId": ("elasticgpuspecification",),
    "AllocationId": ("allocationid",),
    "KeyPairName": ("keyname",),
    "VpcFlowLogId": ("flowlogid",),
}

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
        action = named_action(prefix, operation)
        if action is not None:
            return action
    return None


def named_action(prefix: str, name: str) -> Action | None:
    """The action of that name; None when the reference has none."""
    service = reference.get(prefix)
    return service.actions.get(name.lower()) if service else None


def needs(inquiry: Inquiry) -> list[Need]:
    """What a request needs; raises Unmapped."""
    operation = inquiry.asked.operation
    action = action_of(inquiry.asked.service, operation.name)
    if action is None:
        raise Unmapped(f"The gateway does not know which action {operation.name} needs.")
    _require_own_account(inquiry)
    context = request_tags(inquiry.document)
    name = f"{action.service}:{action.name}"
    return [Need(name, resource, context) for resource in _resources(action, inquiry)]


def _require_own_account(inquiry: Inquiry) -> None:
    """Refuse parameters that say in which account the resource is: they would change what the others name."""
    for name, value in inquiry.document.items():
        if name.lower() in _ACCOUNTS and value not in ("", inquiry.account_id):
            raise Unmapped(f"{name} names another account than the resource's, {inquiry.account_id}.")


def kind_of(service: Service, operation: OperationModel) -> str:
    """How an operation is mapped without a table: `generically`, or `refused`."""
    action = action_of(service, operation.name)
    if action is None:
        return "refused"
    if not action.resource_types or _arn_member(action, operation) is not None:
        return "generically"
    required = [each.name for each in action.resource_types if each.required]
    types = _types(action)
    derivable = {
        each.name for each in types if _makes(action) or all(_members(v, each, operation) for v in _variables(each))
    }
    if required:
        return "generically" if derivable.issuperset(required) else "refused"
    return "generically" if derivable or action.access_level in _FEW else "refused"


def _resources(action: Action, inquiry: Inquiry) -> list[str]:
    if not action.resource_types:
        return ["*"]
    member = _arn_member(action, inquiry.asked.operation)
    if member is not None:
        return [_any_of(inquiry.document.get(member), action)]
    required = {each.name for each in action.resource_types if each.required}
    found: list[str] = []
    for resource_type in _types(action):
        arns = _filled(resource_type, action, inquiry, resource_type.name in required)
        if not arns and resource_type.name in required:
            raise Unmapped(f"The gateway cannot tell the {resource_type.name} of {inquiry.asked.operation.name}.")
        found += arns
    if not found and action.access_level not in _FEW:
        raise Unmapped(f"The gateway cannot tell the resource of {inquiry.asked.operation.name}.")
    if len(found) > _MOST:
        raise Unmapped(f"{inquiry.asked.operation.name} names more than the gateway decides on at once.")
    return list(dict.fromkeys(found)) or ["*"]


def _arn_member(action: Action, operation: OperationModel) -> str | None:
    """The input that says by its ARN what is tagged, of whatever type it is; None for what names it otherwise, and for all
    other operations."""
    if action.access_level != "Tagging" and not action.name.startswith(("ListTags", "GetTags")):
        return None
    named = [each.name for each in operation.inputs if each.name.lower() in _TAGGED and each.shape.type == "string"]
    return named[0] if len(named) == 1 else None


def _any_of(value: Any, action: Action) -> str:
    """A parameter that is an ARN of one of the action's types; raises Unmapped."""
    if isinstance(value, str) and any(_is_of(value, each) for each in _types(action)):
        return value
    raise Unmapped(f"`{str(value)[:256]}` is no ARN of what {action.name} is for.")


def _makes(action: Action) -> bool:
    """Whether what is not named is to be made: EC2 decides on it as on all of its kind (`volume/*`)."""
    return action.service == "ec2" and _MAKES(action.name) is not None


def _types(action: Action) -> list[ResourceType]:
    service = reference.get(action.service)
    known = service.resource_types if service else {}
    return [known[name] for each in action.resource_types if (name := each.name.lower()) in known]


def _variables(resource_type: ResourceType) -> list[str]:
    return [name for name in _VARIABLE.findall(resource_type.arn) if name not in _GIVEN]


def _filled(resource_type: ResourceType, action: Action, inquiry: Inquiry, required: bool) -> list[str]:
    """The type's ARNs with the parameters filled in, one for each element of a list; none when one is absent."""
    values = {"Partition": PARTITION, "Region": inquiry.region, "Account": inquiry.account_id}
    many: tuple[str, list[str]] | None = None
    for variable in _variables(resource_type):
        members = _members(variable, resource_type, inquiry.asked.operation)
        value = _named(members, inquiry)
        if not value and required and (_makes(action) or (members and action.access_level in _FEW)):
            value = "*"  # what is to be made, or a list of all of them
        if isinstance(value, list) and many is None and value and all(isinstance(each, str) for each in value):
            many = variable, value
        elif not isinstance(value, str) or not value:
            return []
        elif value.startswith("arn:"):
            return [_whole(value, resource_type)]
        else:
            values[variable] = value if value == "*" else checked_name(value)
    if many is None:
        return [_VARIABLE.sub(lambda found: values[found[1]], resource_type.arn)]
    return [_one(resource_type, {**values, many[0]: each}, each) for each in many[1]]


def _one(resource_type: ResourceType, values: dict[str, str], named: str) -> str:
    if named.startswith("arn:"):
        return _whole(named, resource_type)
    checked_name(named)
    return _VARIABLE.sub(lambda found: values[found[1]], resource_type.arn)


def _whole(value: str, resource_type: ResourceType) -> str:
    """A parameter that is an ARN, of that type; raises Unmapped."""
    if not _is_of(value, resource_type):
        raise Unmapped(f"`{value[:256]}` is no ARN of a {resource_type.name}.")
    return value


def _is_of(value: str, resource_type: ResourceType) -> bool:
    pattern = "".join(
        r"[^:*?\s]*" if part in _GIVEN else r"[^*?\s]+" if index % 2 else re.escape(part)
        for index, part in enumerate(_VARIABLE.split(resource_type.arn))
    )
    return re.fullmatch(pattern, value) is not None


def _named(members: list[str], inquiry: Inquiry) -> Any:
    """The value of those members of which one may be there; raises Unmapped for two that differ."""
    given = [inquiry.document[name] for name in members if inquiry.document.get(name)]
    if any(value != given[0] for value in given):
        raise Unmapped(f"{' and '.join(members)} name the same thing: send one of them.")
    return given[0] if given else None


def _members(variable: str, resource_type: ResourceType, operation: OperationModel) -> list[str]:
    """The inputs that may fill a variable: of its name, or of the type's with one of the usual endings; texts, or lists of
    them."""
    names = {member.name.lower(): member.name for member in operation.inputs if _is_text(member.shape)}
    folded = variable.lower()
    bare = re.sub(r"(name|id|identifier|arn)$", "", folded) or folded
    noun = re.sub(r"[^a-z0-9]", "", resource_type.name.lower())
    endings = ("", "name", "id", "identifier", "arn")
    wanted = [folded, *(bare + ending for ending in endings), *_ALIASES.get(variable, ())]
    if len(_variables(resource_type)) == 1:
        wanted += [*(noun + ending for ending in endings), "resourcearn"]
    wanted += [f"{each}s" for each in wanted]
    return [names[name] for name in dict.fromkeys(wanted) if name in names]


def _is_text(shape: Shape) -> bool:
    return shape.type == "string" or (shape.type == "list" and shape.element.shape.type == "string")

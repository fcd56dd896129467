"""EC2, where it is not generic: what runs instances, and what tags.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html and supported-iam-actions-tagging.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_name, request_tags, tag_pairs
from iamd.guard.context import Context, tag_context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped

_TELLS = ("ec2:instancetype", "ec2:region", "ec2:createaction", "ec2:imageid", "ec2:tenancy")
_MOST = 1000  # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
_OWNERLESS = frozenset({"image", "snapshot"})

# Kinds of resources by the beginnings of their ids. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
_KINDS = {
    "acl": "network-acl",
    "ami": "image",
    "cgw": "customer-gateway",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "h": "dedicated-host",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "sir": "spot-instances-request",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "tgw-rtb": "transit-gateway-route-table",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpn": "vpn-connection",
}


def _arn(inquiry: Inquiry, kind: str, name: str) -> str:
    checked = name if name == "*" else checked_name(name)
    if kind in _OWNERLESS:
        return f"arn:{PARTITION}:ec2:{inquiry.region}::{kind}/{checked}"
    return inquiry.arn("ec2", f"{kind}/{checked}")


def _tag(inquiry: Inquiry) -> list[Need]:
    """Each resource, of the kind that its id tells."""
    named = inquiry.document.get("Resources")
    if not isinstance(named, list) or not 1 <= len(named) <= _MOST:
        raise Unmapped(f"{inquiry.asked.operation.name} needs Resources, {_MOST} at most.")
    context, action = request_tags(inquiry.document), f"ec2:{inquiry.asked.operation.name}"
    return [Need(action, _arn(inquiry, _kind_of(str(each)), str(each)), context, _TELLS) for each in named]


def _kind_of(name: str) -> str:
    kind = _KINDS.get(name.rpartition("-")[0])
    if kind is None:
        raise Unmapped(f"The gateway cannot tell the kind of `{name[:128]}` by its id.")
    return kind


def _run(inquiry: Inquiry) -> list[Need]:
    """Instances with all that they are made of; what the service chooses is decided on as all of its kind."""
    document = inquiry.document
    template = document.get("LaunchTemplate")
    if isinstance(template, Mapping):
        raise Unmapped("The gateway cannot tell what a launch template asks for: say it in the request.")
    interfaces = [each for each in document.get("NetworkInterfaces") or () if isinstance(each, Mapping)]
    groups = [*_texts(document.get("SecurityGroupIds")), *_texts(document.get("SecurityGroups"))]
    groups += [group for each in interfaces for group in _texts(each.get("Groups"))]
    subnets = _texts([document.get("SubnetId"), *(each.get("SubnetId") for each in interfaces)])
    used = {
        "image": _texts([document.get("ImageId")]),
        "instance": ["*"],
        "key-pair": _texts([document.get("KeyName")]),
        "network-interface": _texts([each.get("NetworkInterfaceId") for each in interfaces]) or ["*"],
        "security-group": groups or ["*"],
        "snapshot": _snapshots(document),
        "subnet": subnets or ["*"],
        "volume": ["*"],
    }
    tags = dict(_specified(document))
    context: Context = {"ec2:region": inquiry.region}
    if isinstance(document.get("InstanceType"), str):
        context["ec2:instancetype"] = document["InstanceType"]
    return [
        Need("ec2:RunInstances", _arn(inquiry, kind, name), context | tags.get(kind, {}), _TELLS)
        for kind, names in used.items()
        for name in dict.fromkeys(names)
    ]


def _texts(values: Any) -> list[str]:
    return [value for value in values or () if isinstance(value, str) and value]


def _snapshots(document: Mapping[str, Any]) -> list[str]:
    devices = [each.get("Ebs") for each in document.get("BlockDeviceMappings") or () if isinstance(each, Mapping)]
    return _texts([device.get("SnapshotId") for device in devices if isinstance(device, Mapping)])


def _specified(document: Mapping[str, Any]) -> list[tuple[str, Context]]:
    """The tags that are put on what is made, by its kind."""
    found = []
    for each in document.get("TagSpecifications") or ():
        if not isinstance(each, Mapping) or not isinstance(each.get("ResourceType"), str):
            raise Unmapped("A tag specification must say its ResourceType.")
        found.append((each["ResourceType"], tag_context(tag_pairs(each.get("Tags")) or ())))
    return found


def with_tags(inquiry: Inquiry, found: list[Need]) -> list[Need]:
    """The needs, each with its region and the tags that are put on what it makes, and what tagging that needs."""
    tags, region = dict(_specified(inquiry.document)), {"ec2:region": inquiry.region}
    told = [
        Need(
            need.action,
            need.resource,
            {**region, **need.context, **tags.get(need.resource.rpartition(":")[2].partition("/")[0], {})},
            (*need.tells, "ec2:region"),
        )
        for need in found
    ]
    return [*told, *_tagging(inquiry)]


def _tagging(inquiry: Inquiry) -> list[Need]:
    """`ec2:CreateTags` for what is tagged as it is made."""
    action: Context = {"ec2:createaction": inquiry.asked.operation.name, "ec2:region": inquiry.region}
    return [
        Need("ec2:CreateTags", _arn(inquiry, kind, "*"), action | context, _TELLS)
        for kind, context in _specified(inquiry.document)
        if context
    ]


MAPPERS: Mapping[str, Mapper] = {"CreateTags": _tag, "DeleteTags": _tag, "RunInstances": _run}

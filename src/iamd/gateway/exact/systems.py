"""Systems Manager besides Parameter Store: documents, nodes, maintenance windows, tags.

A node is an instance of EC2 (`i-...`) or a managed one (`mi-...`); nodes that the request chooses by tags or groups are
decided on as all of their kind. Documents of AWS have ARNs without account.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iamd.gateway.exact.secrets import parameter_arn
from iamd.gateway.exact.templates import table
from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, checked_name, request_tags
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped

_IS_OF_AWS = re.compile(r"(?:aws|amazon|amzn)", re.IGNORECASE).match
_INSTANCE = re.compile(r"i-[0-9a-f]{1,32}").fullmatch
_MANAGED = re.compile(r"mi-[0-9a-f]{1,32}").fullmatch


def _document_arn(inquiry: Inquiry, named: object) -> str:
    if not isinstance(named, str) or not named:
        raise Unmapped(f"{inquiry.asked.operation.name} must name its document.")
    if named.startswith("arn:"):
        return checked_arn(named, "ssm", "document/")
    if _IS_OF_AWS(named):
        return f"arn:{PARTITION}:ssm:{inquiry.region}::document/{checked_name(named)}"
    return inquiry.arn("ssm", f"document/{checked_name(named)}")


def _node_arn(inquiry: Inquiry, named: object) -> str:
    if isinstance(named, str) and _INSTANCE(named):
        return inquiry.arn("ec2", f"instance/{named}")
    if isinstance(named, str) and _MANAGED(named):
        return inquiry.arn("ssm", f"managed-instance/{named}")
    raise Unmapped(f"`{str(named)[:128]}` is neither an instance nor a managed one.")


def _node_arns(inquiry: Inquiry, said: Mapping[str, Any]) -> list[str]:
    """The nodes that a request, or an entry of one, names or chooses."""
    given, targets = said.get("InstanceIds") or [], said.get("Targets") or []
    if not isinstance(given, list) or not isinstance(targets, list):
        raise Unmapped("InstanceIds and Targets must be lists.")
    named = [*given, *([said["InstanceId"]] if said.get("InstanceId") else ())]
    chosen = False
    for target in targets:
        values = target.get("Values", []) if isinstance(target, Mapping) else None
        if not isinstance(values, list):
            raise Unmapped("Targets must be keys with values.")
        if target.get("Key") == "InstanceIds" and values and "*" not in values:
            named += values
        else:
            chosen = True
    every = [inquiry.arn("ec2", "instance/*"), inquiry.arn("ssm", "managed-instance/*")] if chosen else []
    return [*(_node_arn(inquiry, each) for each in named), *every]


def _needs(inquiry: Inquiry, arns: list[str], keys: Context | None = None, tells: tuple[str, ...] = ()) -> list[Need]:
    context, action = request_tags(inquiry.document) | (keys or {}), f"ssm:{inquiry.asked.operation.name}"
    if not arns:
        raise Unmapped(f"The gateway cannot tell the resource of {inquiry.asked.operation.name}.")
    return [Need(action, arn, context, tells) for arn in dict.fromkeys(arns)]


def _document(inquiry: Inquiry) -> list[Need]:
    keys: Context = {}
    if inquiry.asked.operation.name == "CreateDocument":
        keys["ssm:documenttype"] = str(inquiry.document.get("DocumentType") or "Command")
    return _needs(inquiry, [_document_arn(inquiry, inquiry.document.get("Name"))], keys)


def _calendars(inquiry: Inquiry) -> list[Need]:
    return _needs(inquiry, [_document_arn(inquiry, each) for each in inquiry.document.get("CalendarNames") or ()])


def _nodes(inquiry: Inquiry) -> list[Need]:
    return _needs(inquiry, _node_arns(inquiry, inquiry.document))


def _compliance(inquiry: Inquiry) -> list[Need]:
    return _needs(inquiry, [_node_arn(inquiry, inquiry.document.get("ResourceId"))])


def _status(inquiry: Inquiry) -> list[Need]:
    arns = [_document_arn(inquiry, inquiry.document.get("Name")), *_node_arns(inquiry, inquiry.document)]
    return _needs(inquiry, arns)


def _connection(inquiry: Inquiry) -> list[Need]:
    return _needs(inquiry, [_node_arn(inquiry, inquiry.document.get("Target"))])


def _start_session(inquiry: Inquiry) -> list[Need]:
    """A session needs its node, and the document that it names."""
    arns, named = [_node_arn(inquiry, inquiry.document.get("Target"))], inquiry.document.get("DocumentName")
    if not named:
        return _needs(inquiry, arns)
    checked: Context = {"ssm:sessiondocumentaccesscheck": "true"}
    return _needs(inquiry, [*arns, _document_arn(inquiry, named)], checked, tuple(checked))


def _send_command(inquiry: Inquiry) -> list[Need]:
    """A command needs its document, its nodes, and the bucket that takes what it prints."""
    arns, bucket = _node_arns(inquiry, inquiry.document), inquiry.document.get("OutputS3BucketName")
    if isinstance(bucket, str) and bucket:
        arns.append(f"arn:{PARTITION}:s3:::{checked_name(bucket)}")
    return _needs(inquiry, [_document_arn(inquiry, inquiry.document.get("DocumentName")), *arns])


def _associate(inquiry: Inquiry) -> list[Need]:
    """Associations of documents with nodes: one, several, or a change of one."""
    said, name = inquiry.document, inquiry.asked.operation.name
    entries = said.get("Entries") if name == "CreateAssociationBatch" else [said]
    own = said.get("AssociationId") if name == "UpdateAssociation" else "*"
    arns = [inquiry.arn("ssm", f"association/{own if own == '*' else checked_name(str(own))}")]
    for entry in entries or ():
        if not isinstance(entry, Mapping):
            raise Unmapped("Entries must be objects.")
        if entry.get("Name") or name != "UpdateAssociation":
            arns.append(_document_arn(inquiry, entry.get("Name")))
        arns += _node_arns(inquiry, entry)
    return _needs(inquiry, arns)


def _automate(inquiry: Inquiry) -> list[Need]:
    document = _document_arn(inquiry, inquiry.document.get("DocumentName"))
    version = inquiry.document.get("DocumentVersion")
    keys: Context = {"ssm:documentversion": version} if isinstance(version, str) else {}
    arns = [document, inquiry.arn("ssm", "automation-execution/*")]
    return _needs(inquiry, arns, keys, ("ssm:documentversion",))


_KINDS = {
    "Association": "association/",
    "Automation": "automation-execution/",
    "CloudConnector": "cloud-connector/",
    "MaintenanceWindow": "maintenancewindow/",
    "OpsItem": "opsitem/",
    "OpsMetadata": "opsmetadata/",
    "PatchBaseline": "patchbaseline/",
}


def _tagged(inquiry: Inquiry) -> list[Need]:
    """What is tagged, by its kind and its name."""
    kind, named = inquiry.text("ResourceType"), inquiry.text("ResourceId")
    if kind == "Parameter":
        return _needs(inquiry, [parameter_arn(inquiry, named)])
    if kind == "Document":
        return _needs(inquiry, [_document_arn(inquiry, named)])
    if kind == "ManagedInstance":
        return _needs(inquiry, [_node_arn(inquiry, named)])
    if kind not in _KINDS:
        raise Unmapped(f"The gateway does not know what a {kind[:64]} is.")
    return _needs(inquiry, [inquiry.own_arn("ResourceId", "ssm", _KINDS[kind])])


def _setting(inquiry: Inquiry) -> list[Need]:
    named = inquiry.text("SettingId")
    if named.startswith("arn:"):
        return _needs(inquiry, [checked_arn(named, "ssm", "servicesetting/")])
    return _needs(inquiry, [inquiry.arn("ssm", f"servicesetting/{checked_name(named).removeprefix('/')}")])


SYSTEMS: Mapping[str, Mapper] = {
    **table(
        "ssm",
        {
            "maintenancewindow/{WindowId}": "DeleteMaintenanceWindow DescribeMaintenanceWindowExecutions "
            "DescribeMaintenanceWindowTargets DescribeMaintenanceWindowTasks GetMaintenanceWindow "
            "GetMaintenanceWindowTask RegisterTargetWithMaintenanceWindow RegisterTaskWithMaintenanceWindow "
            "UpdateMaintenanceWindow",
            "maintenancewindow/{WindowId} windowtarget/{WindowTargetId}": "DeregisterTargetFromMaintenanceWindow "
            "UpdateMaintenanceWindowTarget",
            "maintenancewindow/{WindowId} windowtask/{WindowTaskId}": "DeregisterTaskFromMaintenanceWindow "
            "UpdateMaintenanceWindowTask",
            "maintenancewindow/*": "CancelMaintenanceWindowExecution",
            "opsitem/{AccessRequestId}": "GetAccessToken",
            "patchbaseline/{BaselineId}": "DeletePatchBaseline DeregisterPatchBaselineForPatchGroup "
            "DescribeEffectivePatchesForPatchBaseline GetPatchBaseline RegisterDefaultPatchBaseline "
            "RegisterPatchBaselineForPatchGroup UpdatePatchBaseline",
            "patchbaseline/*": "GetDefaultPatchBaseline",
        },
    ),
    **dict.fromkeys(
        [
            "CreateDocument",
            "DeleteDocument",
            "DescribeDocument",
            "DescribeDocumentPermission",
            "GetDocument",
            "ListDocumentMetadataHistory",
            "ListDocumentVersions",
            "ModifyDocumentPermission",
            "UpdateDocument",
            "UpdateDocumentDefaultVersion",
            "UpdateDocumentMetadata",
        ],
        _document,
    ),
    **dict.fromkeys(["AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource"], _tagged),
    **dict.fromkeys(["CreateAssociation", "CreateAssociationBatch", "UpdateAssociation"], _associate),
    **dict.fromkeys(
        [
            "DescribeEffectiveInstanceAssociations",
            "DescribeInstanceAssociationsStatus",
            "DescribeInstancePatchStates",
            "DescribeInstancePatches",
            "StartAccessRequest",
        ],
        _nodes,
    ),
    **dict.fromkeys(["GetServiceSetting", "ResetServiceSetting", "UpdateServiceSetting"], _setting),
    "GetCalendarState": _calendars,
    "GetConnectionStatus": _connection,
    "PutComplianceItems": _compliance,
    "SendCommand": _send_command,
    "StartAutomationExecution": _automate,
    "StartSession": _start_session,
    "UpdateAssociationStatus": _status,
}

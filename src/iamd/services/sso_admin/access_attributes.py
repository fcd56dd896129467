"""Attributes for access control: which of what is known of people becomes tags of their sessions.

The configuration is kept as the API has it; the access portal makes the tags.
https://docs.aws.amazon.com/singlesignon/latest/userguide/abac.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import structs

from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.sso_admin import quotas
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.center import Center, existing_instance
from iamd.wire.errors import ValidationException
from iamd.wire.identity_errors import ConflictException, ResourceNotFoundException

Configuration = Mapping[str, Any]


def configured_instance(call: Call, *, instance_arn: str) -> Target[Center]:
    """The instance, on which the attributes are enabled."""
    target = existing_instance(call, instance_arn=instance_arn)
    if target.missing is not None or target.value.instance.attributes is not None:
        return target
    error = ResourceNotFoundException("Attributes for access control are not enabled for this instance.")
    return structs.replace(target, missing=error)


def _configure(center: Center, configuration: Configuration) -> None:
    attributes = configuration["AccessControlAttributes"]
    keys = {attribute["Key"] for attribute in attributes}
    if len(keys) < len(attributes):
        raise ValidationException("Each key of AccessControlAttributes may be there once.")
    quotas.check(len(attributes) - 1, quotas.ACCESS_CONTROL_ATTRIBUTES, "attributes for access control")
    text = json.dumps({"AccessControlAttributes": attributes}, ensure_ascii=False, separators=(",", ":"))
    center.records.identity_centers.replace(center.instance, attributes=text)


@sso_admin.operation(on=existing_instance)
def create_instance_access_control_attribute_configuration(
    call: Call, center: Center, *, instance_access_control_attribute_configuration: Configuration
) -> Reply:
    """Enable attributes for access control."""
    if center.instance.attributes is not None:
        raise ConflictException("Attributes for access control are enabled for this instance already.")
    _configure(center, instance_access_control_attribute_configuration)
    return {}


@sso_admin.operation(on=configured_instance)
def describe_instance_access_control_attribute_configuration(call: Call, center: Center) -> Reply:
    """Tell the attributes."""
    configuration = json.loads(center.instance.attributes or "{}")
    return {"Status": "ENABLED", "InstanceAccessControlAttributeConfiguration": configuration}


@sso_admin.operation(on=configured_instance)
def update_instance_access_control_attribute_configuration(
    call: Call, center: Center, *, instance_access_control_attribute_configuration: Configuration
) -> Reply:
    """Replace the attributes."""
    _configure(center, instance_access_control_attribute_configuration)
    return {}


@sso_admin.operation(on=configured_instance)
def delete_instance_access_control_attribute_configuration(call: Call, center: Center) -> Reply:
    """Disable attributes for access control; sessions that exist keep their tags."""
    center.records.identity_centers.replace(center.instance, attributes=None)
    return {}

"""Account properties: settings by name, `Namespace/Property`. There is one, which switches the role manager.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutAccountProperties.html; rules as seen of live AWS.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.iam.service_linked_roles import link, role_to_link
from iamd.store.kinds.managed_roles import AccountProperty
from iamd.wire.errors import InvalidInput

NAMESPACE = "RoleManager"
ENABLED = f"{NAMESPACE}/Enabled"
SERVICE = "role-manager.iam.amazonaws.com"


def all_properties(call: Call) -> Target[None]:
    return Target("*", None, context={"iam:accountpropertynamespaces": (NAMESPACE,)})


def some_properties(call: Call) -> Target[None]:
    return Target("*", None)


def linking(call: Call, _: None) -> Iterator[Ask]:
    """Who enables the role manager must be allowed to make its service-linked role, even when it is there."""
    if call.params["properties"].get(ENABLED) == "true":
        arn = role_to_link(call, aws_service_name=SERVICE).arn
        yield Ask("iam:CreateServiceLinkedRole", arn, call.account_id, context={"iam:awsservicename": SERVICE})


@iam.operation(on=all_properties)
def get_account_properties(call: Call, _: None) -> Reply:
    """Tell every property, also when it was never set."""
    enabled = call.records.account_properties.get(ENABLED)
    return {"Properties": {ENABLED: "false" if enabled is None else enabled.value}}


@iam.operation(on=some_properties, also=linking)
def put_account_properties(call: Call, _: None, *, properties: dict[str, str]) -> Reply:
    """Set properties of one namespace; a name that is not known there is accepted and forgotten.

    Enabling the role manager makes its service-linked role, and disabling leaves it.
    """
    value = _checked(properties)
    collection = call.records.account_properties
    present = collection.get(ENABLED)
    if present is None:
        collection.add(AccountProperty(call.account_id, ENABLED, value))
    else:
        collection.replace(present, value=value)
    if value == "true":
        linked = role_to_link(call, aws_service_name=SERVICE).value
        role = call.records.roles.named(linked.name)
        if role is None or role.path != linked.path:
            link(call, linked, linked.name)
    return {}


def _checked(properties: dict[str, str]) -> str:
    """The value of the one property. Raises InvalidInput."""
    for name in properties:
        if "/" not in name:
            raise InvalidInput(f"Property key must be in format Namespace/PropertyName: {name}")
    namespaces = {name.partition("/")[0] for name in properties}
    if len(namespaces) > 1:
        raise InvalidInput("All properties must belong to the same namespace")
    if namespaces != {NAMESPACE}:
        raise InvalidInput(f"Unsupported namespace: {''.join(namespaces)}")
    value = properties.get(ENABLED)
    if value is None:
        raise InvalidInput(f"{NAMESPACE} namespace requires Enabled property")
    if value not in ("true", "false"):
        raise InvalidInput("Enabled must be 'true' or 'false'")
    return value

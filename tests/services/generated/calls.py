"""Calls of any operation in the world, and what every refusal is held to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest

from iamd.services.catalogue import APIS
from iamd.wire.model import OperationModel
from tests.services.generated.direct import Answer
from tests.services.generated.world import World

OPERATIONS = [
    operation.model
    for name in ("iam", "sts", "organizations", "account")
    for operation in APIS[name].operations.values()
]
over_operations = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o.service.name}:{o.name}")

UNFIT = {
    **dict.fromkeys(
        (name for api in APIS.values() for name in api.operations if "Organizations" in name),
        "takes the trust of Organizations in IAM",
    ),
    **dict.fromkeys(
        (name for name in APIS["organizations"].operations if "ResponsibilityTransfer" in name),
        "takes two organizations",
    ),
    "AcceptHandshake": "is for the account that was invited",
    "AcceptPrimaryEmailUpdate": "takes a code of a mail",
    "CreateGovCloudAccount": "takes another partition",
    "CreateOrganization": "the account has one",
    "DeclineHandshake": "is for the account that was invited",
    "DeleteOrganization": "takes an organization without accounts",
    "EnableAllFeatures": "they are enabled from the start",
    "GetGovCloudAccountInformation": "takes another partition",
    "GetPrimaryEmailUpdateStatus": "nobody asked for an update",
    "InviteOrganizationToTransferResponsibility": "takes two organizations",
    "LeaveOrganization": "is for members",
    "RemoveAccountFromOrganization": "takes an account that is four days old",
    "VerifyPhoneNumber": "takes a code of a message",
    "AssumeRoleWithWebIdentity": "takes a token of an identity provider",
    "AssumeRoot": "takes the trust of Organizations in IAM",
    "DecodeAuthorizationMessage": "no operation here answers such a message",
    "EnableOutboundWebIdentityFederation": "is enabled for the sake of the others",
    "GetDelegatedAccessToken": "takes a token that was handed over",
    "GetMFADevice": "tells of passkeys, which nobody enrolls by API",
}
"""Operations of which no call succeeds, and why."""

QUERY = frozenset(
    {
        *("AccessDenied", "ValidationError", "MalformedInput", "Throttling"),
        # Answered by many operations whose model does not list them (seen of IAM and STS).
        *("InvalidInput", "NoSuchEntity", "InvalidParameterValue"),
    }
)
JSON = frozenset({"AccessDeniedException", "SerializationException", "ValidationException"})
FORBIDDEN = {
    "organizations": {"MalformedInput": "SerializationException", "ValidationError": "InvalidInputException"},
    "account": {"MalformedInput": "SerializationException", "ValidationError": "ValidationException"},
}
"""What the services of the JSON protocols call what those of the Query protocol do."""
_SERVICES = {name: botocore.session.get_session().get_service_model(name) for name in APIS}


def codes(operation: OperationModel) -> set[str]:
    """The error codes that the operation may answer bad input with."""
    shapes = _SERVICES[operation.service.name].operation_model(operation.name).error_shapes
    told = {shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes}
    return told | (QUERY if operation.service.protocol == "query" else JSON)


def call(world: World, operation: OperationModel, params: Mapping[str, Any]) -> Answer:
    """The operation called by an administrator."""
    return world.direct.call(operation.name, params, service=operation.service.name, key=world.caller)


def refused(world: World, operation: OperationModel, params: Mapping[str, Any], word: str) -> Answer:
    """Assert that the call is refused as AWS would, again in the same words, and that nothing has changed."""
    answered = call(world, operation, params)
    assert 400 <= answered.status < 500, (word, answered)
    assert answered.code in codes(operation), (word, answered)
    assert answered.message, (word, answered)
    assert call(world, operation, params).told == answered.told, word
    assert world.unchanged(), word
    return answered

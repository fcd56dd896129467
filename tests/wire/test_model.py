"""The models as iamd reads them, held against botocore's own reading."""

from __future__ import annotations

import json
import subprocess
import sys

import botocore.session
import pytest
from botocore import xform_name

from iamd.wire import errors, model, model_files

SERVICES = ("iam", "sts", "organizations", "sso-admin", "identitystore", "accessanalyzer", "sso", "sso-oidc")


@pytest.mark.parametrize("name", SERVICES)
def test_names_order_and_requiredness_are_botocores(name: str) -> None:
    ours, theirs = model.load(name), botocore.session.get_session().get_service_model(name)
    assert list(ours.operations) == theirs.operation_names
    assert (ours.protocol, ours.api_version) == (theirs.metadata["protocol"], theirs.api_version)
    assert ours.signing_name == theirs.signing_name
    for operation in ours.operations.values():
        peer = theirs.operation_model(operation.name)
        assert operation.snake == xform_name(operation.name)
        shape = peer.input_shape
        assert [m.name for m in operation.inputs] == (list(shape.members) if shape else [])
        assert [m.snake for m in operation.inputs] == [xform_name(m.name) for m in operation.inputs]
        assert {m.name for m in operation.inputs if m.required} == set(shape.required_members if shape else ())
        out = peer.output_shape
        assert [m.name for m in operation.output.members] == list(out.members) if operation.output else out is None


def test_facts_of_iam() -> None:
    iam = model.load("iam")
    assert iam.namespace == "https://iam.amazonaws.com/doc/2010-05-08/"
    create = iam.operations["CreateLoginProfile"]
    password = next(member for member in create.inputs if member.snake == "password")
    assert (password.sensitive, password.shape.min, password.shape.max) == (True, 1, 128)
    assert iam.operations["DeleteUser"].output is None
    assert iam.operations["ListUsers"].paging == model.Paging("Marker", "Marker", "MaxItems", "IsTruncated", ("Users",))
    details = iam.operations["GetAccountAuthorizationDetails"].paging
    assert details is not None
    assert details.result_key == "UserDetailList"


def test_unsigned_operations_of_sts() -> None:
    unsigned = {operation.name for operation in model.load("sts").operations.values() if operation.unsigned}
    assert unsigned == {"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}


def test_every_operation_with_a_marker_pages() -> None:
    for operation in model.load("iam").operations.values():
        pages = any(member.name == "Marker" for member in operation.inputs)
        assert pages == (operation.paging is not None), operation.name


def test_patches_name_existing_places_and_say_why() -> None:
    for service, patches in model._patches().items():
        loaded = model.load(service)
        for patch in patches:
            assert patch["why"]
            place = loaded._raw
            for key in patch["path"]:
                place = place[key]
            assert place == patch["value"]


@pytest.mark.parametrize("name", ["no-such-service", "../data/iam", ""])
def test_unknown_services_are_refused(name: str) -> None:
    with pytest.raises(LookupError):
        model.load(name)


def test_acronyms_in_the_plural() -> None:
    for name in ("TargetGroupARNs", "ARNs", "SecurityGroups", "DBParameterGroupName"):
        assert model.snake(name) == xform_name(name)


def test_a_service_without_paginators() -> None:
    assert all(operation.paging is None for operation in model.load("sms-voice").operations.values())


def test_prose_is_dropped() -> None:
    text = json.dumps(model.load("sts")._raw)
    assert "<p>" not in text


def test_without_botocore_there_are_no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "find_spec", lambda name: None)
    with pytest.raises(LookupError, match="not installed"):
        model.load.__wrapped__("iam")


def test_loading_does_not_import_botocore() -> None:
    code = "import sys; from iamd.wire import model; model.load('iam'); print('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("name", ["iam", "sts"])
def test_every_modelled_error_is_in_the_catalogue(name: str) -> None:
    raw = model.load(name)._raw
    for shape_name, shape in raw["shapes"].items():
        if shape.get("exception"):
            told = shape.get("error", {"code": shape_name, "httpStatusCode": 400, "senderFault": True})
            error = getattr(errors, told["code"])
            assert (error.code, error.status) == (told["code"], told["httpStatusCode"])
            assert error.sender == told.get("senderFault", False)


def test_errors_speak_for_themselves() -> None:
    error = errors.NoSuchEntity("The user with name bob cannot be found.")
    assert (error.code, error.message, str(error), error.type) == (
        "NoSuchEntity",
        error.message,
        error.message,
        "Sender",
    )
    assert errors.MissingAuthenticationToken().message == "Request is missing Authentication Token"
    assert errors.ServiceUnavailable("").message == ""
    assert errors.ServiceFailure().type == "Receiver"


def test_models_without_optional_parts() -> None:
    raw = {"metadata": {"endpointPrefix": "x"}, "operations": {}, "shapes": {}, "pagination": {}}
    bare = model.ServiceModel("x", json.loads(json.dumps(raw)))
    assert (bare.signing_name, bare.namespace, dict(bare.operations)) == ("x", "", {})

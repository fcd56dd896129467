"""Audit records: what CloudTrail has, nothing secret, cheap until written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from iamd.audit import ApiEvent, Identity, identity_of, record
from iamd.caller.caller import Caller, CallerKind
from iamd.caller.session import Session
from iamd.wire import model

ACCOUNT = "123456789012"
NOW = datetime(2026, 3, 24, 21, 11, 59, tzinfo=UTC)
IAM = model.load("iam").operations
STS = model.load("sts").operations

ALICE = Caller(
    kind=CallerKind.USER,
    account_id=ACCOUNT,
    id="AIDAALICE",
    name="Alice",
    arn=f"arn:aws:iam::{ACCOUNT}:user/Alice",
    principal_arn=f"arn:aws:iam::{ACCOUNT}:user/Alice",
    user_id="AIDAALICE",
    access_key_id="AKIAALICE",
)


def session(**fields: Any) -> Session:
    return Session(
        kind="role",
        account_id=ACCOUNT,
        access_key_id="ASIASESSION",
        secret_access_key="hush",
        principal_id="AROAADMIN",
        principal_name="Admin",
        session_name="alice",
        issued=NOW,
        expires=NOW,
        **fields,
    )


def admin(**fields: Any) -> Caller:
    return Caller(
        kind=CallerKind.ROLE,
        account_id=ACCOUNT,
        id="AROAADMIN",
        name="Admin",
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice",
        principal_arn=f"arn:aws:iam::{ACCOUNT}:role/path/Admin",
        user_id="AROAADMIN:alice",
        access_key_id="ASIASESSION",
        session=session(**fields),
    )


def event(**fields: Any) -> ApiEvent:
    given = {
        "account_id": ACCOUNT,
        "time": NOW,
        "source": "iam.amazonaws.com",
        "name": "CreateUser",
        "region": "us-east-1",
        "request_id": "8a6a1f6f-0b7c-4cde-9d1e-000000000000",
        "read_only": False,
        "who": ALICE,
        "operation": IAM["CreateUser"],
        "params": {"user_name": "Bob", "path": "/eng/"},
        "reply": {"User": {"Path": "/eng/", "UserName": "Bob", "UserId": "AIDABOB", "CreateDate": NOW}},
        "client_ip": "192.0.2.1",
        "agent": "aws-cli/2",
    }
    return ApiEvent(**{**given, **fields})


def written(made: ApiEvent) -> dict[str, Any]:
    return record(made.account_id, made.time, made.event_id, made.encode())


def test_a_change_is_recorded_as_cloudtrail_does() -> None:
    made = event()
    told = written(made)
    event_id = told.pop("eventID")
    assert event_id == made.event_id
    assert told == {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAALICE",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/Alice",
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAALICE",
            "userName": "Alice",
        },
        "eventTime": "2026-03-24T21:11:59Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "aws-cli/2",
        "requestParameters": {"userName": "Bob", "path": "/eng/"},
        "responseElements": {
            "user": {"path": "/eng/", "userName": "Bob", "userId": "AIDABOB", "createDate": "Mar 24, 2026 9:11:59 PM"}
        },
        "requestID": "8a6a1f6f-0b7c-4cde-9d1e-000000000000",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }


def test_a_refused_call_tells_why_and_answers_nothing() -> None:
    told = written(event(error=("AccessDenied", "not authorized"), reply=None))
    assert (told["errorCode"], told["errorMessage"]) == ("AccessDenied", "not authorized")
    assert told["responseElements"] is None
    assert told["requestParameters"] == {"userName": "Bob", "path": "/eng/"}


def test_a_read_has_no_response_elements() -> None:
    told = written(event(name="GetUser", operation=IAM["GetUser"], params={}, read_only=True, reply={"User": {}}))
    assert told["readOnly"] is True
    assert told["requestParameters"] is None
    assert told["responseElements"] is None


def test_a_call_that_was_not_understood_is_recorded_all_the_same() -> None:
    told = written(event(who=None, operation=None, name="Nonsense", reply=None, error=("InvalidAction", "no")))
    assert told["userIdentity"] == {"type": "Unknown"}
    assert told["requestParameters"] is None


@pytest.mark.parametrize(
    ("operation", "params", "hidden"),
    [
        ("CreateLoginProfile", {"user_name": "Bob", "password": "s3cret-1"}, "password"),
        ("ChangePassword", {"old_password": "s3cret-1", "new_password": "s3cret-2"}, "newPassword"),
        ("EnableMFADevice", {"user_name": "Bob", "authentication_code1": "s3cret"}, "authenticationCode1"),
        ("ResyncMFADevice", {"user_name": "Bob", "authentication_code2": "s3cret"}, "authenticationCode2"),
    ],
)
def test_what_is_secret_in_a_request_is_hidden(operation: str, params: dict[str, Any], hidden: str) -> None:
    made = event(name=operation, operation=IAM[operation], params=params, reply=None)
    assert b"s3cret" not in made.encode()
    assert made.record()["requestParameters"][hidden] == "HIDDEN_DUE_TO_SECURITY_REASONS"


def test_what_is_secret_in_an_answer_is_left_out() -> None:
    key = {"UserName": "Bob", "AccessKeyId": "AKIABOB", "Status": "Active", "SecretAccessKey": "s3cret"}
    told = written(event(name="CreateAccessKey", operation=IAM["CreateAccessKey"], reply={"AccessKey": key}))
    assert told["responseElements"] == {"accessKey": {"userName": "Bob", "accessKeyId": "AKIABOB", "status": "Active"}}


def test_the_seed_of_an_mfa_device_is_left_out() -> None:
    device = {"SerialNumber": "arn", "Base32StringSeed": b"s3cret", "QRCodePNG": b"s3cret"}
    operation = IAM["CreateVirtualMFADevice"]
    told = written(event(name=operation.name, operation=operation, reply={"VirtualMFADevice": device}))
    assert told["responseElements"] == {"virtualMFADevice": {"serialNumber": "arn"}}


def test_an_assumed_role_keeps_key_id_token_and_expiration() -> None:
    credentials = {"AccessKeyId": "ASIA1", "SecretAccessKey": "s3cret", "SessionToken": "token", "Expiration": NOW}
    told = written(
        event(
            source="sts.amazonaws.com",
            name="AssumeRole",
            read_only=True,
            operation=STS["AssumeRole"],
            params={"role_arn": "arn", "tags": [{"Key": "team", "Value": "blue"}], "token_code": "123456"},
            reply={"Credentials": credentials},
        )
    )
    assert told["requestParameters"]["tags"] == [{"key": "team", "value": "blue"}]
    assert told["requestParameters"]["tokenCode"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert told["responseElements"]["credentials"] == {
        "accessKeyId": "ASIA1",
        "sessionToken": "token",
        "expiration": "Mar 24, 2026 9:11:59 PM",
    }


def test_no_secret_of_any_model_reaches_a_record() -> None:
    for operations in (IAM, STS):
        for operation in operations.values():
            params = {member.snake: "s3cret" for member in operation.inputs if member.sensitive}
            encoded = event(name=operation.name, operation=operation, params=params, reply=None).encode()
            assert b"s3cret" not in encoded, operation.name


def test_a_role_session_names_its_issuer() -> None:
    element = identity_of(admin(mfa_time=1, source_identity="alice@example.com")).element()
    assert element == {
        "type": "AssumedRole",
        "principalId": "AROAADMIN:alice",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIASESSION",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAADMIN",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/path/Admin",
                "accountId": ACCOUNT,
                "userName": "Admin",
            },
            "sourceIdentity": "alice@example.com",
            "attributes": {"creationDate": "2026-03-24T21:11:59Z", "mfaAuthenticated": "true"},
        },
    }


def test_root_and_federated_users() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:root"
    root = Caller(CallerKind.ROOT, ACCOUNT, ACCOUNT, "root", arn, arn, ACCOUNT, "AKIAROOT")
    assert identity_of(root).element() == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": arn,
        "accountId": ACCOUNT,
        "accessKeyId": "AKIAROOT",
    }
    federated = Caller(
        CallerKind.FEDERATED, ACCOUNT, ACCOUNT, "root", "arn:fed", arn, f"{ACCOUNT}:bob", "ASIAFED", session()
    )
    context = identity_of(federated).element()["sessionContext"]
    assert context["sessionIssuer"] == {"type": "Root", "principalId": ACCOUNT, "arn": arn, "accountId": ACCOUNT}


def test_another_identity_may_be_logged_for_the_caller() -> None:
    told = written(event(who=Identity("AWSAccount", "AIDAALICE", account_id="999999999999"), shared_id="shared"))
    assert told["userIdentity"] == {"type": "AWSAccount", "principalId": "AIDAALICE", "accountId": "999999999999"}
    assert told["sharedEventID"] == "shared"


def test_tls_and_additional_data_are_told_when_there_are() -> None:
    told = written(event(secure_host="iam.example.com", additional={"reason": "boundary"}))
    assert told["tlsDetails"] == {"clientProvidedHostHeader": "iam.example.com"}
    assert told["additionalEventData"] == {"reason": "boundary"}
    assert "tlsDetails" not in written(event())


def test_long_texts_are_cut_and_long_elements_left_out() -> None:
    told = written(event(agent="é" * 2000, params={"user_name": "x" * 200_000}))
    assert len(told["userAgent"].encode()) == 1024
    assert told["requestParameters"] is None


def test_any_text_can_be_recorded() -> None:
    told = written(event(name="\ud800", agent="\udfff" * 2000, params={"user_name": "\ud800"}, reply={"X": object()}))
    assert told["eventName"] == "\\ud800"


def test_midnight_and_noon() -> None:
    def created(hour: int) -> str:
        when = datetime(2026, 3, 4, hour, 0, 0, tzinfo=UTC)
        reply = {"User": {"Path": "/", "CreateDate": when}}
        text: str = written(event(reply=reply))["responseElements"]["user"]["createDate"]
        return text

    assert created(0) == "Mar 4, 2026 12:00:00 AM"
    assert created(12) == "Mar 4, 2026 12:00:00 PM"

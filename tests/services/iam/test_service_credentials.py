"""Service-specific credentials, through the public door."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from iamd.audit.elements import response_elements
from iamd.services.iam.service_credentials import SERVICES
from iamd.wire import model
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.support import denied, let, refused

CODECOMMIT, CASSANDRA, BEDROCK = "codecommit.amazonaws.com", "cassandra.amazonaws.com", "bedrock.amazonaws.com"
BEARER = {service: prefix for service, prefix in SERVICES.items() if prefix}
NO_SUCH_USER = ("NoSuchEntity", "The user with name nobody cannot be found.")


@pytest.fixture
def create(iam: Any) -> Callable[..., Any]:
    """Makes a credential of Bob's, whom it makes, too."""
    iam.create_user(UserName="Bob")

    def call(service: str = CODECOMMIT, user: str = "bob", **params: Any) -> Any:
        answer = iam.create_service_specific_credential(UserName=user, ServiceName=service, **params)
        return answer["ServiceSpecificCredential"]

    return call


def listed(iam: Any, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = iam.list_service_specific_credentials(**params)["ServiceSpecificCredentials"]
    return found


def by_id(credentials: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {credential["ServiceSpecificCredentialId"]: credential for credential in credentials}


@pytest.mark.parametrize("service", [CODECOMMIT, CASSANDRA])
def test_a_password_is_told_once(iam: Any, create: Callable[..., Any], service: str) -> None:
    made = create(service.upper())
    assert set(made) == {
        *("CreateDate", "ServiceName", "ServiceUserName", "ServicePassword"),
        *("ServiceSpecificCredentialId", "UserName", "Status"),
    }
    assert made["ServiceName"] == service
    assert made["ServiceUserName"] == f"Bob-at-{ACCOUNT}"
    assert len(made["ServicePassword"]) == 60
    assert made["ServiceSpecificCredentialId"].startswith("ACCA")
    assert len(made["ServiceSpecificCredentialId"]) == 21
    answer = iam.list_service_specific_credentials(UserName="bob", ServiceName=service.upper())
    assert answer["IsTruncated"] is False
    del made["ServicePassword"]
    assert answer["ServiceSpecificCredentials"] == [made]


@pytest.mark.parametrize("service", BEARER)
def test_a_bearer_token_holds_alias_and_secret(iam: Any, create: Callable[..., Any], service: str) -> None:
    made = create(service)
    assert "ServiceUserName" not in made
    assert "ServicePassword" not in made
    token, prefix = made.pop("ServiceCredentialSecret"), BEARER[service]
    assert token.startswith(prefix)
    alias, _, secret = base64.b64decode(token[len(prefix) :]).decode().partition(":")
    assert alias == made["ServiceCredentialAlias"] == f"Bob-at-{ACCOUNT}"
    assert len(secret) == 60
    assert listed(iam, UserName="bob") == [made]


def test_the_secret_is_kept_sealed(create: Callable[..., Any], server: Live) -> None:
    made = create()
    realm = server.realm
    records = asyncio.run_coroutine_threadsafe(realm.store.load(ACCOUNT), server.loop).result(10)
    [kept] = records.service_credentials
    assert made["ServicePassword"].encode() not in kept.sealed_secret
    assert realm.sealer.open(kept.sealed_secret, kept.id.encode()).decode() == made["ServicePassword"]


def test_the_trail_leaves_the_secret_out() -> None:
    operation = model.load("iam").operations["CreateServiceSpecificCredential"]
    told = {"UserName": "bob", "ServicePassword": "secret", "ServiceCredentialSecret": "secret"}
    recorded = response_elements(operation, {"ServiceSpecificCredential": told})
    assert recorded == {"serviceSpecificCredential": {"userName": "bob"}}


def test_names_are_counted_for_each_service_over_renames(iam: Any, create: Callable[..., Any]) -> None:
    assert [create()["ServiceUserName"] for _ in range(2)] == [f"Bob-at-{ACCOUNT}", f"Bob+1-at-{ACCOUNT}"]
    assert create(CASSANDRA)["ServiceUserName"] == f"Bob-at-{ACCOUNT}"
    iam.update_user(UserName="bob", NewUserName="robert")
    kept = {(one["UserName"], one["ServiceUserName"]) for one in listed(iam, UserName="robert")}
    assert kept == {("robert", f"Bob-at-{ACCOUNT}"), ("robert", f"Bob+1-at-{ACCOUNT}")}
    iam.create_user(UserName="BOB")
    assert create(user="bob")["ServiceUserName"] == f"BOB+2-at-{ACCOUNT}"
    assert create(BEDROCK, user="robert")["ServiceCredentialAlias"] == f"robert-at-{ACCOUNT}"


def test_a_name_is_free_again_when_its_credential_is_deleted(iam: Any, create: Callable[..., Any]) -> None:
    first = create()
    create()
    iam.delete_service_specific_credential(
        UserName="bob", ServiceSpecificCredentialId=first["ServiceSpecificCredentialId"]
    )
    assert create()["ServiceUserName"] == first["ServiceUserName"]


def test_a_user_has_two_for_each_service(iam: Any, create: Callable[..., Any]) -> None:
    for service in SERVICES:
        key = {"UserName": "bob", "ServiceSpecificCredentialId": create(service)["ServiceSpecificCredentialId"]}
        iam.update_service_specific_credential(**key, Status="Inactive")
        create(service)
        assert refused(create, service=service) == (
            "LimitExceeded",
            "Cannot exceed quota for ContextSpecificCredentialsPerUserPerContext: 2",
        )
    assert len(listed(iam, UserName="bob")) == 2 * len(SERVICES)


@pytest.mark.parametrize("service", [CODECOMMIT, BEDROCK])
def test_an_age_ends_at_the_second(create: Callable[..., Any], service: str) -> None:
    made = create(service, CredentialAgeDays=90)
    assert made["ExpirationDate"] - made["CreateDate"] == timedelta(days=90)
    assert "ExpirationDate" not in create(service)
    for days, bound in ((0, "greater than or equal to 1"), (36_601, "less than or equal to 36600")):
        code, message = refused(create, service=service, CredentialAgeDays=days)
        assert code == "ValidationError"
        assert message.endswith(f"'credentialAgeDays' failed to satisfy constraint: Member must have value {bound}")


def test_an_old_credential_is_expired_and_stays_so(iam: Any, create: Callable[..., Any], server: Live) -> None:
    made = create(BEDROCK, CredentialAgeDays=1)
    key = {"UserName": "bob", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}

    def age(change: Any) -> None:
        credentials = change.records(ACCOUNT).service_credentials
        credential = credentials.get(made["ServiceSpecificCredentialId"])
        credentials.replace(credential, created=credential.created - timedelta(days=1), expires=credential.created)

    asyncio.run_coroutine_threadsafe(server.realm.store.write(age), server.loop).result(10)
    assert listed(iam, UserName="bob")[0]["Status"] == "Expired"
    iam.update_service_specific_credential(**key, Status="Active")
    reset = iam.reset_service_specific_credential(**key)["ServiceSpecificCredential"]
    assert (reset["Status"], reset["ExpirationDate"]) == ("Expired", made["CreateDate"])


@pytest.mark.parametrize("service", [CODECOMMIT, BEDROCK])
def test_a_reset_changes_only_the_secret(iam: Any, create: Callable[..., Any], service: str) -> None:
    made = create(service, CredentialAgeDays=5)
    key = {"UserName": "bob", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    iam.update_service_specific_credential(**key, Status="Inactive")
    reset = iam.reset_service_specific_credential(**key)["ServiceSpecificCredential"]
    secret = "ServicePassword" if service == CODECOMMIT else "ServiceCredentialSecret"
    assert reset.pop(secret) != made.pop(secret)
    assert reset == {**made, "Status": "Inactive"}
    assert listed(iam, UserName="bob") == [reset]


def test_nobody_can_let_one_expire(iam: Any, create: Callable[..., Any]) -> None:
    key = {"UserName": "bob", "ServiceSpecificCredentialId": create()["ServiceSpecificCredentialId"]}
    assert refused(iam.update_service_specific_credential, **key, Status="Expired") == (
        "InvalidInput",
        "Operation does not support status Expired",
    )
    assert refused(iam.update_service_specific_credential, **key, Status="active") == (
        "ValidationError",
        "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set",
    )


@pytest.mark.parametrize(
    ("service", "refusal"),
    [
        ("sqs.amazonaws.com", ("NoSuchEntity", "No such service {} is supported for Service Specific Credentials")),
        ("code_commit", ("ValidationError", "ServiceName must match [a-zA-Z0-9.-]*")),
    ],
)
def test_other_services_take_no_credentials(
    iam: Any, create: Callable[..., Any], service: str, refusal: tuple[str, str]
) -> None:
    told = (refusal[0], refusal[1].format(service))
    assert refused(create, service=service) == told
    assert refused(iam.list_service_specific_credentials, UserName="bob", ServiceName=service) == told
    assert refused(create, service=service, user="nobody") == NO_SUCH_USER


def test_a_list_is_of_one_service_or_of_all_in_pages(iam: Any, create: Callable[..., Any]) -> None:
    made = by_id([create(service) for service in (CODECOMMIT, CODECOMMIT, CASSANDRA, BEDROCK)])
    assert len(listed(iam, UserName="bob", ServiceName=CODECOMMIT)) == 2
    assert listed(iam, UserName="bob", ServiceName="logs.amazonaws.com") == []
    assert set(by_id(listed(iam, UserName="bob", ServiceName=""))) == set(made)
    first = iam.list_service_specific_credentials(UserName="bob", MaxItems=3)
    assert first["IsTruncated"] is True
    rest = iam.list_service_specific_credentials(UserName="bob", MaxItems=3, Marker=first["Marker"])
    assert rest["IsTruncated"] is False
    shown = [*first["ServiceSpecificCredentials"], *rest["ServiceSpecificCredentials"]]
    assert sorted(by_id(shown)) == sorted(made)
    assert len(shown) == 4


def test_all_users_credentials_are_listed(iam: Any, create: Callable[..., Any]) -> None:
    iam.create_user(UserName="eve")
    made = by_id([create(), create(CASSANDRA, user="eve"), create(user="eve")])
    assert set(by_id(listed(iam, AllUsers=True))) == set(made)
    assert {one["UserName"] for one in listed(iam, AllUsers=True, ServiceName=CASSANDRA)} == {"eve"}
    assert len(listed(iam, AllUsers=False, UserName="eve")) == 2
    first = iam.list_service_specific_credentials(AllUsers=True, MaxItems=2)
    rest = iam.list_service_specific_credentials(AllUsers=True, Marker=first["Marker"])
    assert len(rest["ServiceSpecificCredentials"]) == 1
    assert refused(iam.list_service_specific_credentials, AllUsers=True, UserName="bob") == (
        "InvalidInput",
        "Cannot list credentials for all users if a username is given",
    )


def changes(iam: Any) -> list[Callable[..., Any]]:
    def update(**key: Any) -> Any:
        return iam.update_service_specific_credential(Status="Inactive", **key)

    return [update, iam.reset_service_specific_credential, iam.delete_service_specific_credential]


def test_a_credential_is_found_only_with_its_own_user(iam: Any, create: Callable[..., Any]) -> None:
    credential_id = create()["ServiceSpecificCredentialId"]
    iam.create_user(UserName="Eve")
    absent = "ACCA" + "A" * 17
    for change in changes(iam):
        assert refused(change, UserName="nobody", ServiceSpecificCredentialId=credential_id) == NO_SUCH_USER
        assert refused(change, UserName="eve", ServiceSpecificCredentialId=credential_id) == (
            "ValidationError",
            f"User Eve does not have a service specific credential with id {credential_id}",
        )
        assert refused(change, UserName="bob", ServiceSpecificCredentialId=absent) == (
            "NoSuchEntity",
            f"No such credential {absent} exists",
        )
        code, message = refused(change, UserName="bob", ServiceSpecificCredentialId="A" * 20 + "!")
        assert code == "ValidationError"
        assert message.endswith("Member must satisfy regular expression pattern: [\\w]+")
        assert refused(change, ServiceSpecificCredentialId=credential_id) == (
            "ValidationError",
            "Must specify userName when calling with non-User credentials",
        )


def test_a_user_with_credentials_is_not_deleted(iam: Any, create: Callable[..., Any]) -> None:
    key = {"UserName": "bob", "ServiceSpecificCredentialId": create()["ServiceSpecificCredentialId"]}
    assert refused(iam.delete_user, UserName="bob") == (
        "DeleteConflict",
        "Cannot delete entity, must remove referenced objects first.",
    )
    iam.delete_service_specific_credential(**key)
    iam.delete_user(UserName="bob")


def test_users_manage_their_own(iam: Any, create: Callable[..., Any], user: Callable[..., Any]) -> None:
    create()
    own = statement("iam:*ServiceSpecificCredential*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")
    eve = user("eve", own)("iam")
    key = {"ServiceSpecificCredentialId": create(user="eve")["ServiceSpecificCredentialId"]}
    eve.update_service_specific_credential(**key, Status="Inactive")
    eve.reset_service_specific_credential(**key)
    assert set(by_id(listed(eve))) == set(key.values())
    eve.delete_service_specific_credential(**key)
    assert listed(eve) == []
    arn = f"arn:aws:iam::{ACCOUNT}:user/eve"
    action = "ListServiceSpecificCredentials"
    assert refused(eve.list_service_specific_credentials, UserName="bob") == denied(arn, action, "user bob")
    everyone = f"arn:aws:iam::{ACCOUNT}:user/*"
    assert refused(eve.list_service_specific_credentials, AllUsers=True) == denied(arn, action, everyone)
    let(iam, "eve", statement("iam:ListServiceSpecificCredentials", everyone))
    assert len(listed(eve, AllUsers=True)) == 1


def test_service_and_age_decide(iam: Any, create: Callable[..., Any], user: Callable[..., Any]) -> None:
    eve = user("eve")("iam")
    name, age = "iam:ServiceSpecificCredentialServiceName", "iam:ServiceSpecificCredentialAgeDays"
    condition = {"StringEquals": {name: CODECOMMIT}, "NumericLessThanEquals": {age: "30"}}
    let(iam, "eve", statement("iam:CreateServiceSpecificCredential", Condition=condition))
    new = eve.create_service_specific_credential
    new(UserName="bob", ServiceName=CODECOMMIT.upper(), CredentialAgeDays=30)
    for params in ({"CredentialAgeDays": 31}, {}, {"CredentialAgeDays": 1, "ServiceName": CASSANDRA}):
        assert refused(new, **{"UserName": "bob", "ServiceName": CODECOMMIT, **params})[0] == "AccessDenied"
    let(iam, "eve", statement("iam:*ServiceSpecific*", Condition={"StringEquals": {name: CASSANDRA}}))
    for change in changes(eve):
        other = {"UserName": "bob", "ServiceSpecificCredentialId": create(BEDROCK)["ServiceSpecificCredentialId"]}
        assert refused(change, **other)[0] == "AccessDenied"
        iam.delete_service_specific_credential(**other)
        change(UserName="bob", ServiceSpecificCredentialId=create(CASSANDRA)["ServiceSpecificCredentialId"])
        for one in listed(iam, UserName="bob", ServiceName=CASSANDRA):
            key = {"ServiceSpecificCredentialId": one["ServiceSpecificCredentialId"]}
            iam.delete_service_specific_credential(UserName="bob", **key)

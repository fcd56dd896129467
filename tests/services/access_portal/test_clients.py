"""RegisterClient and StartDeviceAuthorization: what a program may say of itself, and for whom it may wait."""

from __future__ import annotations

import http.client
import json
import re
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from iamd.services.call import PublicCall
from iamd.services.sso_oidc import devices
from iamd.wire.oidc_errors import SlowDownException
from tests.live import ACCOUNT, Live
from tests.services.access_portal.programs import Program, raw, refused, unsigned


def test_a_program_registers_for_ninety_days(server: Live, program: Program) -> None:
    told = program.registration
    assert abs(told["clientIdIssuedAt"] - time.time()) < 60
    assert told["clientSecretExpiresAt"] - told["clientIdIssuedAt"] == 90 * 86_400
    assert told["authorizationEndpoint"] == f"{server.endpoint}/authorize"
    assert told["tokenEndpoint"] == f"{server.endpoint}/token"


def test_what_a_program_may_not_say_of_itself(server: Live, center: Any) -> None:
    register = unsigned("sso-oidc", server.endpoint).register_client
    for changes, code in (
        ({"clientType": "confidential"}, "InvalidClientMetadataException"),
        ({"clientName": ""}, "InvalidClientMetadataException"),
        ({"clientName": "two\nlines"}, "InvalidClientMetadataException"),
        ({"clientName": "turned \u202e round"}, "InvalidClientMetadataException"),  # on the page that asks for consent
        ({"clientName": "two\u2028lines"}, "InvalidClientMetadataException"),
        ({"clientName": "\x85"}, "InvalidClientMetadataException"),
        ({"entitledApplicationArn": "arn:aws:sso::123456789012:application/x/y"}, "InvalidClientMetadataException"),
        ({"scopes": ["sso:everything"]}, "InvalidScopeException"),
        ({"grantTypes": ["password"]}, "UnsupportedGrantTypeException"),
        ({"grantTypes": ["authorization_code"]}, "InvalidRedirectUriException"),
        ({"redirectUris": ["https://example.com/callback"]}, "InvalidRedirectUriException"),
        ({"redirectUris": ["http://127.0.0.1.example.com/callback"]}, "InvalidRedirectUriException"),
        ({"redirectUris": ["http://127.0.0.1@example.com/"]}, "InvalidRedirectUriException"),
        ({"redirectUris": ["http://127.0.0.1:port/"]}, "InvalidRedirectUriException"),
        ({"issuerUrl": "https://d-0000000000.awsapps.com/start"}, "InvalidRequestException"),
    ):
        given: dict[str, Any] = {"clientName": "it", "clientType": "public", **changes}
        assert refused(register, **given)[:2] == (code, 400), changes


def test_the_most_that_a_program_may_say_of_itself(server: Live, center: Any, start_url: str) -> None:
    """An id that was told, and then taken for nobody's, as too long."""
    given = {"clientName": "\U0001f600" * 255, "redirectUris": [f"http://127.0.0.1/{'a' * 238}"] * 10}
    assert Program(server.endpoint, start_url, **given).start()["userCode"]


def test_a_person_is_waited_for(server: Live, center: dict[str, str], program: Program) -> None:
    told = program.start()
    assert re.fullmatch(r"[B-Z]{4}-[B-Z]{4}", told["userCode"])
    assert told["verificationUri"] == f"{server.endpoint}/device"
    assert told["verificationUriComplete"] == f"{server.endpoint}/device?user_code={told['userCode']}"
    assert (told["expiresIn"], told["interval"]) == (600, 1)
    pending = refused(program.poll, waiting=told)
    assert pending == ("AuthorizationPendingException", 400, "The authorization request is still pending.")


def test_the_instance_is_known_by_several_urls(server: Live, center: dict[str, str], program: Program) -> None:
    server.client("iam").create_account_alias(AccountAlias="my-company")
    instance = center["InstanceArn"].rpartition("/")[2]
    for url in (
        f"https://{center['IdentityStoreId']}.awsapps.com/start/",
        "https://my-company.awsapps.com/start",
        f"https://{instance}.portal.us-east-1.app.aws",
        f"https://{instance}.us-east-1.portal.amazonaws.com",
        f"https://identitycenter.amazonaws.com/{instance}",
        f"{server.endpoint}/start",
        f"{server.endpoint}/start/{center['IdentityStoreId']}",
    ):
        assert program.start(startUrl=url)["userCode"]
    for url in (
        "https://d-0000000000.awsapps.com/start",
        "https://another.awsapps.com/start",
        f"{server.endpoint}/start/d-0000000000",
        f"{server.endpoint}/",
        "ftp://my-company.awsapps.com/start",
        "https://[",
    ):
        assert refused(program.start, startUrl=url)[0] == "InvalidRequestException", url


def test_a_start_url_of_this_server_leads_to_one_of_aws_s(server: Live, center: dict[str, str]) -> None:
    """What the AWS CLI finds out before it signs in, for any URL that is not AWS's."""
    with closing(http.client.HTTPConnection(urlsplit(server.endpoint).netloc, timeout=20)) as connection:
        connection.request("HEAD", "/start")
        answered = connection.getresponse()
        instance = center["InstanceArn"].rpartition("/")[2]
        assert answered.getheader("location") == f"https://{instance}.portal.us-east-1.app.aws"


def test_of_two_instances_one_has_to_be_named(server: Live, center: dict[str, str], program: Program) -> None:
    other = server.client("sso-admin", server.add_account("210987654321"))
    other.create_instance()
    assert refused(program.start, startUrl=f"{server.endpoint}/start")[0] == "InvalidRequestException"
    store = other.list_instances()["Instances"][0]["IdentityStoreId"]
    assert program.start(startUrl=f"{server.endpoint}/start/{store}")["userCode"]
    bound = Program(server.endpoint, program.start_url, issuerUrl=program.start_url)
    assert refused(bound.start, startUrl=f"{server.endpoint}/start/{store}")[0] == "InvalidRequestException"


def test_secrets_belong_to_their_ids(server: Live, program: Program) -> None:
    other = Program(server.endpoint, program.start_url)
    told = program.start()
    invalid = ("InvalidClientException", 401, "Invalid client provided")
    for changes in (
        {"clientId": other.client["clientId"]},
        {"clientSecret": other.client["clientSecret"]},
        {"clientSecret": program.client["clientId"]},
        {"clientId": "x", "clientSecret": "y"},
    ):
        assert refused(program.start, **changes) == invalid
        assert refused(program.poll, waiting=told, **changes) == invalid
    assert refused(other.poll, waiting=told)[0] == "InvalidGrantException"


def test_what_is_asked_for_must_make_sense(program: Program) -> None:
    told = program.start()
    for changes, code in (
        ({"grantType": "password"}, "UnsupportedGrantTypeException"),
        ({"grantType": "authorization_code"}, "UnauthorizedClientException"),
        ({"deviceCode": ""}, "InvalidRequestException"),
        ({"deviceCode": "nonsense"}, "InvalidGrantException"),
        ({"deviceCode": program.client["clientId"]}, "InvalidGrantException"),
        ({"scope": ["openid"]}, "InvalidScopeException"),
    ):
        assert refused(program.poll, waiting=told, **changes)[0] == code


def test_errors_speak_oauth(server: Live, program: Program) -> None:
    body = json.dumps({**program.client, "grantType": "refresh_token", "refreshToken": "stale"}).encode()
    code, told = raw(server.endpoint, "POST", "/token", body)
    assert code == "InvalidGrantException"
    said = {"error": "invalid_grant", "error_description": "Invalid refresh token provided"}
    assert json.loads(told).items() >= said.items()
    assert refused(program.oidc.create_token, **program.client, grantType="")[0] == "UnsupportedGrantTypeException"


def test_no_address_fills_the_waiting_room(server: Live, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MOST_FROM_ONE", 2)
    kept = [program.start(), program.start()]
    assert refused(program.start)[0] == "SlowDownException"
    monkeypatch.setattr(devices, "LIFE", -devices.LIFE)
    monkeypatch.setattr(devices, "MOST_FROM_ONE", 3)
    expired = program.start()
    assert refused(program.poll, waiting=expired)[0] == "ExpiredTokenException"
    monkeypatch.undo()
    program.start()
    codes = {each.code for each in server.realm.store.records(ACCOUNT).device_authorizations}  # type: ignore[union-attr]
    assert {each["userCode"].replace("-", "") for each in kept} < codes
    assert expired["userCode"].replace("-", "") not in codes


def test_no_network_fills_it_either(server: Live, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of IPv6 a stranger has 64 bits of addresses, for nothing."""
    monkeypatch.setattr(devices, "MOST_FROM_ONE", 2)

    def start(address: str) -> None:
        call = PublicCall(server.realm, datetime.now(UTC), "id", address, "", "localhost")
        given = {"client_id": program.client["clientId"], "client_secret": program.client["clientSecret"]}
        server.run(devices.start_device_authorization(call, **given, start_url=program.start_url))

    start("2001:db8::1")
    start("2001:db8::2")
    with pytest.raises(SlowDownException):
        start("2001:db8::3")
    start("2001:db8:0:1::1")


def test_who_fills_the_waiting_room_from_many_addresses_keeps_nobody_out(
    server: Live, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "MOST", 4)

    def start(address: str) -> str:
        call = PublicCall(server.realm, datetime.now(UTC), "id", address, "", "localhost")
        given = {"client_id": program.client["clientId"], "client_secret": program.client["clientSecret"]}
        told = server.run(devices.start_device_authorization(call, **given, start_url=program.start_url))
        return str(told["userCode"]).replace("-", "")

    def waiting() -> set[str]:
        return {each.code for each in server.realm.store.records(ACCOUNT).device_authorizations}  # type: ignore[union-attr]

    filling = [start(f"2001:db8:0:{network}::1") for network in range(4)]  # networks of one site
    person = start("192.0.2.1")
    assert waiting() == {person, *filling[1:]}
    with pytest.raises(SlowDownException):
        start("2001:db8:0:9::1")
    others = [start("198.51.100.1"), start("203.0.113.1")]
    assert waiting() == {person, *others, filling[3]}
    with pytest.raises(SlowDownException):
        start("192.0.2.1")


def test_a_bad_access_token(server: Live, program: Program) -> None:
    portal = program.portal
    wrong = ("UnauthorizedException", 401, "Session token not found or invalid")
    for token in ("nonsense", program.client["clientId"], program.start()["deviceCode"]):
        assert refused(portal.list_accounts, accessToken=token) == wrong
        assert refused(portal.list_account_roles, accessToken=token, accountId=ACCOUNT) == wrong
        assert refused(portal.get_role_credentials, accessToken=token, accountId=ACCOUNT, roleName="x") == wrong
        assert refused(portal.logout, accessToken=token) == wrong
    assert raw(server.endpoint, "GET", "/assignment/accounts?max_result=10")[0] == "InvalidRequestException"

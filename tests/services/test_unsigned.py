"""Operations that are called without signature: who calls is told by the evidence among their parameters."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from iamd.caller.caller import Caller, CallerKind
from iamd.guard.target import Target
from iamd.services.call import Admitted, Call, PublicCall, Realm, Reply
from iamd.services.catalogue import APIS
from iamd.services.registry import Api
from iamd.services.sts.api import sts as registered
from iamd.wire.errors import InvalidIdentityToken
from tests.hostile.door import FORM, ROOT, Door
from tests.live import ACCOUNT, Live
from tests.services.roles import make_role, trust

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"


@pytest.fixture
def stranger(server: Live, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An unsigned client; AssumeRoleWithSAML believes whatever assertion is called `genuine`."""
    api = Api("sts")

    async def believe(realm: Realm, now: datetime, *, saml_assertion: str, principal_arn: str) -> Admitted:
        if saml_assertion != "genuine":
            raise InvalidIdentityToken("not genuine")
        return Admitted(
            Caller(CallerKind.SAML, ACCOUNT, PROVIDER, "jane", PROVIDER, PROVIDER, "q:jane", ""), "evidence"
        )

    def role(call: Call, *, role_arn: str) -> Target[Any]:
        found = call.records.roles.named(role_arn.rpartition("/")[2])
        return Target(role_arn, found, policy=None if found is None else found.trust)

    @api.operation(on=role, admit=believe, reads=True, refuses=dict.fromkeys(REFUSED, "no"))
    def assume_role_with_saml(call: Call, role: Any) -> Reply:
        return {"Subject": f"{call.caller.name} by {call.prepared}"}

    monkeypatch.setitem(registered.operations, "AssumeRoleWithSAML", api.operations["AssumeRoleWithSAML"])
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
    return boto3.client("sts", endpoint_url=server.endpoint, region_name="us-east-1", config=config)


REFUSED = ("policy", "policy_arns", "duration_seconds", "minimum_session_token_size")


def say(client: Any, role: str, assertion: str = "genuine") -> Any:
    return client.assume_role_with_saml(RoleArn=role, PrincipalArn=PROVIDER, SAMLAssertion=assertion)


def test_whom_the_evidence_names_is_decided_on_by_the_trust_policy(stranger: Any, iam: Any) -> None:
    trusted = make_role(iam, "Trusted", trust({"Federated": PROVIDER}, "sts:AssumeRoleWithSAML"))
    other = make_role(iam, "Other", trust({"Federated": f"{PROVIDER}2"}, "sts:AssumeRoleWithSAML"))
    assert say(stranger, trusted)["Subject"] == "jane by evidence"
    with pytest.raises(ClientError, match=r"\(AccessDenied\).*: Not authorized to perform sts:AssumeRoleWithSAML$"):
        say(stranger, other)
    with pytest.raises(ClientError, match="InvalidIdentityToken"):
        say(stranger, trusted, "forged")


def test_a_signature_changes_nothing_but_must_hold(stranger: Any, server: Live, iam: Any) -> None:
    trusted = make_role(iam, "Trusted", trust({"Federated": PROVIDER}, "sts:AssumeRoleWithSAML"))
    params = {"RoleArn": trusted, "PrincipalArn": PROVIDER, "SAMLAssertion": "genuine"}
    with closing(Door(server.endpoint)) as door:
        assert b"jane by evidence" in door.call("AssumeRoleWithSAML", params, service="sts").body
        wrong = {**ROOT, "SecretAccessKey": "wrong"}
        door.call("AssumeRoleWithSAML", params, service="sts", key=wrong).refused("SignatureDoesNotMatch")


def test_all_other_operations_want_a_signature(stranger: Any) -> None:
    for call in (stranger.get_caller_identity, stranger.get_session_token):
        with pytest.raises(ClientError, match="MissingAuthenticationToken"):
            call()


@pytest.mark.parametrize("smuggled", ["GetCallerIdentity", "AssumeRole"])
def test_a_name_that_is_sent_twice_opens_nothing(stranger: Any, server: Live, smuggled: str) -> None:
    form = f"Version=2011-06-15&Action=AssumeRoleWithSAML&Action={smuggled}&RoleSessionName=me&RoleArn=arn:aws:iam::{ACCOUNT}:role/x"
    with closing(Door(server.endpoint)) as door:
        answered = door.send("POST", "/", {"content-type": FORM}, form.encode())
        answered.refused("MissingAuthenticationToken", 403)


def test_no_policy_speaks_of_these_operations_alone() -> None:
    public = {f"{api.name}:{each.name}" for api in APIS.values() for each in api.operations.values() if each.public}
    assert public == {
        *(f"sso:{name}" for name in ("GetRoleCredentials", "ListAccountRoles", "ListAccounts", "Logout")),
        *(f"sso-oidc:{name}" for name in ("CreateToken", "RegisterClient", "StartDeviceAuthorization")),
    }


def test_a_public_operation_takes_the_members_of_its_model() -> None:
    api = Api("sso")

    async def logout(call: PublicCall, *, token: str) -> None: ...

    async def list_users(call: PublicCall) -> None: ...

    for wrong in (logout, list_users):
        with pytest.raises(TypeError):
            api.public(wrong)
    with pytest.raises(TypeError):
        Api("sts").public(list_users)

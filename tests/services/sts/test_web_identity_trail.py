"""What the trail says of people for whom an issuer vouches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from tests.hostile.trail import recorded
from tests.issuer import AUDIENCE, SUBJECT, issuer
from tests.live import live
from tests.services.iam.support import refused
from tests.services.roles import role_arn
from tests.services.sts.web import register, web_role


def test_calls_with_tokens(certificate: Any, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with live(in_memory=False, data_dir=data) as server, issuer(tmp_path, certificate) as idp:
        iam = server.client("iam")
        provider = register(iam, idp, certificate)
        web_role(iam, idp, "Web", StringEquals={f"{idp.host}:sub": SUBJECT})
        config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
        client = boto3.client("sts", endpoint_url=server.endpoint, region_name="us-east-1", config=config)
        asked = {"RoleArn": role_arn("Web"), "RoleSessionName": "me"}
        token = idp.token()
        credentials = client.assume_role_with_web_identity(**asked, WebIdentityToken=token)["Credentials"]
        server.client("sts", credentials).get_caller_identity()
        refused(client.assume_role_with_web_identity, **asked, WebIdentityToken=idp.token(sub="joe"))
        refused(client.assume_role_with_web_identity, **asked, WebIdentityToken=idp.token(aud="other"))
        refused(client.assume_role_with_web_identity, **asked, WebIdentityToken=token[:-9])  # nobody's word: no record
        server.run(server.realm.store.flush())
        assumed, known, denied, invalid = recorded(data)[-4:]
    person = {"type": "WebIdentityUser", "userName": SUBJECT, "identityProvider": provider}
    assert assumed["userIdentity"] == {**person, "principalId": f"{provider}:{AUDIENCE}:{SUBJECT}"}
    assert assumed["requestParameters"]["webIdentityToken"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert assumed["responseElements"]["subjectFromWebIdentityToken"] == SUBJECT
    assert token not in str(assumed)
    assert credentials["SecretAccessKey"] not in str(assumed)
    session = known["userIdentity"]["sessionContext"]
    assert session["webIdFederationData"] == {"federatedProvider": provider, "attributes": {}}
    assert (denied["errorCode"], denied["userIdentity"]["userName"]) == ("AccessDenied", "joe")
    assert invalid["errorMessage"] == "Incorrect token audience"

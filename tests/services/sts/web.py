"""Roles that trust an OpenID Connect issuer, for the tests of web identities."""

from __future__ import annotations

from typing import Any

from tests.issuer import AUDIENCE, Issuer, thumbprint
from tests.live import ACCOUNT
from tests.services.roles import make_role, trust

WEB = "sts:AssumeRoleWithWebIdentity"
NOT_AUTHORIZED = ("AccessDenied", f"Not authorized to perform {WEB}")


def register(iam: Any, idp: Issuer, certificate: Any) -> str:
    made = iam.create_open_id_connect_provider(
        Url=idp.url, ClientIDList=[AUDIENCE], ThumbprintList=[thumbprint(certificate)]
    )
    arn: str = made["OpenIDConnectProviderArn"]
    return arn


def provider_arn(idp: Issuer) -> str:
    return f"arn:aws:iam::{ACCOUNT}:oidc-provider/{idp.host}"


def web_role(iam: Any, idp: Issuer, name: str = "Web", *actions: str, **condition: Any) -> str:
    more = {"Condition": condition} if condition else {}
    return make_role(iam, name, trust({"Federated": provider_arn(idp)}, [WEB, *actions], **more))

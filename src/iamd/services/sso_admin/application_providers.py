"""What applications can be made from: AWS's catalogue without the applications that AWS or others sell.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListApplicationProviders.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.paging import page
from iamd.store.records import PARTITION
from iamd.wire.identity_errors import ResourceNotFoundException

PREFIX = f"arn:{PARTITION}:sso::aws:applicationProvider"
CUSTOM = f"{PREFIX}/custom"

_PROVIDERS: Mapping[str, dict[str, Any]] = {
    arn: {
        "ApplicationProviderArn": arn,
        "FederationProtocol": protocol,
        "DisplayData": {"DisplayName": name, "Description": f"{name}, which you configure yourself"},
    }
    for arn, protocol, name in (
        (CUSTOM, "OAUTH", "Custom OAuth 2.0 application"),
        (f"{PREFIX}/custom-saml", "SAML", "Custom SAML 2.0 application"),
    )
}


def existing_provider(call: Call, *, application_provider_arn: str) -> Target[dict[str, Any]]:
    """The provider of that ARN."""
    found = _PROVIDERS.get(application_provider_arn)
    if found is None:
        said = f"Could not find an application provider with ARN {application_provider_arn}"
        return missing(application_provider_arn, ResourceNotFoundException(said))
    return Target(application_provider_arn, found)


def every_provider(call: Call) -> Target[None]:
    return Target(f"{PREFIX}/*", None)


@sso_admin.operation(on=existing_provider)
def describe_application_provider(call: Call, provider: dict[str, Any]) -> Reply:
    """One provider."""
    return provider


@sso_admin.operation(on=every_provider)
def list_application_providers(
    call: Call, _: None, *, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List the providers."""
    found = _PROVIDERS.items()
    return page("ApplicationProviders", found, lambda each: each[0], lambda each: each[1], next_token, max_results)

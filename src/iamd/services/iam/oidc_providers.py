"""OpenID Connect identity providers.

An ARN ends with the issuer's URL, without its scheme. Lists of client ids and thumbprints keep their order; tags are
listed by key (seen of live AWS).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from msgspec.structs import replace

from iamd.caller.outgoing import Unreachable, Untrusted
from iamd.guard.ask import Ask
from iamd.guard.target import Target, found, missing, new, nothing
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.providers import provider_arn
from iamd.services.iam.tag_policies import conform
from iamd.services.iam.tags import merged_map, new_tags, tag_page, tag_views, untagged_map, views
from iamd.services.invocation import permitted
from iamd.store.kinds.federation import OidcProvider
from iamd.store.records import iam_arn
from iamd.wire.errors import EntityAlreadyExists, InvalidInput, NoSuchEntity, ValidationError


def new_oidc_provider(call: Call, *, url: str) -> Target[str]:
    """The ARN that the provider will have; what is no issuer's URL is refused before anything is decided."""
    return new(iam_arn(call.account_id, f"oidc-provider/{issuer(url)}"))


def existing_oidc_provider(call: Call, *, open_id_connect_provider_arn: str) -> Target[OidcProvider]:
    return _existing(call, open_id_connect_provider_arn, "OpenIDConnect Provider not found for arn {}")


def oidc_provider_to_delete(call: Call, *, open_id_connect_provider_arn: str) -> Target[OidcProvider]:
    """As `existing_oidc_provider`: of one that is not there, deletion speaks in other words."""
    return _existing(call, open_id_connect_provider_arn, "OpenId connect Provider {} cannot be found.")


def _existing(call: Call, arn: str, message: str) -> Target[OidcProvider]:
    account_id, url = provider_arn(arn, "oidc-provider")
    provider = call.records.oidc_providers.get(url)
    if provider is None or account_id != call.account_id:
        return replace(missing(arn, NoSuchEntity(message.format(arn))), account_id=account_id)
    return found(provider)


def all_providers(call: Call) -> Target[None]:
    return nothing()


def issuer(url: str) -> str:
    """The issuer that a provider's URL names: host, port unless it is the usual one, and path, to the letter.

    AWS refuses other ports than 443; here they are what an issuer on one's own network has. Raises ValidationError
    for what is no URL, InvalidInput for one that cannot be an issuer's.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValidationError("Invalid Open ID Connect Provider URL") from None
    if not parts.scheme or not parts.netloc:
        raise ValidationError("Invalid Open ID Connect Provider URL")
    if parts.scheme != "https":
        raise InvalidInput("Invalid Open ID Connect Provider URL. The URL must begin with https://.")
    user, at, host = parts.netloc.rpartition("@")
    if user or at or any(mark in url for mark in "?#") or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidInput("Unknown")
    return (host.rpartition(":")[0] if port == 443 else host) + parts.path


def _thumbprints(given: list[str]) -> tuple[str, ...]:
    """Thumbprints as they are kept: in lower case, repeats and all."""
    if len(given) > quotas.THUMBPRINTS_PER_OIDC_PROVIDER:
        raise InvalidInput("Thumbprint list must contain fewer than 5 entries.")
    return tuple(thumbprint.lower() for thumbprint in given)


def _client_ids(given: list[str]) -> tuple[str, ...]:
    """Client ids without repeats. Raises LimitExceeded."""
    distinct = tuple(dict.fromkeys(given))
    quotas.check(len(distinct) - 1, quotas.CLIENT_IDS_PER_OIDC_PROVIDER, "ClientIdsPerOpenIdConnectProvider")
    return distinct


def _tagging(call: Call, arn: str) -> Iterator[Ask]:
    """Creating with tags takes the permission to tag as well (the page "Tag OIDC identity providers")."""
    if call.params.get("tags"):
        yield Ask("iam:TagOpenIDConnectProvider", arn, call.account_id)


async def shown_thumbprint(call: Call, *, url: str, thumbprint_list: list[str] | None = None) -> list[str]:
    """The thumbprint that the issuer shows, when none was given; none when it cannot be reached."""
    permitted(call)
    if thumbprint_list:
        return []
    with suppress(Unreachable, Untrusted):
        return [await call.realm.issuers.outgoing.top_thumbprint(f"https://{issuer(url)}")]
    return []


@iam.operation(on=new_oidc_provider, also=_tagging, prepare=shown_thumbprint)
def create_open_id_connect_provider(
    call: Call,
    arn: str,
    *,
    client_id_list: list[str] | None = None,
    thumbprint_list: list[str] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Register an issuer. Without thumbprints it is asked for its certificate, whose authority is trusted from then on.

    AWS refuses an issuer that it cannot reach then; here it is registered, and must show a certificate of a known
    authority later. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    given = new_tags(tags, ignore_case=False)
    conform(call, "oidc-provider", tags)
    url = arn.partition(":oidc-provider/")[2]
    providers = call.records.oidc_providers
    thumbprints, client_ids = _thumbprints(thumbprint_list or call.prepared), _client_ids(client_id_list or [])
    if providers.get(url) is not None:
        raise EntityAlreadyExists(f"Provider with url https://{url} already exists.")
    quotas.check(len(providers), call.realm.quotas.oidc_providers, "OpenIdConnectProvidersPerAccount")
    providers.add(OidcProvider(call.account_id, url, call.now, client_ids, thumbprints, given))
    return {"OpenIDConnectProviderArn": arn, **tag_views(given)}


@iam.operation(on=existing_oidc_provider)
def get_open_id_connect_provider(call: Call, provider: OidcProvider) -> Reply:
    """Describe a provider; its lists are there even when they are empty."""
    return {
        "Url": provider.url,
        "ClientIDList": list(provider.client_ids),
        "ThumbprintList": list(provider.thumbprints),
        "CreateDate": provider.created,
        "Tags": views(tuple(sorted(provider.tags))),
    }


@iam.operation(on=all_providers)
def list_open_id_connect_providers(call: Call, _: None) -> Reply:
    """List the ARNs of all providers; the list has no pages."""
    return {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in call.records.oidc_providers.sorted()]}


@iam.operation(on=oidc_provider_to_delete)
def delete_open_id_connect_provider(call: Call, provider: OidcProvider) -> None:
    """Delete a provider, and the console's sign-in with it; roles go on naming it in their trust policies."""
    sign_in = call.records.console_sign_ins.get(provider.url)
    if sign_in is not None:
        call.records.console_sign_ins.remove(sign_in)
    call.records.oidc_providers.remove(provider)


@iam.operation(on=existing_oidc_provider)
def add_client_id_to_open_id_connect_provider(call: Call, provider: OidcProvider, *, client_id: str) -> None:
    """Add an audience; one that is there stays where it is."""
    call.records.oidc_providers.replace(provider, client_ids=_client_ids([*provider.client_ids, client_id]))


@iam.operation(on=existing_oidc_provider)
def remove_client_id_from_open_id_connect_provider(call: Call, provider: OidcProvider, *, client_id: str) -> None:
    """Remove an audience; one that is not there is ignored."""
    rest = tuple(each for each in provider.client_ids if each != client_id)
    call.records.oidc_providers.replace(provider, client_ids=rest)


@iam.operation(on=existing_oidc_provider)
def update_open_id_connect_provider_thumbprint(
    call: Call, provider: OidcProvider, *, thumbprint_list: list[str]
) -> None:
    """Replace the thumbprints."""
    if not thumbprint_list:
        raise InvalidInput("Thumbprint list must contain at least one entry.")
    call.records.oidc_providers.replace(provider, thumbprints=_thumbprints(thumbprint_list))


@iam.operation(on=existing_oidc_provider)
def tag_open_id_connect_provider(call: Call, provider: OidcProvider, *, tags: list[dict[str, str]]) -> None:
    """Add tags or replace their values; keys in another case are other keys."""
    conform(call, "oidc-provider", tags)
    call.records.oidc_providers.replace(provider, tags=merged_map(provider.tags, tags))


@iam.operation(on=existing_oidc_provider)
def untag_open_id_connect_provider(call: Call, provider: OidcProvider, *, tag_keys: list[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    call.records.oidc_providers.replace(provider, tags=untagged_map(provider.tags, tag_keys))


@iam.operation(on=existing_oidc_provider)
def list_open_id_connect_provider_tags(
    call: Call, provider: OidcProvider, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the tags of a provider, by key."""
    return tag_page(tuple(sorted(provider.tags)), marker, max_items)

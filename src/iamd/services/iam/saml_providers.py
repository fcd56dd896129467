"""SAML 2.0 identity providers: metadata, encryption of assertions and the private keys that open them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html; wording as seen of live AWS and in
the page "Troubleshoot SAML federation with IAM".
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec.structs import replace

from iamd.caller.saml import metadata as saml_metadata
from iamd.guard.ask import Ask
from iamd.guard.target import Target, found, missing, new, nothing
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.providers import provider_arn
from iamd.services.iam.reserved import protected_provider, require_free_provider_name
from iamd.services.iam.tag_policies import conform
from iamd.services.iam.tags import merged_map, new_tags, tag_page, tag_views, untagged_map, views
from iamd.store.kinds.federation import SamlKey, SamlProvider
from iamd.store.records import iam_arn
from iamd.wire.errors import EntityAlreadyExists, InvalidInput, LimitExceeded, NoSuchEntity, ValidationError

REQUIRED = "Required"
_YEARS_VALID = 100
_ID_CHARACTERS = string.ascii_uppercase + string.digits


def new_saml_provider(call: Call, *, name: str) -> Target[str]:
    return new(iam_arn(call.account_id, f"saml-provider/{name}"))


def existing_saml_provider(call: Call, *, saml_provider_arn: str) -> Target[SamlProvider]:
    account_id, name = provider_arn(saml_provider_arn, "saml-provider")
    provider = call.records.saml_providers.named(name)
    if provider is None or provider.arn != saml_provider_arn:
        unknown = NoSuchEntity(f"Manifest not found for arn {saml_provider_arn}")
        return replace(missing(saml_provider_arn, unknown), account_id=account_id)
    return found(provider)


def changeable_saml_provider(call: Call, *, saml_provider_arn: str) -> Target[SamlProvider]:
    """The provider of that ARN, unless Identity Center has made it."""
    target = existing_saml_provider(call, saml_provider_arn=saml_provider_arn)
    refusal = None if target.value is None else protected_provider(target.value.name)
    return target if refusal is None else replace(target, missing=refusal)


def all_providers(call: Call) -> Target[None]:
    return nothing()


def new_id(prefix: str) -> str:
    """An id as AWS gives them to providers (`SAMLSP`) and their keys (`SAMLPK`): the prefix and 16 characters."""
    return prefix + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(16))


def _checked_metadata(document: str) -> str:
    """The document, which names an issuer. Raises InvalidInput, LimitExceeded."""
    try:
        issuers = saml_metadata.issuers(document)
    except saml_metadata.MalformedMetadata:
        raise InvalidInput("Could not parse metadata") from None
    if not issuers:
        raise InvalidInput("SAML Providers must reference at least one SAML assertion issuer.")
    quotas.check(len(issuers) - 1, quotas.ISSUERS_PER_SAML_PROVIDER, "IssuersPerSAMLProvider")
    most = max(len(issuer.certificates) for issuer in issuers)
    quotas.check(most - 1, quotas.CERTIFICATES_PER_SAML_PROVIDER, "KeysPerSAMLProvider")
    return document


def valid_until(now: datetime) -> datetime:
    """A hundred years from now, whatever the metadata say (seen of live AWS); 29 February becomes the 28th."""
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year + _YEARS_VALID, day=day)


def _add_key(call: Call, provider: SamlProvider, pem: str) -> None:
    """Keep a private key, sealed; the same one may be there twice, as on AWS."""
    keys = call.records.saml_keys
    limit = quotas.PRIVATE_KEYS_PER_SAML_PROVIDER
    if keys.count("provider", provider.id) >= limit:
        raise LimitExceeded(f"Private key limit of {limit} is reached.")
    try:
        load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise InvalidInput("Invalid private key: Key is encrypted.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidInput("Invalid private key: Key format is not recognized.") from None
    key_id = new_id("SAMLPK")
    sealed = call.realm.sealer.seal(pem.encode(), key_id.encode())
    keys.add(SamlKey(call.account_id, key_id, provider.id, call.now, sealed))


def _remove_key(call: Call, provider: SamlProvider, key_id: str, encrypted: bool) -> None:
    keys = call.records.saml_keys
    key = keys.get(key_id)
    if key is None or key.provider_id != provider.id:
        raise InvalidInput("Failed to remove private key because the Key ID does not match a private key.")
    if encrypted and keys.count("provider", provider.id) == 1:
        raise InvalidInput("Failed to remove private key.")
    keys.remove(key)


def _tagging(call: Call, arn: str) -> Iterator[Ask]:
    """Creating with tags takes the permission to tag as well (the page "Tag IAM SAML identity providers")."""
    if call.params.get("tags"):
        yield Ask("iam:TagSAMLProvider", arn, call.account_id)


@iam.operation(on=new_saml_provider, also=_tagging)
def create_saml_provider(
    call: Call,
    arn: str,
    *,
    name: str,
    saml_metadata_document: str,
    assertion_encryption_mode: str | None = None,
    add_private_key: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Register a provider; encrypted assertions can be required of one whose private key comes along."""
    require_free_provider_name(name)
    given = new_tags(tags, ignore_case=False)
    conform(call, "saml-provider", tags)
    encrypted = assertion_encryption_mode == REQUIRED
    if encrypted and add_private_key is None:
        raise ValidationError("Unable to set assertion encryption mode to Required because no private key is provided.")
    metadata = _checked_metadata(saml_metadata_document)
    providers = call.records.saml_providers
    if providers.named(name) is not None:
        raise EntityAlreadyExists(f"Provider with name {name} already exists.")
    quotas.check(len(providers), quotas.SAML_PROVIDERS, "SAMLProvidersPerAccount")
    provider = providers.add(
        SamlProvider(
            call.account_id,
            new_id("SAMLSP"),
            name,
            call.now,
            metadata,
            valid_until(call.now),
            encrypted,
            given,
        )
    )
    if add_private_key is not None:
        _add_key(call, provider, add_private_key)
    return {"SAMLProviderArn": arn, **tag_views(given)}


@iam.operation(on=existing_saml_provider)
def get_saml_provider(call: Call, provider: SamlProvider) -> Reply:
    """Describe a provider, its metadata to the letter, its keys by id alone."""
    keys = call.records.saml_keys.where("provider", provider.id)
    return {
        "SAMLProviderUUID": provider.id,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": provider.created,
        "ValidUntil": provider.valid_until,
        "Tags": views(tuple(sorted(provider.tags))),
        "AssertionEncryptionMode": REQUIRED if provider.encrypted else "Allowed",
        "PrivateKeyList": [{"KeyId": key.id, "Timestamp": key.created} for key in keys],
    }


@iam.operation(on=all_providers)
def list_saml_providers(call: Call, _: None) -> Reply:
    """List all providers, by name; the list has no pages."""
    return {
        "SAMLProviderList": [
            {"Arn": provider.arn, "ValidUntil": provider.valid_until, "CreateDate": provider.created}
            for provider in call.records.saml_providers.sorted()
        ]
    }


@iam.operation(on=changeable_saml_provider)
def update_saml_provider(
    call: Call,
    provider: SamlProvider,
    *,
    saml_metadata_document: str | None = None,
    assertion_encryption_mode: str | None = None,
    add_private_key: str | None = None,
    remove_private_key: str | None = None,
) -> Reply:
    """Replace the metadata, change the encryption mode, add a private key or remove one: what is given."""
    if not any((saml_metadata_document, assertion_encryption_mode, add_private_key, remove_private_key)):
        raise ValidationError(
            "Unable to update identity provider. No updates are defined for metadata or encryption assertion."
        )
    if add_private_key and remove_private_key:
        raise ValidationError(
            "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters."
        )
    records = call.records
    if saml_metadata_document is not None:
        metadata = _checked_metadata(saml_metadata_document)
        provider = records.saml_providers.replace(provider, metadata=metadata, valid_until=valid_until(call.now))
    if add_private_key is not None:
        _add_key(call, provider, add_private_key)
    encrypted = provider.encrypted if assertion_encryption_mode is None else assertion_encryption_mode == REQUIRED
    if encrypted and not records.saml_keys.count("provider", provider.id):
        raise InvalidInput("Failed to set assertion encryption mode to Required because no private key is present.")
    if remove_private_key is not None:
        _remove_key(call, provider, remove_private_key, encrypted)
    records.saml_providers.replace(provider, encrypted=encrypted)
    return {"SAMLProviderArn": provider.arn}


@iam.operation(on=changeable_saml_provider)
def delete_saml_provider(call: Call, provider: SamlProvider) -> None:
    """Delete a provider and its keys; roles go on naming it in their trust policies."""
    for key in call.records.saml_keys.where("provider", provider.id):
        call.records.saml_keys.remove(key)
    call.records.saml_providers.remove(provider)


@iam.operation(on=changeable_saml_provider)
def tag_saml_provider(call: Call, provider: SamlProvider, *, tags: list[dict[str, str]]) -> None:
    """Add tags or replace their values; keys in another case are other keys."""
    conform(call, "saml-provider", tags)
    call.records.saml_providers.replace(provider, tags=merged_map(provider.tags, tags))


@iam.operation(on=changeable_saml_provider)
def untag_saml_provider(call: Call, provider: SamlProvider, *, tag_keys: list[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    call.records.saml_providers.replace(provider, tags=untagged_map(provider.tags, tag_keys))


@iam.operation(on=existing_saml_provider)
def list_saml_provider_tags(
    call: Call, provider: SamlProvider, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the tags of a provider, by key."""
    return tag_page(tuple(sorted(provider.tags)), marker, max_items)

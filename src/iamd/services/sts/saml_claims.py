"""What the attributes of a SAML assertion are to IAM: roles, a session's name, length, tags and source identity, and
condition keys.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html; errors as in the page
"Troubleshoot SAML federation with IAM".
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

from iamd.caller.saml.assertion import Assertion
from iamd.caller.saml.refusals import Refusal
from iamd.guard.context import Context
from iamd.services.sts.session_tags import (
    LONGEST_KEY,
    LONGEST_VALUE,
    MOST_TAGS,
    SessionTags,
    is_tag,
    session_tags,
)
from iamd.store.kinds.federation import SamlProvider
from iamd.wire.errors import InvalidIdentityToken

ATTRIBUTES: Final = "https://aws.amazon.com/SAML/Attributes/"
SHORTEST, LONGEST = 900, 43_200  # seconds of a session

_is_role = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]{1,576}", re.ASCII).fullmatch
_is_name = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}").fullmatch
_TAG = f"{ATTRIBUTES}PrincipalTag:"

_PERSON, _ORGANIZATION = "urn:oid:1.3.6.1.4.1.5923.1.1.1", "urn:oid:1.3.6.1.4.1.5923.1.2.1"
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"

# Attributes by the keys that they are to trust policies; of the single ones the first value counts.
_SINGLE: Final = {
    f"{_PERSON}.3": "saml:edupersonorgdn",
    f"{_PERSON}.5": "saml:edupersonprimaryaffiliation",
    f"{_PERSON}.6": "saml:edupersonprincipalname",
    f"{_PERSON}.8": "saml:edupersonprimaryorgunitdn",
}
_MULTIPLE: Final = {
    f"{_PERSON}.1": "saml:edupersonaffiliation",
    f"{_PERSON}.2": "saml:edupersonnickname",
    f"{_PERSON}.4": "saml:edupersonorgunitdn",
    f"{_PERSON}.7": "saml:edupersonentitlement",
    f"{_PERSON}.9": "saml:edupersonscopedaffiliation",
    f"{_PERSON}.10": "saml:edupersontargetedid",
    f"{_PERSON}.11": "saml:edupersonassurance",
    f"{_ORGANIZATION}.2": "saml:eduorghomepageuri",
    f"{_ORGANIZATION}.3": "saml:eduorgidentityauthnpolicyuri",
    f"{_ORGANIZATION}.4": "saml:eduorglegalname",
    f"{_ORGANIZATION}.5": "saml:eduorgsuperioruri",
    f"{_ORGANIZATION}.6": "saml:eduorgwhitepagesuri",
    "urn:oid:2.5.4.3": "saml:cn",
    f"{_CLAIMS}/name": "saml:name",
    "http://schemas.xmlsoap.org/claims/CommonName": "saml:commonname",
    f"{_CLAIMS}/givenname": "saml:givenname",
    f"{_CLAIMS}/surname": "saml:surname",
    f"{_CLAIMS}/emailaddress": "saml:mail",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "saml:primarygroupsid",
    "2.5.4.3": "saml:commonname",
    "2.5.4.4": "saml:surname",
    "2.4.5.42": "saml:givenname",
    "2.5.4.45": "saml:x500uniqueidentifier",
    "0.9.2342.19200300100.1.1": "saml:uid",
    "0.9.2342.19200300100.1.3": "saml:mail",
    "0.9.2342.19200300.100.1.45": "saml:organizationstatus",
}
LATER: Final = ("saml:namequalifier", "saml:sub", "saml:sub_type")  # that requests of the session have, too


def name_qualifier(issuer: str, provider: SamlProvider) -> str:
    """What tells one provider's subjects from another's: a hash of issuer, account and the provider's name.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
    """
    named = f"{issuer}{provider.account_id}/{provider.name}"
    return base64.b64encode(hashlib.sha1(named.encode(), usedforsecurity=False).digest()).decode()


def claim_keys(told: Assertion, provider: SamlProvider) -> Context:
    """The condition keys of an assertion: `saml:...`."""
    context: Context = {
        "saml:aud": told.recipient,
        "saml:iss": told.issuer,
        "saml:sub": told.subject,
        "saml:sub_type": told.subject_type,
        "saml:namequalifier": name_qualifier(told.issuer, provider),
        "saml:doc": f"{provider.account_id}/{provider.name}",
    }
    for name, values in told.attributes.items():
        if values and name in _SINGLE:
            context.setdefault(_SINGLE[name], values[0])
        elif values and name in _MULTIPLE:
            context.setdefault(_MULTIPLE[name], values if len(values) > 1 else values[0])
    return context


def disclosed(told: Assertion) -> dict[str, Any]:
    """What CloudTrail records of an assertion, without what makes it one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
    """
    recorded: dict[str, Any] = {"sAMLAssertionID": told.id}
    named = told.attributes.get(f"{ATTRIBUTES}RoleSessionName")
    if named:
        recorded["roleSessionName"] = named[0]
    given = {name.removeprefix(_TAG): values for name, values in told.attributes.items() if name.startswith(_TAG)}
    if given:
        recorded["principalTags"] = {key: ",".join(values) for key, values in given.items()}
    transitive = told.attributes.get(f"{ATTRIBUTES}TransitiveTagKeys")
    if transitive:
        recorded["transitiveTagKeys"] = list(transitive)
    return recorded


def may_ask_for(told: Assertion, role_arn: str, provider_arn: str) -> bool:
    """Whether the assertion pairs that role with that provider, in either order."""
    pairs = (value.split(",") for value in told.attributes.get(f"{ATTRIBUTES}Role", ()))
    return any(sorted(part.strip() for part in pair) == sorted((role_arn, provider_arn)) for pair in pairs)


def session_name(told: Assertion) -> str:
    """The name of the session. Raises InvalidIdentityToken."""
    name = _one(told, "RoleSessionName")
    if name is None:
        raise InvalidIdentityToken("RoleSessionName is required in AuthnResponse")
    if not _is_name(name):
        raise InvalidIdentityToken("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return name


def source_identity(told: Assertion) -> str | None:
    """The source identity that the assertion sets. Raises InvalidIdentityToken."""
    source = _one(told, "SourceIdentity")
    if source is not None and not _is_name(source):
        raise InvalidIdentityToken('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    return source


def longest_session(told: Assertion) -> int | None:
    """The seconds that the assertion allows a session at most, None for any. Raises InvalidIdentityToken."""
    written = _one(told, "SessionDuration")
    if written is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", written) or not SHORTEST <= int(written) <= LONGEST:
        raise InvalidIdentityToken(f"SessionDuration in AuthnResponse must be a number from {SHORTEST} to {LONGEST}")
    return int(written)


def tags(told: Assertion) -> SessionTags:
    """The session tags that the assertion sets. Raises InvalidIdentityToken and InvalidParameterValue."""
    given = [_tag(told, name) for name in told.attributes if name.startswith(_TAG)]
    if len(given) > MOST_TAGS:
        raise InvalidIdentityToken(f"AuthnResponse has more than {MOST_TAGS} session tags")
    return session_tags(None, given, told.attributes.get(f"{ATTRIBUTES}TransitiveTagKeys", ()))


def _tag(told: Assertion, name: str) -> dict[str, str]:
    key, value = name.removeprefix(_TAG), _one(told, name.removeprefix(ATTRIBUTES)) or ""
    if not 1 <= len(key) <= LONGEST_KEY or len(value) > LONGEST_VALUE:
        raise InvalidIdentityToken(
            f"PrincipalTag in AuthnResponse must have a key of 1 to {LONGEST_KEY} characters "
            f"and a value of at most {LONGEST_VALUE}"
        )
    if not is_tag(key, value):
        raise InvalidIdentityToken("PrincipalTag in AuthnResponse has characters that tags may not have")
    return {"Key": key, "Value": value}


def _one(told: Assertion, name: str) -> str | None:
    """The value of an attribute of AWS's that has one value; None when it is not there."""
    values = told.attributes.get(ATTRIBUTES + name, ())
    if len(values) > 1:
        raise InvalidIdentityToken(f"{name.partition(':')[0]} in AuthnResponse must have one value")
    return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Asked:
    """A role that a response asks for, with the provider that is to vouch, and for how many seconds, if it says so."""

    role_arn: str
    provider_arn: str
    seconds: int | None

    @property
    def account_id(self) -> str:
        return self.role_arn.split(":")[4]

    @property
    def role_name(self) -> str:
        return self.role_arn.partition(":role/")[2]


def asked_for(encoded: str) -> tuple[Asked, ...]:
    """What a response asks for, by what it says itself: nothing of it is verified yet, so that nothing may follow from it
    but what to ask AssumeRoleWithSAML for. Raises InvalidIdentityToken, also for one whose assertion is encrypted.
    """
    from iamd.caller.saml import response  # see `saml`: most servers never read one

    try:
        told = response.unverified_attributes(encoded)
    except Refusal as refusal:
        raise InvalidIdentityToken(str(refusal)) from None
    written = next(iter(told.get(f"{ATTRIBUTES}SessionDuration", ())), "")
    seconds = int(written) if re.fullmatch(r"[0-9]{1,5}", written) else None
    pairs = ([part.strip() for part in value.split(",")] for value in told.get(f"{ATTRIBUTES}Role", ()))
    return tuple(
        Asked(role, provider, seconds) for role, provider in map(_ordered, pairs) if _is_role(role) and provider
    )


def _ordered(pair: list[str]) -> tuple[str, str]:
    """Role and provider of a pair that is in either order; empty for what is none."""
    if len(pair) != 2:
        return "", ""
    first, second = pair
    return (first, second) if ":role/" in first else (second, first)

"""What the claims of an ID token are to IAM: condition keys, session tags and a source identity.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html and, for the keys,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iamd.guard.context import Context, Value
from iamd.services.sts.session_tags import LONGEST_KEY, MOST_TAGS, SessionTags, is_tag, session_tags
from iamd.wire.errors import InvalidIdentityToken

TAGS = "https://aws.amazon.com/tags"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"

# Claims whose keys are made from what was checked, whatever else a token says under their names in another case.
_CHECKED = frozenset({"aud", "oaud", "sub"})
_LATER = ("aud", "oaud", "sub", "amr")  # the keys that requests of the session have, too

_source_identity = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII).fullmatch


def claim_keys(issuer: str, claims: Mapping[str, Any], audience: str) -> Context:
    """The condition keys of a token whose claims held: `ISSUER:CLAIM` for every claim that is a text, a number, a
    truth value or a list of texts. `aud` is the audience that counted; where that was `azp`, `oaud` holds the others.
    """
    context: Context = {}
    for name, claimed in claims.items():
        value = _value(claimed)
        # A name that begins like a port would read as a claim of the issuer at that port.
        if value is not None and name.lower() not in _CHECKED and not (name[:1].isdigit() and ":" in name):
            context.setdefault(f"{issuer}:{name}".lower(), value)
    prefix = issuer.lower()
    context[f"{prefix}:aud"] = audience
    context[f"{prefix}:sub"] = claims["sub"]
    others = _value(claims["aud"])
    if claims.get("azp") is not None and others is not None:
        context[f"{prefix}:oaud"] = others
    return context


def later_keys(issuer: str, keys: Context) -> dict[str, str | list[str]]:
    """Those of a token's condition keys that the requests of its session have, too, for `Session.extras`."""
    names = (f"{issuer.lower()}:{name}" for name in _LATER)
    found = ((name, keys.get(name)) for name in names)
    return {name: value if isinstance(value, str) else list(value) for name, value in found if value is not None}


def claimed_tags(claims: Mapping[str, Any]) -> SessionTags:
    """The session tags of a token: in one claim, or in one for each. Raises InvalidIdentityToken for others."""
    nested = claims.get(TAGS, {})
    if not isinstance(nested, dict):
        raise _malformed(TAGS)
    tags, transitive = nested.get("principal_tags", {}), nested.get("transitive_tag_keys", [])
    if not isinstance(tags, dict):
        raise _malformed(TAGS)
    prefix = f"{TAGS}/principal_tags/"
    tags = {**tags, **{name[len(prefix) :]: value for name, value in claims.items() if name.startswith(prefix)}}
    transitive = claims.get(f"{TAGS}/transitive_tag_keys", transitive)
    if not isinstance(transitive, list) or not all(isinstance(key, str) for key in transitive):
        raise _malformed(f"{TAGS}/transitive_tag_keys")
    if len(tags) > MOST_TAGS:
        raise InvalidIdentityToken(f"The token has more than {MOST_TAGS} session tags")
    return session_tags(None, [_tag(key, value) for key, value in tags.items()], transitive)


def claimed_source_identity(claims: Mapping[str, Any]) -> str | None:
    """The source identity that a token sets; raises InvalidIdentityToken when it cannot be one."""
    claimed = claims.get(SOURCE_IDENTITY)
    if claimed is None:
        return None
    if not isinstance(claimed, str) or not _source_identity(claimed):
        raise _malformed(SOURCE_IDENTITY)
    return claimed


def _tag(key: str, claimed: Any) -> dict[str, str]:
    value = claimed[0] if isinstance(claimed, list) and len(claimed) == 1 else claimed
    if not isinstance(value, str) or not is_tag(key, value):
        raise _malformed(f"{TAGS}/principal_tags/{key[:LONGEST_KEY]}")
    return {"Key": key, "Value": value}


def _malformed(name: str) -> InvalidIdentityToken:
    return InvalidIdentityToken(f"The claim {name} is malformed")


def _value(claimed: Any) -> Value | None:
    if isinstance(claimed, bool):
        return "true" if claimed else "false"
    if isinstance(claimed, str | int | float):
        return str(claimed)
    if isinstance(claimed, list) and claimed and all(isinstance(item, str) for item in claimed):
        return tuple(claimed)
    return None
